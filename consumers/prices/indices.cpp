// Index sentences. Three different indices are called 稀土价格指数: the association's (base 2010), SunSirs' (base
// 2011-12-01) and the Baotou exchange's; the text around the figure tells which.
#include <re2/re2.h>

#include <fmt/format.h>

#include <array>

#include "common/text/dates.hpp"
#include "common/text/utf8.hpp"
#include "consumers/prices/parts.hpp"
#include "consumers/reading/findings.hpp"
#include "consumers/reading/patterns.hpp"

namespace ytterby {
namespace {

// The value of a printed number, whose spans it records under `field`; a finding if it is no number.
std::optional<Decimal> ValueOf(const SectionText& text, std::string_view number, FieldName field,
                               Provenance& provenance, std::vector<Finding>& findings) {
  const auto value = Decimal::Parse(number);
  if (!value) {
    findings.push_back(FindingAt(text.section(), "number-damaged", "warning",
                                 fmt::format("{} is not read as a number", number), text.SpansOf(number)));
    return std::nullopt;
  }
  text.Code(number, field, provenance);
  if (number.find(',') != std::string_view::npos)
    provenance.Rule(field, fmt::format("thousands-separators: {}", number));
  return value;
}

// The number that `pattern` captures; records its spans under `field`.
std::optional<Decimal> Number(const SectionText& text, std::string_view part, const RE2& pattern, FieldName field,
                              Provenance& provenance, std::vector<Finding>& findings) {
  re2::StringPiece number;
  if (!RE2::PartialMatch(Piece(part), pattern, &number)) return std::nullopt;
  return ValueOf(text, View(number), field, provenance, findings);
}

// A day, or a range of days as ISO/ISO: 1月25-31日.
std::optional<std::string> DayOrRange(const re2::StringPiece groups[], int year) {
  const int month = ToInt(groups[0]);
  const auto first = IsoDate(year, month, ToInt(groups[1]));
  if (!first || groups[3].empty()) return first;
  const auto last = IsoDate(year, groups[2].empty() ? month : ToInt(groups[2]), ToInt(groups[3]));
  if (!last) return first;
  return *first + "/" + *last;
}

struct Extreme {
  std::optional<Decimal> value;
  std::optional<std::string> date;
};

// The ways to state an extreme, for one word (最高 or 最低).
struct ExtremePatterns {
  explicit ExtremePatterns(const std::string& word)
      // 最高为1月2日的198.0点, 最高点出现在1月2日,为198.0点
      : date_first(word + R"((?:点|值|价)?(?:位)?(?:出现在|出现于|见于|发生在|在|为|是|,)*)" + Date() +
                   R"((?:的|,|为|达到|达|是|\()*(\d[\d.,]*)点)"),
        // 最高198.0点(1月2日), 最高为198.0点,出现在1月2日
        value_first(
            word +
            R"((?:点|值|价)?(?:位)?(?:为|是|达|到|:)*(\d[\d.,]*)点(?:\(|,?(?:出现在|出现于|见于|发生在|在|为)+\(?))" +
            Date()),
        // 最高值280.2点,8月4日;
        value_day(word + R"((?:点|值|价)?(?:位)?(?:为|是|达|到|:)*(\d[\d.,]*)点,)" + Date() + R"((?:[;,。]|$))"),
        // 6月3日的最高点178.2点, 6月25-28日落到最低的165.4点
        date_before(Date() + R"([^,;。\d]{0,8}?)" + word + R"((?:点|值|价|位|的|为|是|报|,)*(\d[\d.,]*)点)"),
        value_only(word + R"((?:点|值|价)?(?:位)?(?:为|是|达|到|:)*(\d[\d.,]*)点)") {}
  static std::string Date() {
    return R"((?:\d{4}年)?(\d{1,2})月(\d{1,2})日?(?:[-~至到](?:(\d{1,2})月)?(\d{1,2}))?日?)";
  }
  RE2 date_first, value_first, value_day, date_before, value_only;
};

Extreme ReadExtreme(const SectionText& text, std::string_view part, const ExtremePatterns& patterns, int year,
                    FieldName field, FieldName date_field, Provenance& provenance, std::vector<Finding>& findings) {
  Extreme extreme;
  re2::StringPiece d[4], value;
  if (RE2::PartialMatch(Piece(part), patterns.date_first, &d[0], &d[1], &d[2], &d[3], &value) ||
      RE2::PartialMatch(Piece(part), patterns.value_first, &value, &d[0], &d[1], &d[2], &d[3]) ||
      RE2::PartialMatch(Piece(part), patterns.value_day, &value, &d[0], &d[1], &d[2], &d[3]) ||
      RE2::PartialMatch(Piece(part), patterns.date_before, &d[0], &d[1], &d[2], &d[3], &value)) {
    extreme.date = DayOrRange(d, year);
    if (extreme.date) {
      const char* end = d[3].empty() ? d[1].data() + d[1].size() : d[3].data() + d[3].size();
      provenance.Add(date_field, text.SpansOf({d[0].data(), static_cast<std::size_t>(end - d[0].data())}));
    }
  } else if (!RE2::PartialMatch(Piece(part), patterns.value_only, &value)) {
    return extreme;
  }
  extreme.value = ValueOf(text, View(value), field, provenance, findings);
  return extreme;
}

void CheckMonth(const Section& section, const PriceIndex& index, std::vector<Finding>& findings) {
  const std::string concerns = NaturalKey({index.index, index.period.value_or("")});
  const auto add = [&](std::string check, std::string message, std::optional<std::string> expected,
                       std::string_view field) {
    findings.push_back(FindingAt(section, std::move(check), "warning", std::move(message),
                                 index.provenance.SpansOf(field), std::move(expected), concerns));
  };
  if (index.high && index.low && index.mean && (*index.high < *index.mean || *index.mean < *index.low)) {
    add("index-order", "high, mean and low are not in order", std::nullopt, "mean");
  }
  const auto spread = index.high && index.low ? index.high->Minus(*index.low) : std::nullopt;
  if (spread && index.spread && !(*spread == *index.spread)) {
    add("index-spread", "the spread is not high minus low", spread->ToString(), "spread");
  }
  if (index.high && index.low && index.mean && index.fluctuation_pct && index.mean->ToDouble() > 0) {
    const double expected = 100 * (index.high->ToDouble() - index.low->ToDouble()) / index.mean->ToDouble();
    if (std::abs(expected - index.fluctuation_pct->ToDouble()) > 0.06) {
      add("index-fluctuation", "the fluctuation is not (high - low) / mean", fmt::format("{:.1f}", expected),
          "fluctuation_pct");
    }
  }
}

// The mean of the month itself, not of the previous month it is compared with, nor of a year.
std::string_view OwnMean(std::string_view paragraph, const RE2& pattern) {
  re2::StringPiece groups[2];
  std::size_t from = 0;
  while (from < paragraph.size() &&
         pattern.Match(Piece(paragraph), from, paragraph.size(), RE2::UNANCHORED, groups, 2)) {
    const std::size_t begin = static_cast<std::size_t>(groups[0].data() - paragraph.data());
    from = begin + groups[0].size();
    const std::size_t comma = paragraph.substr(0, begin).find_last_of(",;");
    const std::string_view clause = paragraph.substr(comma == std::string_view::npos ? 0 : comma + 1,
                                                     begin - (comma == std::string_view::npos ? 0 : comma + 1));
    bool other = false;
    for (std::string_view word : {"上月", "上年", "去年", "同期", "全年", "年均", "上期", "前一月"})
      other = other || clause.find(word) != std::string_view::npos;
    if (!other) return View(groups[1]);
  }
  return {};
}

// 运行区间为165.4点至178.2点,其中最低点出现在6月3日: the extremes are a range, their days follow.
void ReadRange(const SectionText& text, std::string_view paragraph, int year, Extreme& high, Extreme& low,
               Provenance& provenance, std::vector<Finding>& findings) {
  static const RE2 kRange(
      R"((?:(?:区间|范围|介于|处于|在)(?:为|在|是|:)*)(\d[\d.,]*)点?(?:至|-|~|到|和|与)(\d[\d.,]*)点)");
  static const std::string kAt = R"((?:点|值)?(?:出现在|出现于|见于|发生在|在|为))" + ExtremePatterns::Date();
  static const RE2 kHighestAt("(?:最高|高点)" + kAt), kLowestAt("(?:最低|低点)" + kAt);
  re2::StringPiece first, second, d[4];
  if (!RE2::PartialMatch(Piece(paragraph), kRange, &first, &second)) return;
  const auto a = Decimal::Parse(View(first)), b = Decimal::Parse(View(second));
  if (!a || !b) return;
  const bool ascending = *a < *b;
  low.value = ValueOf(text, View(ascending ? first : second), "low", provenance, findings);
  high.value = ValueOf(text, View(ascending ? second : first), "high", provenance, findings);
  // 9月10日为全月最高
  static const std::string kIs = ExtremePatterns::Date() + R"((?:为|是|系)(?:全月|月内|本月|当月)?的?)";
  static const RE2 kDayIsHighest(kIs + "(?:最高|高点)"), kDayIsLowest(kIs + "(?:最低|低点)");
  const auto day = [&](const RE2& pattern, const RE2& before, FieldName field) -> std::optional<std::string> {
    if (!RE2::PartialMatch(Piece(paragraph), pattern, &d[0], &d[1], &d[2], &d[3]) &&
        !RE2::PartialMatch(Piece(paragraph), before, &d[0], &d[1], &d[2], &d[3]))
      return std::nullopt;
    const auto date = DayOrRange(d, year);
    const char* end = d[3].empty() ? d[1].data() + d[1].size() : d[3].data() + d[3].size();
    if (date) provenance.Add(field, text.SpansOf({d[0].data(), static_cast<std::size_t>(end - d[0].data())}));
    return date;
  };
  high.date = day(kHighestAt, kDayIsHighest, "high_date");
  low.date = day(kLowestAt, kDayIsLowest, "low_date");
}

void ReadExtremes(const SectionText& text, std::string_view paragraph, int year, PriceIndex& index,
                  std::vector<Finding>& findings) {
  static const RE2 kSpread(
      R"((?:(?:高低点|高低|高点与低点|最高[点值]?与最低[点值]?|最高最低|两者|二者|两点|极差)(?:之间)?(?:相差|差距|差值|差|价差|之差)?|[,;](?:相差|差距|价差))(?:为)?(\d[\d.,]*)(?:个)?点)");
  static const RE2 kFluctuation(R"((?:波动幅度|振幅|波幅|波动率)(?:约|大约|达到|达|近)*(?:为)?(?:约)?([\d.]+)%)");
  static const ExtremePatterns kHighest("(?:最高|高点|峰值)"), kLowest("(?:最低|低点|谷值)");
  Extreme high = ReadExtreme(text, paragraph, kHighest, year, "high", "high_date", index.provenance, findings);
  Extreme low = ReadExtreme(text, paragraph, kLowest, year, "low", "low_date", index.provenance, findings);
  if (!high.value && !low.value) ReadRange(text, paragraph, year, high, low, index.provenance, findings);
  if (!index.high) index.high = high.value, index.high_date = high.date;
  if (!index.low) index.low = low.value, index.low_date = low.date;
  if (!index.spread) index.spread = Number(text, paragraph, kSpread, "spread", index.provenance, findings);
  if (!index.fluctuation_pct)
    index.fluctuation_pct = Number(text, paragraph, kFluctuation, "fluctuation_pct", index.provenance, findings);
}

// Reads the association's figures for a month: mean, high, low, spread, fluctuation in any order, in one paragraph.
void ReadMonth(const SectionText& text, std::string_view paragraph, std::optional<YearMonth> titled,
               std::vector<PriceIndex>& indices, std::vector<Finding>& findings) {
  static const RE2 kMean(
      R"((?:平均价格指数|价格指数(?:的)?(?:月度?)?(?:平均值?|均值)|指数(?:月度?)?(?:平均值?|均值)|平均指数|月均指数|指数月均|月均值|平均值|均值)(?:为|是|:|达到|)"
      R"(达|报|录得)?(\d[\d.,]*)点)");
  static const RE2 kMonth(R"((?:((?:19|20)\d\d)年)?(\d{1,2})月)");
  PriceIndex index;
  index.index = "acrei";
  index.where = text.section().category == Category::kMarket ? "market" : "news";
  const std::string_view mean = OwnMean(paragraph, kMean);
  if (mean.empty()) {
    // The month's extremes may be in a separate paragraph after the mean.
    if (!indices.empty() && indices.back().mean && !(indices.back().spread && indices.back().fluctuation_pct)) {
      ReadExtremes(text, paragraph, std::atoi(indices.back().period.value_or("0").c_str()), indices.back(), findings);
      CheckMonth(text.section(), indices.back(), findings);
    }
    return;
  }
  index.mean = ValueOf(text, mean, "mean", index.provenance, findings);
  if (!index.mean) return;
  int year = titled ? titled->year : 0, month = titled ? titled->month : 0;
  re2::StringPiece month_digits;
  if (!titled) {
    std::string explicit_year;
    if (RE2::PartialMatch(Piece(paragraph), kMonth, &explicit_year, &month_digits)) {
      month = ToInt(month_digits);
      year = YearForMonth(month, explicit_year.empty() ? std::nullopt : std::optional<int>(std::stoi(explicit_year)),
                          ReportYearOf(text.section()));
    }
  }
  index.period = IsoMonth(year, month);
  if (index.period)
    index.provenance.Rule("period", titled ? "month of the title" : "month of the sentence, year of the issue");
  ReadExtremes(text, paragraph, year, index, findings);
  CheckMonth(text.section(), index, findings);
  indices.push_back(std::move(index));
}

// Reads stated points: 11月29日稀土指数为414点, 最高点1000点(2011-12-06), 2015年9月13日最低点271点.
class PointReader {
 public:
  PointReader(const SectionText& text, std::string_view sentence, bool sunsirs, std::vector<PriceIndex>& indices,
              std::vector<Finding>& findings)
      : text_(text),
        sentence_(sentence),
        sunsirs_(sunsirs),
        indices_(indices),
        findings_(findings),
        issue_(ReportYearOf(text.section())) {}

