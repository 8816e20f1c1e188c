// Quota tables: a group, province or enterprise a row, a kind of mining or separation a column.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "consumers/reading/section_text.hpp"
#include "consumers/reading/table_cells.hpp"

namespace ytterby {

struct QuotaColumn {
  std::string category;  // mining-rock | mining-ionic | mining | separation
  std::string header;    // folded
};

struct QuotaRow {
  std::vector<Span> name;                        // without 其中：
  bool total = false;                            // 合计
  bool inside = false;                           // 其中: part of the row above it
  std::vector<std::optional<TableCell>> values;  // by column; nullopt for an empty cell
  std::string placed_by;                         // the rule that placed its values, where empty cells are not printed
};

struct QuotaTable {
  std::string caption;  // folded
  std::vector<QuotaColumn> columns;
  std::vector<QuotaRow> rows;
  // Rows whose values fit more than one way into the columns; they have none.
  std::vector<QuotaRow> undecided;
};

// The kind of quota that words speak of: 岩矿型, 离子型, 冶炼分离, else mining.
std::string_view QuotaCategoryOf(std::string_view folded);

// Ruled tables (by tab or pipe, one or two header rows), and tables as text: a cell a line, or by spaces, where empty
// cells vanish and the column sums tell which column a number belongs to.
std::vector<QuotaTable> ReadQuotaTables(const Section& section);

}  // namespace ytterby
