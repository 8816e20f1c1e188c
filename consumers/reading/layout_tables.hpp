// Tables whose columns are kept apart by white space, as `pdftotext -layout` prints them.
#pragma once

#include <vector>

#include "consumers/reading/table_cells.hpp"

namespace ytterby {

// The tables with a column of ordinals (序号) whose columns are divided by white space in every row. Cells that wrap
// are joined, and empty cells keep their column.
std::vector<RuledTable> ReadLayoutTables(const Section& section);

}  // namespace ytterby
