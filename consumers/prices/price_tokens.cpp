#include "consumers/prices/price_tokens.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <re2/re2.h>

#include <algorithm>
#include <cstdlib>

#include "common/text/utf8.hpp"
#include "consumers/reading/patterns.hpp"
#include "schemas/vocabulary/products.hpp"

namespace ytterby {
namespace {

// The X of 氧化X and X铁: characters with the metal radical except 铁, since 氧化铁 and the like are traded themselves.
#define YT_METAL "[\\x{9485}-\\x{94C0}\\x{94C2}-\\x{9576}]"
// clang-format off
#define YT_UNIT \
  "万(?:元(?:/(?:公?吨|t)|每吨)|/吨|美元/(?:公?吨|t))|" \
  "元(?:/(?:公?吨|公斤|千克|kg|KG|Kg|㎏|t)|每(?:吨|公斤))|美元/(?:公斤|千克|kg|吨)|" \
  "(?:RMB|CNY|yuan)/(?:mt|kg)|USD/(?:kg|mt)"
// clang-format on
#define YT_NUMBER "\\d+(?:,\\d{3})*(?:\\.\\d+)?"

// Three patterns rather than one: each is small enough for RE2 to find groups fast. If two match at the same place, the
// earlier pattern wins.
enum Pattern : std::size_t { kNames, kDamagedNames, kTimes, kNumbers };

enum NameGroup { kPurity = 1, kName, kPurityAfter, kOther };
const RE2& NamePattern() {
  static const RE2 pattern(
      // purity, product, purity in brackets after it; products that have no price records
      std::string("(?:(\\d{2}(?:\\.\\d+)?%)的?)?(中钇富" YT_METAL "矿|稀土精矿|(?:氧化|金属)" YT_METAL "{1,2}|" YT_METAL
                  "{1,2}(?:铁合金|铁|金属|合金|氧化物))(?:\\((≥?\\d{2}(?:\\.\\d+)?%)\\))?") +
      "|(" + fmt::format("{}", fmt::join(OtherProducts(), "|")) + ")");
  return pattern;
}

// The element's character is anything, but what it is the price of is certain: 氧化销均价, 久铁均价,
// 中包富销矿10月份均价.
enum DamagedNameGroup { kDamagedPurity = 1, kOre, kDamagedName };
const RE2& DamagedNamePattern() {
  static const RE2 pattern(
      "(?:(\\d{2}(?:\\.\\d+)?%)[\\d%和的]?)?(?:(中\\p{Han}富\\p{Han}矿)|((?:氧化|金属)\\p{Han}{1,2}?|\\p{Han}{1,2}?铁)"
      "(?:\\p{Han}?月)?(?:均价|平均价))");
  return pattern;
}

enum TimeGroup {
  kYear = 1,
  kMonth,
  kDay,
  kEndMonth,
  kMonthEnd,
  kOpenMonth,
  kMonthOpen,
  kBareDay,
  kSpan,
  kYearOfMonth,
  kMonthAlone,
  kYearOfQuarter,
  kQuarter
};
const RE2& TimePattern() {
  static const RE2 pattern(
      // a day
      "(?:((?:19|20)\\d\\d)年)?(\\d{1,2})月(\\d{1,2})日"
      // a month's end, a month's start
      "|(\\d{1,2})月份?[末底]|(月末|月底)"
      "|(\\d{1,2})月份?初|(月初)"
      // a day without its month
      "|(?:截[至止]|到)本?月?(\\d{1,2})日"
      // more than a month: 1-6月, 上半年
      "|(\\d{1,2}月?[-~至](?:\\d{1,2})月|[上下]半年|前[一二三四]季度|全年|年均)"
      // a month, a quarter
      "|(?:((?:19|20)\\d\\d)年)?(\\d{1,2})月"
      "|(?:((?:19|20)\\d\\d)年)?第?([一二三四1-4])季度");
  return pattern;
}

enum NumberGroup { kEarlier = 1, kNumber, kRangeEnd, kUnit, kPerWhat, kPerNumber, kPerCurrency, kPercent, kUnchanged };
const RE2& NumberPattern() {
  static const RE2 pattern(
      // earlier numbers without their own unit, the number, the end of a range, the unit
      "((?:" YT_NUMBER "万?元?[、和]|\\d+\\.\\d+万?元?,)*)(" YT_NUMBER ")(?:万?(?:" YT_UNIT ")?[-~至到](" YT_NUMBER
      "))?(" YT_UNIT
      ")"
      // 每公斤850元
      "|每(公斤|千克|吨)(?:报|为|约|售|价|均|在)*(" YT_NUMBER
      ")(万元|元|万美元|美元)"
      "|([-+]?\\d+(?:\\.\\d+)?)%"
      "|(持平)");
  return pattern;
}

using Groups = std::array<std::string_view, 16>;

int ToInt(std::string_view digits) { return std::atoi(std::string(digits).c_str()); }

void FillName(const Groups& g, PriceToken& token) {
  token.kind = g[kOther].empty() ? PriceTokenKind::kProduct : PriceTokenKind::kOtherProduct;
  token.product = g[kName];
  token.purity = g[kPurity].empty() ? g[kPurityAfter] : g[kPurity];
}

void FillDamagedName(const Groups& g, PriceToken& token) {
  token.kind = PriceTokenKind::kProduct;
  token.product = g[kOre].empty() ? g[kDamagedName] : g[kOre];
  token.purity = g[kDamagedPurity];
  // 份镝铁, 中镝铁: what stands before a right name is not part of it.
  constexpr std::size_t kCharacter = 3;
  if (token.product.size() > 2 * kCharacter && ProductFromPrinted(token.product.substr(kCharacter)))
    token.product.remove_prefix(kCharacter);
}

void FillTime(const Groups& g, PriceToken& token) {
  const auto month_of = [&](int group) {
    token.month = g[static_cast<std::size_t>(group)].empty() ? 0 : ToInt(g[static_cast<std::size_t>(group)]);
  };
  if (!g[kDay].empty()) {
    token.kind = PriceTokenKind::kDay;
    token.year = g[kYear];
    month_of(kMonth);
    token.day = ToInt(g[kDay]);
  } else if (!g[kEndMonth].empty() || !g[kMonthEnd].empty()) {
    token.kind = PriceTokenKind::kMonthEnd;
    month_of(kEndMonth);
  } else if (!g[kOpenMonth].empty() || !g[kMonthOpen].empty()) {
    token.kind = PriceTokenKind::kMonthOpen;
    month_of(kOpenMonth);
  } else if (!g[kBareDay].empty()) {
    token.kind = PriceTokenKind::kBareDay;
    token.day = ToInt(g[kBareDay]);
  } else if (!g[kSpan].empty()) {
    token.kind = PriceTokenKind::kSpan;
  } else if (!g[kMonthAlone].empty()) {
    token.kind = PriceTokenKind::kMonth;
    token.year = g[kYearOfMonth];
    month_of(kMonthAlone);
  } else {
    token.kind = PriceTokenKind::kQuarter;
    token.year = g[kYearOfQuarter];
    token.quarter = g[kQuarter];
  }
}

void FillNumber(const Groups& g, PriceToken& token) {
  if (!g[kUnit].empty()) {
    token.kind = PriceTokenKind::kPrice;
    token.earlier = g[kEarlier];
    token.number = g[kNumber];
    token.range_end = g[kRangeEnd];
    token.unit = g[kUnit];
  } else if (!g[kPerCurrency].empty()) {
    token.kind = PriceTokenKind::kPrice;
    token.number = g[kPerNumber];
    token.unit = fmt::format("{}/{}", g[kPerCurrency], g[kPerWhat]);
  } else if (!g[kPercent].empty()) {
    token.kind = PriceTokenKind::kPercent;
    token.number = g[kPercent];
  } else {
    token.kind = PriceTokenKind::kUnchanged;
  }
}

}  // namespace

const PriceTokens::Cursor& PriceTokens::Search(std::size_t pattern) {
  Cursor& cursor = cursors_[pattern];
  const bool behind =
      cursor.groups[0].data() && static_cast<std::size_t>(cursor.groups[0].data() - sentence_.data()) < from_;
  if (cursor.searched && !behind) return cursor;
  cursor.searched = true;
  cursor.groups = {};
  const RE2& re = pattern == kNames          ? NamePattern()
                  : pattern == kDamagedNames ? DamagedNamePattern()
                  : pattern == kTimes        ? TimePattern()
                                             : NumberPattern();
  std::array<re2::StringPiece, 16> groups;
  const int count = re.NumberOfCapturingGroups() + 1;
  if (re.Match(Piece(sentence_), from_, sentence_.size(), RE2::UNANCHORED, groups.data(), count)) {
    for (std::size_t i = 0; i < static_cast<std::size_t>(count); ++i)
      cursor.groups[i] = {groups[i].data(), groups[i].size()};
  }
  return cursor;
}

std::optional<PriceToken> PriceTokens::Next() {
  if (from_ >= sentence_.size()) return std::nullopt;
  const Groups* first = nullptr;
  std::size_t which = 0;
  for (std::size_t pattern = 0; pattern < kPatterns; ++pattern) {
    if (pattern == kDamagedNames && !damaged_names_) continue;
    const Groups& groups = Search(pattern).groups;
    if (!groups[0].data() || (first && groups[0].data() >= (*first)[0].data())) continue;
    first = &groups;
    which = pattern;
  }
  if (!first) return std::nullopt;
  PriceToken token;
  token.begin = static_cast<std::size_t>((*first)[0].data() - sentence_.data());
  token.end = token.begin + (*first)[0].size();
  if (which == kNames) FillName(*first, token);
  if (which == kDamagedNames) {
    FillDamagedName(*first, token);
    token.end = static_cast<std::size_t>(token.product.data() + token.product.size() - sentence_.data());
  }
  if (which == kTimes) FillTime(*first, token);
  if (which == kNumbers) FillNumber(*first, token);
  from_ = std::max(token.end, token.begin + 1);
  return token;
}

std::optional<BetweenTail> BetweenTailOf(std::string_view after_price) {
  static const RE2 kBetween("^(?:和(" YT_NUMBER ")(?:" YT_UNIT "))?(?:之间|区间)");
  if (!after_price.starts_with("和") && !after_price.starts_with("之间") && !after_price.starts_with("区间"))
    return std::nullopt;
  re2::StringPiece upper;
  if (!RE2::PartialMatch(Piece(after_price), kBetween, &upper)) return std::nullopt;
  return BetweenTail{{upper.data(), upper.size()}};
}

bool NamesUnlistedProduct(std::string_view clause) {
  PriceTokens tokens(clause);
  bool unlisted = false;
  while (const auto token = tokens.Next()) {
    if (token->kind == PriceTokenKind::kOtherProduct) unlisted = true;
    if (token->kind == PriceTokenKind::kProduct) unlisted = !ProductFromPrinted(token->product);
  }
  return unlisted;
}

PriceUnit PriceUnitOf(std::string_view printed) {
  const bool dollars = HasWord(printed, "美元") || HasWord(printed, "USD");
  const bool per_ton = HasWord(printed, "吨") || printed.ends_with("mt");
  if (dollars) return {printed, HasWord(printed, "万") ? "10kUSD/t" : per_ton ? "USD/t" : "USD/kg", std::nullopt};
  if (HasWord(printed, "万")) return {printed, "10kCNY/t", 1};
  if (per_ton) return {printed, "CNY/t", -3};
  return {printed, "CNY/kg", 0};
}

}  // namespace ytterby
