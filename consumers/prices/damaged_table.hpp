// The association's monthly table in recognised text whose names are illegible. Its 21 rows always stand in one order,
// so that a table of exactly 21 rows is read by its numbers, if what is legible of names, purities and tags agrees.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "consumers/prices/table_prices.hpp"
#include "schemas/events/section.hpp"

namespace ytterby {

struct DamagedTable {
  Span header;                               // its first line
  std::vector<TableCell> head;               // the words of the header
  std::vector<std::vector<TableCell>> rows;  // name, purity (either may be empty), previous month, month, change
  std::size_t agreeing = 0;                  // how many rows show something that fits their place
};

// The table in the body of a section, over pages; nullopt if there is none, or if anything legible contradicts it.
std::optional<DamagedTable> FindDamagedTable(const Section& section);

}  // namespace ytterby