  void Read() {
    static const RE2 kToken(
        R"((?:((?:19|20)\d\d)年)?(\d{1,2})月(\d{1,2})日|((?:19|20)\d\d)-(\d{1,2})-(\d{1,2})|(\d{1,2})月末|)"
        R"(([\d]+(?:\.\d+)?)(点|个点|))");
    re2::StringPiece input = Piece(sentence_);
    Groups g;
    for (std::size_t from = 0;
         from < sentence_.size() && kToken.Match(input, from, sentence_.size(), RE2::UNANCHORED, g.data(), kGroups);) {
      from = static_cast<std::size_t>(g[0].data() - sentence_.data()) + g[0].size();
      if (g[8].empty()) {
        if (const auto date = DateOf(g)) TakeDate(*date, View(g[0]));
      } else {
        from = TakeValue(g);
      }
    }
  }

 private:
  static constexpr int kGroups = 10;
  using Groups = std::array<re2::StringPiece, kGroups>;
  struct Date {
    std::string iso;
    std::string_view printed;
  };

  // The date of a token: 2015年9月13日 or 9月13日, 2011-12-06, 9月末.
  std::optional<std::string> DateOf(const Groups& g) const {
    const auto number = [](const re2::StringPiece& piece) { return std::atoi(std::string(piece).c_str()); };
    if (!g[4].empty()) return IsoDate(number(g[4]), number(g[5]), number(g[6]));
    const int month = number(g[7].empty() ? g[2] : g[7]);
    if (g[7].empty()) {
      const auto printed = g[1].empty() ? std::nullopt : std::optional<int>(number(g[1]));
      return IsoDate(YearForMonth(month, printed, issue_), month, number(g[3]));
    }
    const int year = YearForMonth(month, std::nullopt, issue_);
    return IsoDate(year, month, month >= 1 && month <= 12 ? LastDayOfMonth(year, month) : 0);
  }

