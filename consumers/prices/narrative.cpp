// Reads price sentences from left to right. What was stated last applies to what follows: the product, the time, the
// price that a change belongs to.
#include <re2/re2.h>

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

#include "common/text/dates.hpp"
#include "common/text/utf8.hpp"
#include "consumers/prices/narrative_order.hpp"
#include "consumers/prices/parts.hpp"
#include "consumers/prices/price_changes.hpp"
#include "consumers/prices/price_tokens.hpp"
#include "consumers/prices/sentence_time.hpp"
#include "consumers/prices/table_join.hpp"
#include "consumers/reading/findings.hpp"
#include "consumers/reading/patterns.hpp"
#include "schemas/vocabulary/names.hpp"
#include "schemas/vocabulary/products.hpp"

namespace ytterby {
namespace {

struct Product {
  std::string_view printed, purity;  // views into the folded text
};

class NarrativeReader {
 public:
  NarrativeReader(const SectionText& text, const TableFacts& table, Prices& prices, std::vector<Finding>& findings)
      : text_(text),
        table_(table.prices),
        prices_(prices),
        findings_(findings),
        time_(FoldKey(text.section().title), ReportYearOf(text.section())),
        market_(text.section().category == Category::kMarket),
        damaged_names_(market_ && table.by_place && text.section().layout.recognised()),
        list_title_(FoldKey(text.section().title).find("挂牌") != std::string::npos) {}

  void Read() {
    const std::string_view all = text_.text();
    for (std::size_t begin = 0; begin < all.size();) {
      const std::size_t end = std::min(all.find('\n', begin), all.size());
      paragraph_ = all.substr(begin, end - begin);
      begin = end + 1;
      time_.BeginParagraph();
      list_paragraph_ = false;
      for (std::string_view sentence : SentencesOf(paragraph_, false)) ReadSentence(sentence);
    }
    // If the sentences and the table mostly agree, a name on which they disagree is in doubt. If they do not, no name
    // is.
    constexpr int kAgreeing = 5;
    for (NarrativeName& name : sequence_) {
      name.contradicted = name.contradicted && agreeing_ >= kAgreeing;
      if (name.contradicted) prices_[name.price].product.reset();
    }
    NameByOrder(text_.section(), sequence_, prices_, findings_);
  }

 private:
  static bool MayStatePrice(std::string_view sentence) {
    // Every unit contains a slash or 每.
    if (sentence.find('/') == std::string_view::npos && !HasWord(sentence, "每")) return false;
    return HasWord(sentence, "元/") || HasWord(sentence, "万/吨") || HasWord(sentence, "元每") ||
           HasWord(sentence, "每公斤") || HasWord(sentence, "每吨") || HasWord(sentence, "每千克") ||
           HasWord(sentence, "RMB/") || HasWord(sentence, "yuan/") || HasWord(sentence, "CNY/") ||
           HasWord(sentence, "USD/");
  }

  void ReadSentence(std::string_view sentence) {
    const bool follows = sentence.starts_with("该价格") || sentence.starts_with("较") || sentence.starts_with("该价") ||
                         sentence.starts_with("价格较") || sentence.starts_with("环比");
    if (HasWord(sentence, "挂牌")) list_paragraph_ = true;
    if (!MayStatePrice(sentence) && !(follows && last_)) {
      // The sentence may still state which month the text is about.
      if (market_ && HasWord(sentence, "月")) {
        if (const auto month = YearMonthIn(sentence)) time_.OnOtherMonth(*month);
      }
      return;
    }
    sentence_ = sentence;
    list_sentence_ =
        HasAnyWord(sentence, {"挂牌", "调整为", "定价", "销售价格", "公布价", "采购价", "交易价格", "执行价"});
    time_.BeginSentence();
    products_.clear();
    used_ = 0;
    group_.clear();
    percent_ = 0;
    pending_.reset();
    amount_end_ = 0;
    carried_.reset();
    if (!follows) {
      last_.reset();
      damaged_ = false;
    }
    since_product_ = 0;
    since_price_ = 0;
    PriceTokens tokens(sentence, damaged_names_);
    while (const auto token = tokens.Next()) OnToken(*token);
    time_.EndSentence();
  }

