// Quota tables: one row per group, province or enterprise, one column per kind of mining or separation.
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
  std::string placed_by;                         // the rule that placed its values, if empty cells are not printed
};

struct QuotaTable {
  std::string caption;  // folded
  std::vector<QuotaColumn> columns;
  std::vector<QuotaRow> rows;
  // Rows whose numbers fit the columns in more than one way; they have no values.
  std::vector<QuotaRow> undecided;
};

// The kind of quota that the words name: 岩矿型, 离子型, 冶炼分离, else mining.
std::string_view QuotaCategoryOf(std::string_view folded);

// Reads ruled tables (with tabs or pipes, one or two header rows), and tables as text: one cell per line, or cells
// separated by spaces, where empty cells vanish and the column sums tell which column a number belongs to.
std::vector<QuotaTable> ReadQuotaTables(const Section& section);

}  // namespace ytterby
