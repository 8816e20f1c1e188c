#include "consumers/policies/document_dates.hpp"

#include <re2/re2.h>

#include <algorithm>

#include "common/text/dates.hpp"
#include "common/text/utf8.hpp"
#include "consumers/reading/patterns.hpp"

namespace ytterby {
namespace {

int NumberOf(const re2::StringPiece& piece) { return ParseNumeral(View(piece)).value_or(0); }

#define YT_YEAR "((?:19|20)\\d\\d|[一二][〇零一二三四五六七八九]{3})年"
#define YT_MONTH "(\\d{1,2}|[一二三四五六七八九十]{1,2})月"
#define YT_DAY "(\\d{1,2}|[一二三四五六七八九十廿卅]{1,3})日"

// The position of the next digit or Chinese numeral, with which every date begins; `limit` if none.
std::size_t NextNumeral(std::string_view sentence, std::size_t from, std::size_t limit) {
  constexpr std::u32string_view kNumerals = U"一二三四五六七八九十";
  for (std::size_t at = from; at < limit;) {
    const CodePoint c = DecodeUtf8(sentence, at);
    if ((c.value >= '0' && c.value <= '9') ||
        (c.value >= U'一' && kNumerals.find(c.value) != std::u32string_view::npos))
      return at;
    at += c.length;
  }
  return limit;
}

}  // namespace

std::optional<DatePhrase> DateBefore(std::string_view sentence, std::size_t limit,
                                     const std::optional<IssueYear>& issue, bool from_on) {
  static const RE2 kDate("(?:" YT_YEAR ")?(?:" YT_MONTH "(?:" YT_DAY ")?)?(起)?");
  std::optional<DatePhrase> last;
  re2::StringPiece g[5];
  for (std::size_t from = NextNumeral(sentence, 0, limit); from < limit; from = NextNumeral(sentence, from, limit)) {
    if (!kDate.Match(Piece(sentence), from, limit, RE2::ANCHOR_START, g, 5) || g[0].empty()) {
      from += DecodeUtf8(sentence, from).length;
      continue;
    }
    from += g[0].size();
    if ((!g[4].empty() && !from_on) || (g[1].empty() && g[2].empty())) continue;
    if (g[2].empty()) {
      if (sentence.substr(from).starts_with("本)") || sentence.substr(from).starts_with("度")) continue;
      if (!last || last->year_only) last = DatePhrase{std::to_string(NumberOf(g[1])), true, true, View(g[0])};
      continue;
    }
    const int month = NumberOf(g[2]);
    const std::optional<int> stated = !g[1].empty()             ? std::optional<int>(NumberOf(g[1]))
                                      : last && last->year_only ? std::optional<int>(std::atoi(last->iso.c_str()))
                                                                : std::nullopt;
    const int year = YearForMonth(month, stated, issue);
    const auto iso = g[3].empty() ? IsoMonth(year, month) : IsoDate(year, month, NumberOf(g[3]));
    const std::size_t size = g[0].size() - (g[4].empty() ? 0 : g[4].size());
    if (iso) last = DatePhrase{*iso, false, !g[1].empty(), View(g[0]).substr(0, size)};
  }
  return last;
}

std::optional<EffectPhrase> EffectIn(std::string_view sentence, const std::optional<std::string>& issued,
                                     const std::optional<IssueYear>& issue) {
  static const RE2 kFrom("((?:" YT_YEAR ")?" YT_MONTH YT_DAY
                         ")起?(?:,)?(?:《[^》]*》)?(?:将|已)?(?:正式|开始|全面)*(?:施行|实施|执行|生效)");
  static const RE2 kAtOnce(
      R"(((?:自|于|从)?(?:公布|发布|印发|公告|颁布|签署|下发)之日起?(?:正式)?(?:施行|实施|执行|生效)))");
  re2::StringPiece printed, year, month, day;
  if (!HasWord(sentence, "施行") && !HasWord(sentence, "实施") && !HasWord(sentence, "执行") &&
      !HasWord(sentence, "生效"))
    return std::nullopt;
  if (RE2::PartialMatch(Piece(sentence), kFrom, &printed, &year, &month, &day)) {
    EffectPhrase phrase{std::nullopt, !year.empty(), View(printed)};
    const int m = NumberOf(month), d = NumberOf(day);
    int y = year.empty() ? 0 : NumberOf(year);
    if (year.empty() && issued && issued->size() >= 7) {
      // A document takes effect no earlier than it is issued.
      y = std::atoi(issued->substr(0, 4).c_str());
      if (m < std::atoi(issued->substr(5, 2).c_str())) ++y;
    } else if (year.empty() && issue) {
      y = issue->number - m > 6 && issue->number <= 12 ? issue->year + 1 : issue->year;
    }
    phrase.iso = IsoDate(y, m, d);
    if (phrase.iso) return phrase;
  }
  if (RE2::PartialMatch(Piece(sentence), kAtOnce, &printed)) return EffectPhrase{std::nullopt, true, View(printed)};
  return std::nullopt;
}

std::optional<std::string> DayAlone(std::string_view paragraph) {
  static const RE2 kDay("(?:" YT_YEAR ")" YT_MONTH YT_DAY);
  re2::StringPiece year, month, day;
  if (paragraph.size() > 60 || !RE2::FullMatch(Piece(paragraph), kDay, &year, &month, &day)) return std::nullopt;
  return IsoDate(NumberOf(year), NumberOf(month), NumberOf(day));
}

}  // namespace ytterby