  // 较年初的(2023年1月3日)297下降: a date in brackets belongs to the figure before it if that still lacks one, else to
  // the figure after it.
  void TakeDate(const std::string& iso, std::string_view printed) {
    const bool in_brackets = printed.data() > sentence_.data() && printed.data()[-1] == '(';
    if (undated_ && in_brackets) {
      SetDate({iso, printed}, indices_[*undated_]);
      undated_.reset();
    } else {
      pending_ = Date{iso, printed};
    }
  }

  void SetDate(const Date& date, PriceIndex& index) const {
    index.date = date.iso;
    index.provenance.Add("date", text_.SpansOf(date.printed));
  }

  // Returns where to read on.
  std::size_t TakeValue(const Groups& g) {
    const std::string_view number = text_.WholeNumber(View(g[8]));
    const std::size_t begin = static_cast<std::size_t>(number.data() - sentence_.data());
    std::string_view after = sentence_.substr(begin + number.size());
    bool points = false;
    for (std::string_view word : {"点", "个点"}) {
      if (points || !after.starts_with(word)) continue;
      points = true;
      after.remove_prefix(word.size());
    }
    const std::size_t end = sentence_.size() - after.size();
    if (!IsStated(sentence_.substr(0, begin), points)) return end;
    static const RE2 kDateInBrackets(R"(^\((?:\d{4}年|\d{4}-|\d{1,2}月))");
    const bool bracket_follows = after.starts_with("(") && RE2::PartialMatch(Piece(after), kDateInBrackets);
    if (!bracket_follows && !pending_) return end;
    PriceIndex index;
    const auto value = ValueOf(text_, number, "value", index.provenance, findings_);
    if (!value) return end;
    index.index = sunsirs_ ? "sunsirs" : "acrei";
    index.where = text_.section().category == Category::kMarket ? "market" : "news";
    index.value = value;
    undated_.reset();
    if (bracket_follows) {
      undated_ = indices_.size();
    } else {
      SetDate(*pending_, index);
      pending_.reset();
    }
    indices_.push_back(std::move(index));
    return end;
  }

