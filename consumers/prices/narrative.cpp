// Price sentences. A sentence is read from left to right; what was last said governs what follows: the product, the time, the
// price that a change belongs to.
#include <re2/re2.h>

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "common/text/dates.hpp"
#include "consumers/findings.hpp"
#include "consumers/prices/parts.hpp"
#include "schemas/vocabulary/names.hpp"
#include "schemas/vocabulary/products.hpp"

namespace ytterby {
namespace {

re2::StringPiece Piece(std::string_view text) { return {text.data(), text.size()}; }
std::string_view View(const re2::StringPiece& piece) { return {piece.data(), piece.size()}; }
int ToInt(const re2::StringPiece& piece) { return std::atoi(std::string(piece).c_str()); }

// X of 氧化X and X铁: the metal radical without the metals that are traded under those very names.
#define YT_METAL "[\\x{9485}-\\x{94C0}\\x{94C2}-\\x{9576}]"
#define YT_UNIT                                                                                                                         \
  "万元/吨|万元/公吨|万/吨|元/吨|元/公吨|元/公斤|元/千克|元/kg|元/KG|元/Kg|万元每吨|元每吨|元每公斤|" \
  "美元/公斤|美元/千克|美元/kg|美元/吨|RMB/mt|RMB/kg|CNY/mt|CNY/kg|yuan/mt|yuan/kg|USD/kg|USD/mt"
#define YT_NUMBER "\\d[\\d,]*(?:\\.\\d+)?"

const RE2& TokenPattern() {
  static const RE2 pattern(
      // 1 purity, 2 product
      "(\\d{2}(?:\\.\\d+)?%)?(中钇富" YT_METAL "矿|稀土精矿|(?:氧化|金属)" YT_METAL "{1,2}|" YT_METAL
      "{1,2}(?:铁合金|铁|金属|合金|氧化物))"
      // 3 year 4 month 5 day
      "|(?:((?:19|20)\\d\\d)年)?(\\d{1,2})月(\\d{1,2})日"
      // 6 month of a month's end, 7 月末
      "|(?:(\\d{1,2})月)?(月末|月底|(?:\\d{1,2}月)末)"
      // 8 月初
      "|(月初)"
      // 9 year 10 month
      "|(?:((?:19|20)\\d\\d)年)?(\\d{1,2})月"
      // 11 year 12 quarter
      "|(?:((?:19|20)\\d\\d)年)?第?([一二三四1-4])季度"
      // 13 numbers without their own unit before the last, 14 number, 15 end of a range, 16 unit
      "|((?:" YT_NUMBER "[、和])*)(" YT_NUMBER ")(?:(?:" YT_UNIT ")?[-~至](" YT_NUMBER "))?(" YT_UNIT
      ")"
      // 17 per what, 18 number, 19 currency
      "|每(公斤|千克|吨)(" YT_NUMBER
      ")(万元|元|美元)"
      // 20 percentage
      "|([-+]?\\d+(?:\\.\\d+)?)%"
      // 21 unchanged
      "|(持平)");
  return pattern;
}

struct Unit {
  std::string_view printed, name;
  std::optional<int> shift;  // to CNY/kg, as a power of ten; nullopt for foreign currency
};

Unit UnitOf(std::string_view printed) {
  const bool dollars = printed.find("美元") != std::string_view::npos || printed.find("USD") != std::string_view::npos;
  const bool per_ton = printed.find("吨") != std::string_view::npos || printed.ends_with("mt");
  const bool ten_thousands = printed.find("万") != std::string_view::npos;
  if (dollars) return {printed, per_ton ? "USD/t" : "USD/kg", std::nullopt};
  if (ten_thousands) return {printed, "10kCNY/t", 1};
  if (per_ton) return {printed, "CNY/t", -3};
  return {printed, "CNY/kg", 0};
}

struct TimePhrase {
  enum class Kind { kNone, kMonth, kMonthEnd, kDay, kQuarter } kind = Kind::kNone;
  int year = 0, month = 0, day = 0, quarter = 0;
};

struct Product {
  std::string_view printed, purity;  // views into the folded text
};

// Metals that are traded under 氧化X, X合金 … and are no rare earths.
bool IsOtherMetal(std::string_view name) {
  for (std::string_view metal : {"铜", "铝", "银", "锌", "镁", "锂", "钢", "钙", "钠", "钾", "钛",    "钒",
                                 "钨", "钼", "锡", "铅", "锰", "铬", "钴", "锆", "铪", "铌", "铁合金"}) {
    if (name.find(metal) != std::string_view::npos && !ProductFromPrinted(name)) return true;
  }
  return false;
}

bool EndsWithAny(std::string_view text, std::initializer_list<std::string_view> ends) {
  return std::any_of(ends.begin(), ends.end(), [&](std::string_view end) { return text.ends_with(end); });
}
std::size_t LastOf(std::string_view text, std::initializer_list<std::string_view> words) {
  std::size_t last = std::string_view::npos;
  for (std::string_view word : words) {
    const std::size_t at = text.rfind(word);
    if (at != std::string_view::npos && (last == std::string_view::npos || at > last)) last = at;
  }
  return last;
}

class NarrativeReader {
 public:
  NarrativeReader(const SectionText& text, const std::vector<Price>& table, std::vector<Price>& prices, std::vector<Finding>& findings)
      : text_(text),
        table_(table),
        prices_(prices),
        findings_(findings),
        issue_(YearOf(text.section().issue)),
        market_(text.section().category == Category::kMarket) {
    const std::string title = FoldKey(text.section().title);
    titled_ = YearMonthIn(title);
    static const RE2 kMonth(R"((\d{1,2})月)");
    int month = 0;
    if (!titled_ && RE2::PartialMatch(title, kMonth, &month) && month >= 1 && month <= 12 && issue_) {
      titled_ = YearMonth{YearForMonth(month, std::nullopt, issue_), month};
    }
  }

