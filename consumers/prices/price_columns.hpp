// The header of a price table: what each column holds.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "consumers/reading/section_text.hpp"
#include "consumers/reading/table_cells.hpp"

namespace ytterby {

enum class PriceColumn {
  kSerial,   // 序号
  kProduct,  // 产品名
  kPurity,   // 纯度, 规格
  kUnit,     // 单位
  kPrice,    // 2024年1月平均价, 上月均价, 月末价格, 挂牌价 …
  kMom,      // 环比
  kYoy,      // 同比
  kOther,    // a number that is none of these: 最高价, 涨跌额
};

struct PriceHeader {
  PriceColumn column = PriceColumn::kOther;
  std::string folded;
  std::string statistic, period;  // of a price; an empty period: the header gives no time that can be read
  std::string unit;               // as printed in the header, else empty
};

// The context in which the columns' names are read.
struct PriceContext {
  std::optional<YearMonth> month;      // from the title, else from the caption
  std::optional<std::string> day;      // ISO, from the title or caption
  std::optional<std::string> quarter;  // 2023-Q3
  bool list_prices = false;            // 挂牌价 in title or caption
  std::optional<IssueYear> issue;
};

// The columns that a header names, in order; empty if there is no product or no price among them. In a ruled header
// each cell is a column. Otherwise the names themselves divide the header, since they contain spaces and a narrow cell
// spans several lines.
std::vector<PriceHeader> ReadPriceHeader(const std::vector<TableCell>& cells, bool ruled, const PriceContext& context);

}  // namespace ytterby