  // Whether the words before a number state it as the index's value; `points`: 点 follows it.
  bool IsStated(std::string_view before, bool points) const {
    if (before.ends_with(")")) return pending_.has_value();
    if (before.ends_with("指数为")) return true;
    if (!points) return false;
    for (std::string_view word : {"指数", "最高点", "最低点", "最高", "最低", "收于", "报", "高点", "低点", "点位"})
      if (before.ends_with(word)) return true;
    return before.ends_with("日为") &&
           before.substr(before.size() > 60 ? before.size() - 60 : 0).find("指数") != std::string_view::npos;
  }

  const SectionText& text_;
  const std::string_view sentence_;
  const bool sunsirs_;
  std::vector<PriceIndex>& indices_;
  std::vector<Finding>& findings_;
  const std::optional<IssueYear> issue_;
  std::optional<Date> pending_;
  std::optional<std::size_t> undated_;  // the index of a value whose date may follow in brackets
};

// 较周期内最高点1000点（2011-12-06）下降了58.60%，较2015年9月13日最低点271点上涨了52.77%: the distances follow from the
// points.
void CheckDistances(const SectionText& text, std::string_view sentence, const PriceIndex& stated,
                    std::vector<Finding>& findings) {
  static const RE2 kDistance(
      R"((最高点|最低点)(?:\([^)]{0,40}\))?(?:为)?(\d[\d.,]*)点?(?:\([^)]{0,40}\))?(?:相比)?(?:下降|下跌|回落|上涨|上升|回升)了?([\d.]+)%)");
  if (!stated.value || stated.value->ToDouble() <= 0) return;
  re2::StringPiece g[4];
  for (std::size_t from = 0; kDistance.Match(Piece(sentence), from, sentence.size(), RE2::UNANCHORED, g, 4);) {
    from = static_cast<std::size_t>(g[0].data() - sentence.data()) + g[0].size();
    const auto extreme = Decimal::Parse(View(g[2])), printed = Decimal::Parse(View(g[3]));
    if (!extreme || !printed || extreme->ToDouble() <= 0) continue;
    const double distance = 100 * std::abs(stated.value->ToDouble() - extreme->ToDouble()) / extreme->ToDouble();
    if (std::abs(distance - printed->ToDouble()) <= 0.011) continue;
    findings.push_back(
        FindingAt(text.section(), "index-distance", "warning",
                  fmt::format("the distance from {} {} does not follow from the points", View(g[1]), View(g[2])),
                  text.SpansOf(View(g[3])), fmt::format("{:.2f}", distance)));
  }
}

}  // namespace

void ReadIndices(const SectionText& text, std::vector<PriceIndex>& indices, std::vector<Finding>& findings) {
  const std::string_view all = text.text();
  if (!HasWord(all, "指数")) return;
  const auto titled = YearMonthIn(FoldKey(text.section().title));
  const bool section_is_sunsirs = text.section().source && text.section().source->find("生意社") != std::string::npos;
  for (std::size_t begin = 0; begin < all.size();) {
    const std::size_t end = std::min(all.find('\n', begin), all.size());
    const std::string_view paragraph = all.substr(begin, end - begin);
    begin = end + 1;
    if (!HasWord(paragraph, "指数")) continue;
    const std::size_t before = indices.size();
    if (!section_is_sunsirs) ReadMonth(text, paragraph, titled, indices, findings);
    if (indices.size() > before) continue;
    for (std::string_view sentence : SentencesOf(paragraph, false)) {
      if (sentence.find("稀土") == std::string_view::npos || sentence.find("指数") == std::string_view::npos) continue;
      if (sentence.find("包头") != std::string_view::npos || sentence.find("交易所") != std::string_view::npos)
        continue;
      const bool sunsirs = sentence.find("生意社") != std::string_view::npos || section_is_sunsirs;
      const std::size_t first = indices.size();
      PointReader(text, sentence, sunsirs, indices, findings).Read();
      // Only for one value and its extremes: with several values, a distance could belong to any of them.
      const auto is_extreme = [&](const PriceIndex& index) { return index.date && *index.date < *indices[first].date; };
      if (sunsirs && indices.size() > first && indices[first].date &&
          std::all_of(indices.begin() + static_cast<std::ptrdiff_t>(first) + 1, indices.end(), is_extreme) &&
          indices.size() - first <= 3) {
        CheckDistances(text, sentence, indices[first], findings);
      }
    }
  }
  std::erase_if(indices, [](const PriceIndex& index) { return index.value && !index.date; });
}

}  // namespace ytterby
