// What the readers of quota tables share: which cells name kinds and groups, which are figures.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "common/decimal.hpp"
#include "consumers/policies/quota_table.hpp"

namespace ytterby {

bool NamesCategory(std::string_view head);  // a kind of quota: 岩矿型, 冶炼分离
bool NamesGroups(std::string_view head);    // the column of groups, enterprises or provinces
bool IsTotal(std::string_view name);        // 合计
bool IsNumber(const TableCell& cell);
bool IsEmptyMark(const TableCell& cell);  // a dash where the table has no figure

// 0 for an empty cell and for one that is not a number.
Decimal ValueOf(const std::optional<TableCell>& cell);
// The span of a name without 其中： before it.
Span WithoutInside(std::string_view text, Span span);
// Adds 总计 below 合计, in a table that does not say which columns it joins: the sum of the mining columns is their
// total. Adds nothing if no cell is that sum.
void AddGrandTotal(const std::vector<TableCell>& cells, QuotaTable& table, QuotaRow row);

}  // namespace ytterby