  void Read() {
    const std::string_view all = text_.text();
    for (std::size_t begin = 0; begin < all.size();) {
      const std::size_t end = std::min(all.find('\n', begin), all.size());
      paragraph_ = all.substr(begin, end - begin);
      begin = end + 1;
      inherited_ = {};
      for (std::string_view sentence : SentencesOf(paragraph_, false)) ReadSentence(sentence);
    }
  }

 private:
  static bool MayStatePrice(std::string_view sentence) {
    return sentence.find("元/") != std::string_view::npos || sentence.find("万/吨") != std::string_view::npos ||
           sentence.find("元每") != std::string_view::npos || sentence.find("每公斤") != std::string_view::npos ||
           sentence.find("每吨") != std::string_view::npos || sentence.find("每千克") != std::string_view::npos ||
           sentence.find("RMB/") != std::string_view::npos || sentence.find("yuan/") != std::string_view::npos ||
           sentence.find("CNY/") != std::string_view::npos || sentence.find("USD/") != std::string_view::npos;
  }

  void ReadSentence(std::string_view sentence) {
    const bool follows = sentence.starts_with("该价格") || sentence.starts_with("较") || sentence.starts_with("该价") ||
                         sentence.starts_with("价格较") || sentence.starts_with("环比");
    if (!MayStatePrice(sentence) && !(follows && last_)) return;
    sentence_ = sentence;
    time_ = {};
    products_.clear();
    used_ = 0;
    group_.clear();
    percent_ = 0;
    if (!follows) last_.reset();
    since_product_ = 0;
    const RE2& token = TokenPattern();
    re2::StringPiece input = Piece(sentence);
    std::array<re2::StringPiece, 22> g;
    std::size_t from = 0;
    while (from < sentence.size() && token.Match(input, from, sentence.size(), RE2::UNANCHORED, g.data(), static_cast<int>(g.size()))) {
      const std::size_t begin = static_cast<std::size_t>(g[0].data() - sentence.data());
      from = begin + std::max<std::size_t>(1, g[0].size());
      if (!g[2].empty())
        OnProduct(View(g[2]), View(g[1]), begin);
      else if (!g[5].empty())
        OnDay(g[3], ToInt(g[4]), ToInt(g[5]));
      else if (!g[7].empty())
        OnMonthEnd(g[6].empty() && g[7].size() > 6 ? std::atoi(std::string(g[7]).c_str()) : g[6].empty() ? 0 : ToInt(g[6]));
      else if (!g[8].empty())
        continue;  // 月初 is read from the words before a price
      else if (!g[10].empty())
        OnMonth(g[9], ToInt(g[10]));
      else if (!g[12].empty())
        OnQuarter(g[11], View(g[12]));
      else if (!g[16].empty())
        OnPrice(View(g[13]), View(g[14]), View(g[15]), View(g[16]), begin);
      else if (!g[19].empty())
        OnPrice({}, View(g[18]), {}, fmt::format("{}/{}", View(g[19]), View(g[17])), begin);
      else if (!g[20].empty())
        OnPercent(View(g[20]), begin);
      else if (!g[21].empty())
        OnUnchanged(begin);
    }
    if (time_.kind == TimePhrase::Kind::kDay || time_.kind == TimePhrase::Kind::kMonthEnd || time_.kind == TimePhrase::Kind::kQuarter)
      inherited_ = time_;
  }