  void OnToken(const PriceToken& token) {
    switch (token.kind) {
      case PriceTokenKind::kProduct:
        return OnProduct(token);
      case PriceTokenKind::kOtherProduct:
        products_.clear();
        last_.reset();
        return;
      case PriceTokenKind::kPrice:
        return OnPrice(token);
      case PriceTokenKind::kPercent:
        return OnPercent(token.number, token.begin);
      case PriceTokenKind::kUnchanged:
        return OnUnchanged(token.begin);
      case PriceTokenKind::kBareDay:
        return time_.OnToken(token);
      default:
        if (!IsReference(token.begin)) time_.OnToken(token);
    }
  }

  // ---- what a token does

  // 较5月, 比上年6月: the month that a change is measured against is not the time of the next price.
  bool IsReference(std::size_t begin) const {
    const std::string_view before = sentence_.substr(0, begin);
    return EndsWithAny(before, {"较", "比", "较第", "比第", "与第", "与", "较同年", "相较", "相比", "同"}) &&
           !before.ends_with("对比同");
  }

  void OnProduct(const PriceToken& token) {
    if (NamesOtherMetal(token.product) && !damaged_names_) {
      products_.clear();
      last_.reset();
      return;
    }
    const std::string_view between =
        sentence_.substr(since_product_, token.begin - std::min(token.begin, since_product_));
    const bool listed = !products_.empty() && used_ == 0 &&
                        (between == "、" || between == "和" || between == "与" || between == "及" || between == "以及");
    // 高出镝铁1.5万元/吨: a product that serves only as a comparison.
    if (EndsWithAny(sentence_.substr(0, token.begin), {"高出", "高于", "低于", "超过"})) return;
    if (!listed) {
      products_.clear();
      used_ = 0;
      group_.clear();
      percent_ = 0;
      pending_.reset();
      last_.reset();
      damaged_ = false;
    }
    products_.push_back({token.product, token.purity});
    since_product_ = token.end;
    since_price_ = token.end;
  }

  void OnPrice(const PriceToken& token) {
    const auto [number, range_end, begin, end] = std::tie(token.number, token.range_end, token.begin, token.end);
    std::string_view earlier = token.earlier;
    const std::string_view before = sentence_.substr(0, begin);
    const PriceUnit in = PriceUnitOf(token.unit);
    const bool amount = IsChangeAmount(before) ||
                        (amount_end_ > 0 && (before.substr(amount_end_) == "、" || before.substr(amount_end_) == "和"));
    if (amount) {
      // 上涨2500元/吨至68.25万元/吨: the level follows the amount.
      if (!range_end.empty() && std::string_view(range_end.data() - 3, 3) == "至") {
        AddPrice(range_end, in, before, end);
      } else {
        amount_end_ = end;
      }
      return;
    }
    const auto between = BetweenTailOf(sentence_.substr(end));
    if (between && !between->upper.empty()) {  // 介于268万元/吨和270万元/吨之间
      between_end_ = static_cast<std::size_t>(between->upper.data() - sentence_.data());
      OnRange(number, between->upper, end);
      return;
    }
    if (between_end_ == begin && begin > 0) return;
    if (!range_end.empty() || (between && !earlier.empty())) {
      OnRange(earlier.empty() ? number : earlier, range_end.empty() ? number : range_end, end);
      return;
    }
    // 分别为40.76、50.52万元/吨: the earlier numbers share the unit.
    while (!earlier.empty()) {
      const std::size_t cut = SeparatorIn(earlier);
      if (cut == std::string_view::npos) break;
      std::string_view one = earlier.substr(0, cut);
      for (std::string_view tail : {"元", "万"}) {
        if (one.ends_with(tail)) one.remove_suffix(tail.size());
      }
      if (!one.empty()) AddPrice(one, in, before, end);
      earlier.remove_prefix(cut + (earlier[cut] == ',' ? 1 : 3));
    }
    AddPrice(number, in, before, end);
    // 氧化镧、氧化铈报价均为0.98: one figure for all listed products.
    if (before.ends_with("均为") || before.ends_with("均报") || before.ends_with("都为") ||
        before.ends_with("均价均为")) {
      for (std::size_t more = used_; more < products_.size(); ++more) AddPrice(number, in, before, end);
    }
  }

