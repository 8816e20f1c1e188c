#include "consumers/prices/price_columns.hpp"

#include <fmt/format.h>
#include <re2/re2.h>

#include <algorithm>

#include "common/text/dates.hpp"
#include "common/text/utf8.hpp"
#include "schemas/vocabulary/products.hpp"

namespace ytterby {
namespace {

// Reads a price column's time and statistic.
void ReadTime(const PriceContext& context, PriceHeader& header) {
  static const RE2 kDay(R"((?:((?:19|20)\d\d)年)?(\d{1,2})月(\d{1,2})日)");
  static const RE2 kMonth(R"((?:((?:19|20)\d\d)年)?(\d{1,2})月)");
  static const RE2 kYear(R"(((?:19|20)\d\d)年)");
  const std::string& cell = header.folded;
  std::string year_digits;
  int month = 0, day = 0;
  const auto year_for = [&](int of_month) {
    if (!year_digits.empty()) return std::stoi(year_digits);
    if (context.month) return of_month <= context.month->month ? context.month->year : context.month->year - 1;
    return YearForMonth(of_month, std::nullopt, context.issue);
  };
  if (RE2::PartialMatch(cell, kDay, &year_digits, &month, &day)) {
    header.statistic = "spot";
    header.period = IsoDate(year_for(month), month, day).value_or("");
    return;
  }
  std::optional<std::string> period;
  if (RE2::PartialMatch(cell, kMonth, &year_digits, &month)) {
    if (year_digits.empty()) RE2::PartialMatch(cell, kYear, &year_digits);  // 2025年月均价 above 6月
    period = IsoMonth(year_for(month), month);
  } else if (context.month) {
    const bool before = HasWord(cell, "上月") || HasWord(cell, "上期");
    const int m = before ? (context.month->month + 10) % 12 + 1 : context.month->month;
    period = IsoMonth(before && context.month->month == 1 ? context.month->year - 1 : context.month->year, m);
  }
  const bool mean = HasWord(cell, "均");
  if (HasWord(cell, "月初") || HasWord(cell, "期初")) {
    header.statistic = "month_open";
  } else if (HasWord(cell, "月末") || HasWord(cell, "月底") || HasWord(cell, "期末")) {
    header.statistic = "month_close";
  } else if (HasWord(cell, "挂牌") || HasWord(cell, "出厂") || (context.list_prices && !mean)) {
    header.statistic = "list_price";
    if (context.quarter) period = context.quarter;
  } else if (context.day && month == 0 && !HasWord(cell, "月")) {
    header.statistic = "spot";
    period = context.day;
  } else {
    header.statistic = "month_average";
  }
  header.period = period.value_or("");
}

// One column's name at the start of the rest of a header; its groups tell which kind it is.
const RE2& HeaderPattern() {
  static const RE2 pattern(
      // 1 serial 2 product 3 purity 4 unit 5 other numbers 6 yoy 7 mom 8 price
      R"((序号|编号|No\.?|NO\.?)|()" + std::string(kProductColumnNames) +
      R"()|(纯度|规格|品级|含量|牌号)|(计量单位|计价单位|单位)|)"
      R"(((?:最高|最低)价?格?|涨跌[额值]|涨跌(?:\((?:万?元)[^)]*\))|备注|价格区间|价格范围|区间)|(同比[^\d,|环]{0,15})|)"
      R"((环比[^\d,|同]{0,15}|月?涨跌幅度?|月?[涨跌]幅|变化幅度|变化|变动|涨跌|幅度)|)"
      R"(((?:(?:(?:19|20)\d\d年)?\d{1,2}月(?:\d{1,2}日|初|末|底|份)?|(?:19|20)\d\d年|上月|本月|当月|上期|本期|当期|月初|月末|期初|)"
      R"(期末)?(?:的)?(?:挂牌|出厂|销售|结算)?(?:平均价格?|均价|价格|报价|平均|价)|(?:(?:19|20)\d\d年)?\d{1,2}月份?(?:\d{1,2}日)?|)"
      R"([上本]月))");
  return pattern;
}

PriceHeader HeaderOf(const re2::StringPiece groups[], std::string_view whole, const PriceContext& context) {
  static constexpr PriceColumn kKinds[] = {PriceColumn::kSerial, PriceColumn::kProduct, PriceColumn::kPurity,
                                           PriceColumn::kUnit,   PriceColumn::kOther,   PriceColumn::kYoy,
                                           PriceColumn::kMom,    PriceColumn::kPrice};
  static const RE2 kUnit(R"((万元/吨|元/吨|元/公斤|元/千克|元/kg|元/KG))");
  PriceHeader header;
  header.folded = whole;
  for (int i = 1; i <= 8; ++i) {
    if (!groups[i].empty()) header.column = kKinds[i - 1];
  }
  RE2::PartialMatch(header.folded, kUnit, &header.unit);
  if (header.column == PriceColumn::kPrice) ReadTime(context, header);
  return header;
}

}  // namespace

std::vector<PriceHeader> ReadPriceHeader(const std::vector<TableCell>& cells, bool ruled, const PriceContext& context) {
  std::vector<PriceHeader> columns;
  re2::StringPiece groups[9];
  if (ruled) {
    for (const TableCell& cell : cells) {
      const re2::StringPiece text(cell.folded);
      if (HeaderPattern().Match(text, 0, text.size(), RE2::UNANCHORED, groups, 9)) {
        columns.push_back(HeaderOf(groups, cell.folded, context));
      } else {
        columns.push_back({PriceColumn::kOther, cell.folded, "", "", ""});
      }
    }
  } else {
    // Names contain spaces and a narrow cell spans several lines, so the names themselves divide the header.
    std::string all;
    for (const TableCell& cell : cells) all += cell.folded;
    const re2::StringPiece text(all);
    for (std::size_t from = 0;
         from < all.size() && HeaderPattern().Match(text, from, all.size(), RE2::UNANCHORED, groups, 9);) {
      const std::size_t begin = static_cast<std::size_t>(groups[0].data() - all.data());
      from = begin + groups[0].size();
      // 均价（万元/吨）: the text in brackets belongs to the name.
      const std::size_t close = all.compare(from, 1, "(") == 0 ? all.find(')', from) : std::string::npos;
      if (close != std::string::npos && close - from < 40) from = close + 1;
      columns.push_back(HeaderOf(groups, std::string_view(all).substr(begin, from - begin), context));
    }
  }
  const auto count = [&](PriceColumn column) {
    return std::count_if(columns.begin(), columns.end(),
                         [&](const PriceHeader& header) { return header.column == column; });
  };
  if (count(PriceColumn::kProduct) != 1 || count(PriceColumn::kPrice) == 0) return {};
  return columns;
}

}  // namespace ytterby
