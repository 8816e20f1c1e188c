#include "consumers/prices/price_changes.hpp"

#include <fmt/format.h>
#include <re2/re2.h>

#include <algorithm>
#include <cstdlib>

#include "common/text/utf8.hpp"
#include "consumers/reading/patterns.hpp"

namespace ytterby {
namespace {

// 较2021年6月, 较5月份: the previous month is mom, the same month of the previous year is yoy.
std::optional<std::string> MonthCompared(std::string_view words, const Price* price, std::size_t& at) {
  static const RE2 kCompared(R"((?:较|比)(?:((?:19|20)\d\d)年)?(\d{1,2})月(?:份|的|,|均|价|上|下|涨|跌|$))");
  if (!price || price->period.size() < 7 || price->period[4] != '-' || !HasWord(words, "月")) return std::nullopt;
  re2::StringPiece g[3];
  if (!kCompared.Match(Piece(words), 0, words.size(), RE2::UNANCHORED, g, 3)) return std::nullopt;
  const int month = ToInt(g[2]), own_year = std::atoi(price->period.c_str()),
            own_month = std::atoi(price->period.c_str() + 5);
  const int year = g[1].empty() ? (month < own_month ? own_year : own_year - 1) : ToInt(g[1]);
  at = static_cast<std::size_t>(g[0].data() - words.data());
  if (month == own_month && year == own_year - 1) return "yoy";
  if (year * 12 + month + 1 == own_year * 12 + own_month) return "mom";
  return "";
}

// The later of two positions; npos means none.
std::size_t Later(std::size_t a, std::size_t b) {
  if (a == std::string_view::npos) return b;
  return b == std::string_view::npos ? a : std::max(a, b);
}

}  // namespace

std::optional<std::string> ChangeBasisIn(std::string_view words, const Price* price) {
  const std::size_t year = LastOf(words, {"同比", "去年同期", "上年同期", "去年同月", "上年同月"});
  const std::size_t month = LastOf(words, {"环比", "上月", "前月", "上期", "上个月"});
  const std::size_t quarter = LastOf(words, {"上季度", "一季度", "二季度", "三季度", "四季度", "上一季度"});
  const std::size_t begin =
      LastOf(words, {"月初", "月涨幅", "月跌幅", "月走势", "月份走势", "当月涨幅", "月内", "走势", "月1日"});
  const std::size_t other =
      LastOf(words, {"年初", "上周", "前日", "昨日", "前一日", "周初", "高点", "低点", "年内", "周涨幅", "周跌幅",
                     "日涨幅", "日跌幅", "累计涨幅", "累计跌幅", "单周", "累计", "本周"});
  std::size_t named = std::string_view::npos;
  const auto against = MonthCompared(words, price, named);
  std::size_t last = std::string_view::npos;
  for (std::size_t at : {year, month, quarter, begin, other, named}) last = Later(last, at);
  if (last == std::string_view::npos) return std::nullopt;
  if (last == other && last != begin) return "";
  if (last == named && named != month && named != year) return against;
  if (last == year) return "yoy";
  const bool of_quarter = price && price->period.find('Q') != std::string::npos;
  if (last == month || last == quarter) return of_quarter ? "qoq" : "mom";
  const bool of_day = !price || price->statistic == "month_close" || price->statistic == "spot";
  return of_day ? "month_to_date" : "";
}

std::optional<std::string> BasisInTurn(std::string_view before) {
  if (!HasWord(before, "环比") && !HasWord(before, "较上月")) return std::nullopt;
  static const RE2 kBoth(
      R"(((?:环比|较上月)[、和及与](?:同比|较去年同期|较上年同期)|(?:同比)[、和及与](?:环比))(.*)$)");
  re2::StringPiece both, rest;
  if (!RE2::PartialMatch(Piece(before), kBoth, &both, &rest) || rest.size() >= 60) return std::nullopt;
  const bool second = View(rest).find('%') != std::string_view::npos;
  return View(both).starts_with("同比") != second ? "yoy" : "mom";
}

bool IsChangeAmount(std::string_view before) {
  // 高出镝铁约: such a word in the same clause, at most some 36 characters before the figure.
  constexpr std::size_t kReach = std::size_t{36} * 3 + 6;
  std::string_view clause = before.substr(before.size() - std::min(before.size(), kReach));
  if (const std::size_t mark = LastOf(clause, {",", ";"}); mark != std::string_view::npos) clause.remove_prefix(mark);
  if (HasAnyWord(clause, {"高出", "高于", "低于", "相差", "贵", "便宜"})) return true;
  for (bool again = true; again;) {
    again = false;
    for (std::string_view filler : {"了", "约", "为", "近", "超", "幅度", "大约", "均", "分别", "各", "依次"}) {
      if (before.ends_with(filler)) {
        before.remove_suffix(filler.size());
        again = true;
      }
    }
  }
  return EndsWithAny(before,
                     {"上涨",   "下跌", "下降", "上升", "上调", "下调", "调涨", "调降", "涨",   "跌",   "升",   "降",
                      "增加",   "减少", "增减", "回落", "下滑", "涨幅", "跌幅", "价差", "差价", "浮动", "加价", "运费",
                      "加工费", "提高", "降低", "反弹", "回升", "走高", "走低", "降幅", "增幅", "涨价", "回调"});
}

bool IsReferenceLevel(std::string_view before) {
  // What the pattern can end in.
  if (!EndsWithAny(before,
                   {"初", "月", "年", "期", "周", "度", "末", "底", "份", "日", "的", "价", "格", "均", "平", "为"}))
    return false;
  static const RE2 kLevel(
      R"((?:(?:较|比|由|从|与|自|同)(?:(?:19|20)\d\d年|\d{1,2}月份?|\d{1,2}日)?(?:年初|上月|上年|去年|前年|上个月|前一月|上季度|上周|上期|)"
      R"(前期|同期|同月|第?[一二三四]季度|(?:19|20)\d\d年|\d{1,2}月份?|末|底)(?:年|月|日|同期|同月|末|底|份)*|(?:去年同期|上年同期|)"
      R"(去年同月))(?:的|均价|价格|平均价格?|平均|报价|价|水平|为)*$)");
  return RE2::PartialMatch(Piece(before), kLevel);
}

Direction DirectionIn(std::string_view words) {
  const std::size_t down =
      LastOf(words, {"跌", "降", "减", "回落", "滑", "下调", "缩", "走低", "走弱", "走软", "回吐", "下探"});
  const std::size_t up = LastOf(words, {"涨", "升", "增", "上调", "提高", "走高", "反弹", "扬", "走强", "上行"});
  if (down == up) return Direction::kNone;  // neither
  if (down == std::string_view::npos) return Direction::kUp;
  return up == std::string_view::npos || down > up ? Direction::kDown : Direction::kUp;
}

std::string_view ClauseOfChange(std::string_view before) {
  const std::size_t comma = LastOf(before, {",", ";", "("});
  return comma == std::string_view::npos ? before : before.substr(comma + 1);
}

std::optional<std::string> BasisOfChange(std::string_view before, std::size_t since_price, const Price* price) {
  const std::string_view clause = ClauseOfChange(before);
  if (const auto basis = BasisInTurn(before)) return basis;
  std::optional<std::string> basis = ChangeBasisIn(clause, price);
  if (!basis && since_price < before.size()) basis = ChangeBasisIn(before.substr(since_price), price);
  // A bare 涨幅 at a month's end or on a day is the change over the month.
  if (!basis && price && (price->statistic == "month_close" || price->statistic == "spot") &&
      LastOf(clause, {"涨幅", "跌幅"}) != std::string_view::npos) {
    basis = "month_to_date";
  }
  if (basis && basis->empty()) return std::nullopt;
  return basis;
}

namespace {

// 下降10.3%: the word before the number gives the sign.
void AddChangeProvenance(const SectionText& text, Price& price, FieldName field, const Decimal& change,
                         std::string_view printed) {
  const auto number = Decimal::Parse(printed);
  if (!number) {
    price.provenance.Rule(field, fmt::format("unchanged: {}", printed));
  } else if (!(*number == change)) {
    price.provenance.Rule(field, fmt::format("sign-of-the-word-before: {}", printed));
  }
  text.Code(printed.starts_with('+') ? printed.substr(1) : printed, field, price.provenance);
}

}  // namespace

void SetChange(const SectionText& text, Price& price, Decimal change, const std::string& basis,
               std::string_view printed) {
  if (!price.change_pct) {
    price.change_pct = change;
    price.change_basis = basis;
    AddChangeProvenance(text, price, "change_pct", change, printed);
  } else if (basis == "yoy" && !price.change_yoy_pct) {
    price.change_yoy_pct = change;
    AddChangeProvenance(text, price, "change_yoy_pct", change, printed);
  }
}

}  // namespace ytterby