  // Where the first of several numbers ends: at 、 or 和, or at a comma that is no thousands separator.
  static std::size_t SeparatorIn(std::string_view numbers) {
    static const RE2 kSeparator(R"(^\d+(?:,\d{3})*(?:\.\d+)?万?元?([、和,]))");
    re2::StringPiece separator;
    if (!RE2::PartialMatch(re2::StringPiece(numbers.data(), numbers.size()), kSeparator, &separator))
      return std::string_view::npos;
    return static_cast<std::size_t>(separator.data() - numbers.data());
  }

  // A range without a printed mean gives no price; with one, the mean is the price.
  void OnRange(std::string_view number, std::string_view range_end, std::size_t end) {
    const std::string_view after = sentence_.substr(end, 60);
    if (after.find("均价") != std::string_view::npos || after.find("均值") != std::string_view::npos ||
        after.find("平均") != std::string_view::npos)
      return;
    if (products_.empty()) return;
    AddFinding("range-without-mean", "info", "a price range without a printed mean gives no price",
               {number.data(), static_cast<std::size_t>(range_end.data() + range_end.size() - number.data())});
  }

  void AddPrice(std::string_view number, const PriceUnit& unit, std::string_view before, std::size_t end) {
    if (products_.empty()) return;
    // 由上月的50.04万元/吨升至52.04万元/吨: both are prices.
    static const RE2 kFromLastMonth(R"((?:由|从|自)上(?:个)?月(?:的|均价|平均价|水平)*$)");
    const bool after_time = market_ && EndsWithAny(before, {"月", "份", "的", "价", "平"});
    const bool last_month = after_time && RE2::PartialMatch(Piece(before), kFromLastMonth);
    // 月均价由3月的318.25元/公斤变为4月的351.86元/公斤
    static const RE2 kFromMonth(R"(均价[^,;。\d]{0,6}(?:由|从|自)(?:(?:19|20)\d\d年)?\d{1,2}月份?的?$)");
    const bool from_month = after_time && RE2::PartialMatch(Piece(before), kFromMonth);
    if (!last_month && !from_month && IsReferenceLevel(before)) return;
    const bool several = products_.size() > 1;
    const std::size_t which = several ? std::min(used_, products_.size() - 1) : products_.size() - 1;
    if (!last_month && !from_month) ++used_;
    const std::string_view whole = text_.WholeNumber(number);
    const auto value = Decimal::Parse(whole);
    if (!value) {
      AddFinding("number-damaged", "warning",
                 fmt::format("{} is not read as a number; the sentence gives no price", whole), whole);
      damaged_ = true;
      last_.reset();
      pending_.reset();
      return;
    }
    const Product product = products_[which];
    Price price;
    price.as_printed = text_.Printed(product.printed);
    if (!product.purity.empty()) price.purity = text_.Printed(product.purity);
    if (const auto id = ProductFromPrinted(product.printed)) price.product = std::string(*id);
    price.value = *value;
    price.value_text = text_.Code(number, "value", price.provenance);
    if (std::erase(price.value_text, ',') > 0)
      price.provenance.Rule("value", fmt::format("thousands-separators: {}", number));
    price.unit = unit.name;
    price.provenance.Rule("unit", fmt::format("unit-names: {}", unit.printed));
    if (unit.shift) price.cny_per_kg = value->ShiftedBy(*unit.shift);
    price.where = market_ ? "narrative" : "news";
    if (last_month ? !SetLastMonth(price) : !SetPeriod(price, before)) return;
    contradicted_ = false;
    if (!NameProduct(price, product, number)) return;
    price.provenance.Add("as_printed", text_.SpansOf(product.printed));
    if (!product.purity.empty()) price.provenance.Add("purity", text_.SpansOf(product.purity));
    if (unit.shift)
      price.provenance.Rule("cny_per_kg", fmt::format("unit-conversion: {} {}", price.value_text, unit.name));
    prices_.push_back(std::move(price));
    since_price_ = end;
    if (last_month) return;
    if (prices_.back().statistic == "month_average" && market_) {
      sequence_.push_back(
          {prices_.size() - 1, std::string(product.printed), std::string(product.purity), contradicted_});
    }
    if (prices_.back().statistic == "month_open") return;
    last_ = prices_.size() - 1;
    if (!several) damaged_ = false;
    group_.push_back(*last_);
    percent_ = several ? percent_ : 0;
    if (pending_ && !several) {
      SetChange(text_, prices_.back(), pending_->value, pending_->basis, pending_->printed);
      pending_.reset();
    }
  }