  // ---- what a token does ---------------------------------------------------------------------------------------------------

  void OnProduct(std::string_view printed, std::string_view purity, std::size_t begin) {
    if (IsOtherMetal(printed)) {
      products_.clear();
      return;
    }
    const std::string_view between = sentence_.substr(since_product_, begin - std::min(begin, since_product_));
    const bool listed =
        !products_.empty() && used_ == 0 && (between == "、" || between == "和" || between == "与" || between == "及" || between == "以及");
    if (!listed) {
      products_.clear();
      used_ = 0;
      group_.clear();
      percent_ = 0;
    }
    products_.push_back({printed, purity});
    since_product_ = static_cast<std::size_t>(printed.data() - sentence_.data()) + printed.size();
  }

  void OnDay(const re2::StringPiece& year, int month, int day) { time_ = {TimePhrase::Kind::kDay, YearFor(year, month), month, day, 0}; }

  void OnMonthEnd(int month) {
    if (month == 0) month = time_.month ? time_.month : last_month_.month ? last_month_.month : titled_ ? titled_->month : 0;
    time_ = {TimePhrase::Kind::kMonthEnd, YearFor({}, month), month, 0, 0};
  }

  void OnMonth(const re2::StringPiece& year, int month) {
    if (month < 1 || month > 12) return;
    last_month_ = {YearFor(year, month), month};
    // 11月涨幅为…: the month of a change, not the time of the next price.
    if (time_.kind == TimePhrase::Kind::kNone || time_.kind == TimePhrase::Kind::kMonth) {
      time_ = {TimePhrase::Kind::kMonth, last_month_.year, month, 0, 0};
    }
  }

  void OnQuarter(const re2::StringPiece& year, std::string_view quarter) {
    // 较第二季度: what a change is measured against.
    const std::size_t at = static_cast<std::size_t>(quarter.data() - sentence_.data());
    const std::string_view before = sentence_.substr(0, at);
    if (EndsWithAny(before, {"较", "较第", "比", "比第", "与", "与第"})) return;
    const int number = ParseNumeral(quarter).value_or(0);
    int in = year.empty() ? 0 : ToInt(year);
    if (in == 0 && issue_) {
      // A quarter is announced before or at its begin: the one nearest to the issue.
      in = issue_->year;
      const int first_month = number * 3 - 2;
      if (first_month - issue_->number > 6) in = issue_->year - 1;
      if (issue_->number - first_month > 8) in = issue_->year + 1;
    }
    time_ = {TimePhrase::Kind::kQuarter, in, 0, 0, number};
  }

