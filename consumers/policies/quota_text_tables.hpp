// Quota tables without rules, as a text layer prints them: cells one after another.
#pragma once

#include <optional>
#include <vector>

#include "consumers/policies/quota_table.hpp"

namespace ytterby {

// Both read the table whose header begins at cell `at` and move `at` behind it; nullopt if there is none.

// A table printed column by column: all names, then each column's header with a figure or a dash for every name.
std::optional<QuotaTable> QuotaTableByColumns(const std::vector<TableCell>& cells, std::size_t& at);
// A table printed row by row, where empty cells vanish and the sums tell which column a number belongs to. Moves `at`
// past the header even if it is no table.
std::optional<QuotaTable> QuotaTableByRows(const Section& section, const std::vector<TableCell>& cells,
                                           std::size_t& at);

// Whether a cell may begin such a table's header.
bool MayBeginQuotaHeader(const TableCell& cell);

}  // namespace ytterby