  // The average of the month before the one that the sentence is about.
  bool SetLastMonth(Price& price) const {
    const auto [year, month] = time_.MonthOf(time_.Here());
    if (month == 0) return false;
    price.statistic = "month_average";
    return TakePeriod(price, month == 1 ? IsoMonth(year - 1, 12) : IsoMonth(year, month - 1), "month-before");
  }

  // Sets the statistic and period from the words before the number. False: the price is left out.
  bool SetPeriod(Price& price, std::string_view before) {
    const std::size_t clause_begin = LastOf(before, {",", ";"});
    const std::string_view clause = clause_begin == std::string_view::npos ? before : before.substr(clause_begin + 1);
    const auto in_clause = [&](std::string_view word) { return clause.find(word) != std::string_view::npos; };
    const TimePhrase time = time_.Here();
    if (time.kind == TimePhrase::Kind::kSpan) return false;  // 1-6月均价: not a month's statistic
    const auto [year, month] = time_.MonthOf(time);
    static const RE2 kFromOpen(R"(月初(?:的|价格?|报价|均价|水平)*(?:为|是)?$)");
    if (time.kind == TimePhrase::Kind::kMonthOpen ||
        (HasWord(clause, "月初") && RE2::PartialMatch(Piece(clause), kFromOpen))) {
      price.statistic = "month_open";
      return TakePeriod(price, IsoMonth(year, month), "month-of-sentence");
    }
    const bool mean = in_clause("均价") || in_clause("平均价") || in_clause("均值");
    const bool listed = list_sentence_ || ((list_paragraph_ || list_title_) && !mean);
    if (listed && (time.kind == TimePhrase::Kind::kQuarter || time.kind == TimePhrase::Kind::kMonth ||
                   (time.kind == TimePhrase::Kind::kNone && time_.KnowsMonth()))) {
      price.statistic = "list_price";
      if (const auto seller = SellerIn(sentence_)) {
        price.seller =
            text_.Code(sentence_.substr(sentence_.find(*seller), seller->size()), "seller", price.provenance);
      }
      if (time.kind == TimePhrase::Kind::kQuarter)
        return TakePeriod(price, fmt::format("{:04d}-Q{}", time.year, time.quarter), "quarter-of-sentence");
      return TakePeriod(price, IsoMonth(year, month),
                        time.kind == TimePhrase::Kind::kMonth ? "month-of-sentence" : "month-of-title");
    }
    if (time.kind == TimePhrase::Kind::kQuarter) return false;
    if (time.kind == TimePhrase::Kind::kMonthEnd) {
      price.statistic = "month_close";
      return TakePeriod(price, IsoMonth(time.year, time.month), "month-whose-end-is-named");
    }
    if (time.kind == TimePhrase::Kind::kDay) {
      price.statistic = "spot";
      return TakePeriod(price, IsoDate(time.year, time.month, time.day), "day-of-sentence");
    }
    // 主要产品均价：A…；B…: the heading of a list applies to all of it.
    const bool headed =
        before.find("均价:") != std::string_view::npos || before.find("平均价格:") != std::string_view::npos;
    if (mean || headed || (market_ && HasWord(sentence_, "均价"))) {
      price.statistic = "month_average";
      return TakePeriod(price, IsoMonth(year, month),
                        time.kind == TimePhrase::Kind::kMonth ? "month-of-sentence" : "month-of-title");
    }
    AddFinding("price-without-time", "info",
               fmt::format("a price of {} {} for {} without a time or a statistic was left out", price.value_text,
                           price.unit, price.as_printed),
               sentence_.substr(before.size(), price.value_text.size()));
    return false;
  }