  void OnPrice(std::string_view earlier, std::string_view number, std::string_view range_end, std::string_view unit, std::size_t begin) {
    const std::string_view before = sentence_.substr(0, begin);
    const Unit in = UnitOf(unit);
    // 分别为40.76、50.52万元/吨: the earlier numbers share the unit.
    while (!earlier.empty()) {
      const std::size_t end = std::min(earlier.find("、"), earlier.find("和"));
      if (end == std::string_view::npos) break;
      if (end > 0) AddPrice(earlier.substr(0, end), in, before);
      earlier.remove_prefix(end + 3);
    }
    if (IsChangeAmount(before)) {
      // 上涨2500元/吨至68.25万元/吨: the level follows the amount.
      if (!range_end.empty() && std::string_view(range_end.data() - 3, 3) == "至") AddPrice(range_end, in, before);
      return;
    }
    if (!range_end.empty()) {
      OnRange(number, range_end);
      return;
    }
    AddPrice(number, in, before);
  }

  // A range without a printed mean gives no price; with one, the mean is the price.
  void OnRange(std::string_view number, std::string_view range_end) {
    const std::size_t end = static_cast<std::size_t>(range_end.data() - sentence_.data()) + range_end.size();
    const std::string_view after = sentence_.substr(end, 60);
    if (after.find("均价") != std::string_view::npos || after.find("均值") != std::string_view::npos ||
        after.find("平均") != std::string_view::npos)
      return;
    if (products_.empty()) return;
    AddFinding("range-without-mean", "info", "a price range without a printed mean gives no price",
               {number.data(), static_cast<std::size_t>(range_end.data() + range_end.size() - number.data())});
  }

  // 上涨2500元/吨, REO每增减1%价格增减417元/吨: an amount, not a level.
  static bool IsChangeAmount(std::string_view before) {
    for (bool again = true; again;) {
      again = false;
      for (std::string_view filler : {"了", "约", "为", "近", "超", "幅度", "大约", "均"}) {
        if (before.ends_with(filler)) {
          before.remove_suffix(filler.size());
          again = true;
        }
      }
    }
    return EndsWithAny(before,
                       {"上涨", "下跌", "下降", "上升", "上调", "下调", "调涨", "调降", "涨",   "跌",   "升",     "降",   "增加", "减少",
                        "增减", "回落", "下滑", "涨幅", "跌幅", "价差", "差价", "浮动", "加价", "运费", "加工费", "提高", "降低"});
  }

  void AddPrice(std::string_view number, const Unit& unit, std::string_view before) {
    const auto value = Decimal::Parse(number);
    if (!value || products_.empty()) return;
    const bool several = products_.size() > 1;
    const std::size_t which = several ? std::min(used_, products_.size() - 1) : products_.size() - 1;
    ++used_;
    const Product product = products_[which];
    Price price;
    price.as_printed = text_.Printed(product.printed);
    if (!product.purity.empty()) price.purity = text_.Printed(product.purity);
    if (const auto id = ProductFromPrinted(product.printed)) price.product = std::string(*id);
    price.value = *value;
    price.value_text = text_.Code(number, "value", price.provenance);
    if (std::erase(price.value_text, ',') > 0) price.provenance.Rule("value", fmt::format("thousands-separators: {}", number));
    price.unit = unit.name;
    price.provenance.Rule("unit", fmt::format("unit-names: {}", unit.printed));
    if (unit.shift) price.cny_per_kg = value->ShiftedBy(*unit.shift);
    price.where = market_ ? "narrative" : "news";
    if (!SetPeriod(price, before)) return;
    NameProduct(price, product, number);
    price.provenance.Add("as_printed", text_.SpansOf(product.printed));
    if (!product.purity.empty()) price.provenance.Add("purity", text_.SpansOf(product.purity));
    if (unit.shift) price.provenance.Rule("cny_per_kg", fmt::format("unit-conversion: {} {}", price.value_text, unit.name));
    prices_.push_back(std::move(price));
    if (prices_.back().statistic != "month_open") {
      last_ = prices_.size() - 1;
      group_.push_back(*last_);
      percent_ = several ? percent_ : 0;
    }
  }

