// From a price table's rows to prices: names by evidence, units, changes and the checks of a row. How rows are read
// from the text is price_table.cpp's.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "consumers/prices/parts.hpp"
#include "consumers/prices/price_columns.hpp"
#include "consumers/reading/table_cells.hpp"

namespace ytterby {

// One product's cells, by column.
struct PriceRow {
  TableCell name;
  std::vector<TableCell> purity;
  std::vector<std::optional<TableCell>> values;  // as many as there are columns; of purity, serial and product none
  bool damaged = false;                          // the cells do not fit the columns
};

struct PriceTable {
  std::vector<PriceHeader> columns;
  Span header;
  std::string unit, unit_printed;
  std::vector<PriceRow> rows;
};

// 万元/吨 is 10kCNY/t, 元/吨 CNY/t; any other is CNY/kg.
std::string PriceUnitNamed(std::string_view printed);

// Adds the prices of a section's tables, and what its rows give to notice. There is at least one table, and none is
// without rows.
void AddTablePrices(const Section& section, std::vector<PriceTable> tables, TableFacts& facts);

}  // namespace ytterby