  static bool TakePeriod(Price& price, const std::optional<std::string>& period, const char* rule) {
    if (!period) return false;
    price.period = *period;
    price.provenance.Rule("period", rule);
    return true;
  }

  // Decides the price's product. A valid name that nothing contradicts stays. A name that the same section's table
  // contradicts by value, or that names no product, takes the product of the row with that value, if there is exactly
  // one. False: the name gives no record.
  bool NameProduct(Price& price, const Product& product, std::string_view number) {
    if (!price.product &&
        (product.printed.starts_with("中钇富") || (damaged_names_ && product.printed.ends_with("矿")))) {
      price.product = "medium-yttrium-europium-rich-ore";
      price.repaired = fmt::format("printed {}; the only ore of that name is 中钇富铕矿", product.printed);
      price.provenance.Rule("product", "only-ore-of-that-name: " + std::string(product.printed));
    } else if (price.statistic == "month_average" && market_ && price.cny_per_kg) {
      const TableJoin join = JoinTable(price, product.printed, table_);
      agreeing_ += join.agrees;
      contradicted_ = join.far;
      if (join.contradicting) {
        AddFinding("narrative-table", "warning",
                   fmt::format("{}: the sentence's average is not a tenth of the table's", product.printed), number,
                   join.contradicting->ToString());
      }
    }
    if (price.product) return true;
    // 金属镝, 氧化铟: a name of real elements, or one outside the association's averages, may simply be an unlisted
    // product.
    if (!market_ || price.statistic != "month_average" || (NamesRealElements(product.printed) && !damaged_names_)) {
      AddFinding("unlisted-product", "info",
                 fmt::format("{} is no listed product; its price was left out", product.printed), product.printed);
      return false;
    }
    return true;
  }

  // ---- changes

  Price* PriceOfChange(std::string_view clause) {
    if (!last_) return nullptr;
    // 环比分别下跌10.3%、9.5%: one change per product, in order.
    const bool in_turn =
        clause.find("分别") != std::string_view::npos || clause.find("依次") != std::string_view::npos || percent_ > 0;
    if (in_turn && percent_ < group_.size() && group_.size() > 1) return &prices_[group_[percent_]];
    return &prices_[*last_];
  }

  void OnPercent(std::string_view number, std::size_t begin) {
    if (damaged_) return;
    const std::string_view clause = ClauseOfChange(sentence_.substr(0, begin));
    Price* price = PriceOfChange(clause);
    auto basis = BasisOfChange(sentence_.substr(0, begin), since_price_, price);
    // 与8月1日相比下滑1.2%；氧化镨…，下滑3.4%: the basis goes on where a clause names none.
    if (!basis && carried_ && IsBareChange(clause)) basis = carried_;
    if (basis) carried_ = basis;
    auto change = Decimal::Parse(number);
    if (!basis || !change) return;
    const std::string_view words =
        price && since_price_ < begin ? sentence_.substr(since_price_, begin - since_price_) : clause;
    Direction direction = DirectionIn(clause);
    if (direction == Direction::kNone) direction = DirectionIn(words);
    if (direction == Direction::kDown && !change->negative()) change = -*change;
    if (direction == Direction::kNone && number[0] != '-' && number[0] != '+') return;
    if (!price) {
      // 镝铁均价环比上涨8.9%，为163.40万元/吨: the level follows.
      if (!products_.empty() && !pending_) pending_ = Change{*change, *basis, number};
      return;
    }
    SetChange(text_, *price, *change, *basis, number);
    if (group_.size() > 1 && clause.find("均") != std::string_view::npos &&
        clause.find("均价") == std::string_view::npos) {
      for (std::size_t i : group_) SetChange(text_, prices_[i], *change, *basis, number);
    }
    ++percent_;
  }