  // Which statistic and period the words before the number make it.
  bool SetPeriod(Price& price, std::string_view before) {
    std::size_t clause_begin = LastOf(before, {",", ";"});
    const std::string_view clause = clause_begin == std::string_view::npos ? before : before.substr(clause_begin + 1);
    const auto in_clause = [&](std::string_view word) { return clause.find(word) != std::string_view::npos; };
    const auto in_sentence = [&](std::string_view word) { return sentence_.find(word) != std::string_view::npos; };
    TimePhrase time = time_.kind == TimePhrase::Kind::kNone ? inherited_ : time_;
    const int month = time.month ? time.month : titled_ ? titled_->month : last_month_.month;
    const int year = time.month ? time.year : titled_ ? titled_->year : last_month_.year;
    const std::string_view ending = clause.substr(clause.size() > 60 ? clause.size() - 60 : 0);
    if (ending.find("月初价") != std::string_view::npos || ending.find("月初的") != std::string_view::npos ||
        EndsWithAny(clause, {"月初", "月初为"})) {
      price.statistic = "month_open";
      return TakePeriod(price, IsoMonth(year, month), "month of the sentence");
    }
    // What a change is measured against is no statement of this text's own period.
    if (EndsWithAny(clause, {"较年初", "较上月", "较上年", "较去年", "较上月的", "较年初的", "较去年同期", "较去年同期的", "较上季度的",
                             "较上季度", "较年初价格", "较上月价格", "较上月均价"}))
      return false;
    const bool listed = in_sentence("挂牌") || in_sentence("调整为") || in_sentence("定价") || in_sentence("销售价格") ||
                        in_sentence("公布价") || in_sentence("采购价") || in_sentence("交易价格") || in_sentence("执行价") ||
                        price.product == "rare-earth-concentrate";
    const bool mean = in_clause("均价") || in_clause("平均价") || in_clause("均值");
    if (listed && (time.kind == TimePhrase::Kind::kQuarter || time.kind == TimePhrase::Kind::kMonth ||
                   (time.kind == TimePhrase::Kind::kNone && titled_))) {
      price.statistic = "list_price";
      if (const auto seller = SellerIn(sentence_)) {
        price.seller = text_.Code(sentence_.substr(sentence_.find(*seller), seller->size()), "seller", price.provenance);
      }
      if (time.kind == TimePhrase::Kind::kQuarter)
        return TakePeriod(price, fmt::format("{:04d}-Q{}", time.year, time.quarter), "quarter of the sentence, year of the issue");
      return TakePeriod(price, IsoMonth(year, month), "month of the sentence");
    }
    if (time.kind == TimePhrase::Kind::kMonthEnd) {
      price.statistic = "month_close";
      return TakePeriod(price, IsoMonth(time.year, time.month), "the month whose end is named");
    }
    if (time.kind == TimePhrase::Kind::kDay) {
      price.statistic = "spot";
      return TakePeriod(price, IsoDate(time.year, time.month, time.day), "day of the sentence");
    }
    if (mean || (market_ && in_sentence("均价"))) {
      price.statistic = "month_average";
      return TakePeriod(price, IsoMonth(year, month),
                        time.kind == TimePhrase::Kind::kMonth ? "month of the sentence" : "month of the title");
    }
    AddFinding(
        "price-without-time", "info",
        fmt::format("a price of {} {} for {} without a time or a statistic was left out", price.value_text, price.unit, price.as_printed),
        sentence_.substr(before.size(), price.value_text.size()));
    return false;
  }

  static bool TakePeriod(Price& price, const std::optional<std::string>& period, const char* rule) {
    if (!period) return false;
    price.period = *period;
    price.provenance.Rule("period", rule);
    return true;
  }

