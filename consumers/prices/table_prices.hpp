// Turns a price table's rows into prices: names by evidence, units, changes and the checks of a row. price_table.cpp
// reads the rows from the text.
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
  std::vector<std::optional<TableCell>> values;  // one per column; none for purity, serial and product
  bool damaged = false;                          // the cells do not fit the columns
};

struct PriceTable {
  std::vector<PriceHeader> columns;
  Span header;
  std::string unit, unit_printed;
  std::vector<PriceRow> rows;
  // More than 0: the rows are the association's, all there and in order, whatever their names look like; so many of
  // them show something that fits their place.
  std::size_t placed = 0;
};

// 万元/吨 is 10kCNY/t, 元/吨 CNY/t; any other is CNY/kg.
std::string PriceUnitNamed(std::string_view printed);

// Adds the prices of a section's tables, and findings about their rows. There must be at least one table, and every
// table must have rows.
void AddTablePrices(const Section& section, std::vector<PriceTable> tables, TableFacts& facts);

}  // namespace ytterby