  // A clause that says only up or down.
  static bool IsBareChange(std::string_view clause) {
    static const RE2 kBare(
        R"(^(?:价格)?(?:均|也|则|亦|小幅|大幅|微|再|继续)*(?:上涨|下跌|下滑|下降|上升|回落|回升|反弹|上调|下调|上扬|走高|走低|涨|跌|降|升)了?$)");
    return RE2::FullMatch(Piece(clause), kBare);
  }

  void OnUnchanged(std::size_t begin) {
    if (damaged_) return;
    const std::string_view clause = ClauseOfChange(sentence_.substr(0, begin));
    Price* price = PriceOfChange(clause);
    const std::string_view printed = sentence_.substr(begin, std::string_view("持平").size());
    if (!price) {
      // 环比持平，为54.54万元/吨: the level follows.
      const auto basis = BasisOfChange(sentence_.substr(0, begin), since_price_, nullptr);
      if (basis && !products_.empty() && !pending_) pending_ = Change{Decimal(0, 1), *basis, printed};
      return;
    }
    if (const auto basis = BasisOfChange(sentence_.substr(0, begin), since_price_, price)) {
      SetChange(text_, *price, Decimal(0, 1), *basis, printed);
      if (group_.size() > 1 && clause.find("均") != std::string_view::npos) {
        for (std::size_t i : group_) SetChange(text_, prices_[i], Decimal(0, 1), *basis, printed);
      }
    }
    ++percent_;
  }

  // ---- helpers

  void AddFinding(std::string check, std::string severity, std::string message, std::string_view at,
                  std::optional<std::string> expected = {}) {
    findings_.push_back(FindingAt(text_.section(), std::move(check), std::move(severity), std::move(message),
                                  text_.SpansOf(at), std::move(expected)));
  }

  const SectionText& text_;
  const Prices& table_;
  Prices& prices_;
  std::vector<Finding>& findings_;
  SentenceTime time_;
  bool market_;
  bool damaged_names_;  // recognised text beside the association's whole table, which decides what a damaged name means
  bool list_title_, list_paragraph_ = false;  // 挂牌价 in the title, or earlier in the paragraph
  bool list_sentence_ = false;                // the sentence speaks of list prices

  std::string_view paragraph_, sentence_;
  struct Change {
    Decimal value;
    std::string basis;
    std::string_view printed;
  };
  bool contradicted_ = false;            // the last named product's row in the table has a very different price
  int agreeing_ = 0;                     // averages that match their own row
  std::vector<NarrativeName> sequence_;  // the monthly averages, in the order of the sentences
  std::optional<Change> pending_;        // stated before its level
  std::optional<std::string> carried_;   // the basis of the sentence's last change
  std::size_t since_price_ = 0;          // where words about the last price may begin
  std::size_t between_end_ = 0;          // the second number of a range, which is not a price either
  std::size_t amount_end_ = 0;           // the end of an amount that a list may continue
  std::vector<Product> products_;        // the last named product or list of products
  std::size_t used_ = 0;                 // how many of them have a price
  std::vector<std::size_t> group_;       // prices of that list
  std::size_t percent_ = 0;              // how many of those have a change
  std::optional<std::size_t> last_;      // the price a change belongs to
  bool damaged_ = false;                 // one of their numbers is unreadable: changes that follow may be its own
  std::size_t since_product_ = 0;
};

}  // namespace

void ReadNarrative(const SectionText& text, const TableFacts& table, Prices& prices, std::vector<Finding>& findings) {
  NarrativeReader(text, table, prices, findings).Read();
}

}  // namespace ytterby