  // The product a name stands for. A valid and uncontradicted name stays; one that the same section's table contradicts by value,
  // or that is no product's name, takes the row that has the value, if there is just one.
  void NameProduct(Price& price, const Product& product, std::string_view number) {
    if (product.printed.starts_with("中钇富") && !price.product) {
      price.product = "medium-yttrium-europium-rich-ore";
      price.repaired = fmt::format("printed {}; the only ore of that name is 中钇富铕矿", product.printed);
    } else if (price.statistic == "month_average" && market_ && price.cny_per_kg) {
      JoinTable(price, product, number);
    }
    if (!price.product) {
      AddFinding("name-damaged", "warning",
                 fmt::format("{} is no known product, and nothing in the section decides which is meant", product.printed),
                 product.printed);
    } else if (price.repaired) {
      price.provenance.Rule("product", "numeric join with the table");
      AddFinding("name-repaired", "info", *price.repaired, product.printed);
    }
  }

  void JoinTable(Price& price, const Product& product, std::string_view number) {
    const Decimal tolerance(5, 2);
    const Price* own = nullptr;
    std::vector<const Price*> equal;
    for (const Price& row : table_) {
      if (row.period != price.period || !row.product || !row.cny_per_kg) continue;
      if (row.product == price.product) own = &row;
      if (row.cny_per_kg->Within(*price.cny_per_kg, tolerance)) equal.push_back(&row);
    }
    if (own && own->cny_per_kg->Within(*price.cny_per_kg, tolerance)) return;
    std::erase_if(equal,
                  [&](const Price* row) { return IsOxide(*row->product) != (product.printed.find("氧化") != std::string_view::npos); });
    if (equal.size() == 1) {
      price.product = equal.front()->product;
      price.repaired = fmt::format("printed {}; the value is that of the table's row {} ({})", product.printed, equal.front()->as_printed,
                                   *equal.front()->product);
    } else if (own) {
      AddFinding("narrative-table", "warning", fmt::format("{}: the sentence's average is not a tenth of the table's", product.printed),
                 number, own->cny_per_kg->ToString());
    }
  }
  static bool IsOxide(std::string_view id) { return id.ends_with("-oxide"); }

  // ---- changes -------------------------------------------------------------------------------------------------------------

  std::string_view ClauseBefore(std::size_t begin) const {
    const std::string_view before = sentence_.substr(0, begin);
    const std::size_t comma = LastOf(before, {",", ";", "("});
    return comma == std::string_view::npos ? before : before.substr(comma + 1);
  }

  // mom, qoq, yoy or month_to_date by the last such word of the clause; nullopt for any other basis.
  std::optional<std::string> BasisOf(std::string_view clause, const Price& price) const {
    const std::size_t year = LastOf(clause, {"同比", "去年同期", "上年同期", "去年同月"});
    const std::size_t month = LastOf(clause, {"环比", "上月", "前月", "上期"});
    const std::size_t quarter = LastOf(clause, {"上季度", "一季度", "二季度", "三季度", "四季度", "上一季度"});
    const std::size_t begin =
        LastOf(clause, {"月初", "月涨幅", "月跌幅", "月走势", "月份走势", "当月涨幅", "月内", "涨幅", "跌幅", "走势", "月1日"});
    const std::size_t other = LastOf(clause, {"年初", "上周", "前日", "昨日", "前一日", "周初", "高点", "低点"});
    std::size_t last = std::string_view::npos;
    for (std::size_t at : {year, month, quarter, begin, other}) {
      if (at != std::string_view::npos && (last == std::string_view::npos || at > last)) last = at;
    }
    if (last == std::string_view::npos) return std::nullopt;
    if (last == year) return "yoy";
    if (last == month || last == quarter) return price.period.find('Q') != std::string::npos ? "qoq" : "mom";
    if (last == begin && (price.statistic == "month_close" || price.statistic == "spot")) return "month_to_date";
    return std::nullopt;
  }

  Price* PriceOfChange(std::string_view clause) {
    if (!last_) return nullptr;
    // 环比分别下跌10.3%、9.5%: one change a product, in order.
    if (clause.find("分别") != std::string_view::npos && percent_ < group_.size() && group_.size() > 1) return &prices_[group_[percent_]];
    return &prices_[*last_];
  }

  void SetChange(Price& price, Decimal change, const std::string& basis, std::string_view printed) {
    if (!price.change_pct) {
      price.change_pct = change;
      price.change_basis = basis;
      AddChangeProvenance(price, "change_pct", change, printed);
    } else if (basis == "yoy" && !price.change_yoy_pct) {
      price.change_yoy_pct = change;
      AddChangeProvenance(price, "change_yoy_pct", change, printed);
    }
  }

  // 下降10.3%: the sign stands in the word before the number.
  void AddChangeProvenance(Price& price, std::string_view field, const Decimal& change, std::string_view printed) {
    const auto number = Decimal::Parse(printed);
    if (!number) {
      price.provenance.Rule(field, fmt::format("unchanged: {}", printed));
    } else if (!(*number == change)) {
      price.provenance.Rule(field, fmt::format("sign-of-the-word-before: {}", printed));
    }
    text_.Code(printed.starts_with('+') ? printed.substr(1) : printed, field, price.provenance);
  }

  void OnPercent(std::string_view number, std::size_t begin) {
    const std::string_view clause = ClauseBefore(begin);
    Price* price = PriceOfChange(clause);
    if (!price) return;
    const auto basis = BasisOf(clause, *price);
    auto change = Decimal::Parse(number);
    if (!basis || !change) return;
    const std::size_t down = LastOf(clause, {"跌", "降", "减", "回落", "下滑", "下调", "缩", "走低"});
    const std::size_t up = LastOf(clause, {"涨", "升", "增", "上调", "提高", "走高", "反弹"});
    const bool falls = down != std::string_view::npos && (up == std::string_view::npos || down > up);
    if (falls && !change->negative()) change = -*change;
    if (down == std::string_view::npos && up == std::string_view::npos && number[0] != '-' && number[0] != '+') return;
    SetChange(*price, *change, *basis, number);
    ++percent_;
  }

  void OnUnchanged(std::size_t begin) {
    const std::string_view clause = ClauseBefore(begin);
    Price* price = PriceOfChange(clause);
    if (!price) return;
    if (const auto basis = BasisOf(clause, *price)) SetChange(*price, Decimal(0, 1), *basis, sentence_.substr(begin, 6));
    ++percent_;
  }

  // ---- help ----------------------------------------------------------------------------------------------------------------

  int YearFor(const re2::StringPiece& year, int month) {
    if (!year.empty()) {
      explicit_year_ = ToInt(year);
      return *explicit_year_;
    }
    if (titled_) return month <= titled_->month ? titled_->year : titled_->year - 1;
    return YearForMonth(month, std::nullopt, issue_);
  }

  void AddFinding(std::string check, std::string severity, std::string message, std::string_view at,
                  std::optional<std::string> expected = {}) {
    findings_.push_back(
        FindingAt(text_.section(), std::move(check), std::move(severity), std::move(message), text_.SpansOf(at), std::move(expected)));
  }

  const SectionText& text_;
  const std::vector<Price>& table_;
  std::vector<Price>& prices_;
  std::vector<Finding>& findings_;
  std::optional<IssueYear> issue_;
  bool market_;
  std::optional<YearMonth> titled_;
  std::optional<int> explicit_year_;

  std::string_view paragraph_, sentence_;
  TimePhrase time_, inherited_;
  YearMonth last_month_;
  std::vector<Product> products_;    // the product, or the list of products, last named
  std::size_t used_ = 0;             // how many of them have their price
  std::vector<std::size_t> group_;   // prices of that list
  std::size_t percent_ = 0;          // how many of those have their change
  std::optional<std::size_t> last_;  // the price a change belongs to
  std::size_t since_product_ = 0;
};

}  // namespace

void ReadNarrative(const SectionText& text, const std::vector<Price>& table, std::vector<Price>& prices, std::vector<Finding>& findings) {
  NarrativeReader(text, table, prices, findings).Read();
}

}  // namespace ytterby
