// Tables that a text layer gives column by column: all names, then the cells of one or more columns under their heads.
#pragma once

#include <vector>

#include "consumers/reading/table_cells.hpp"

namespace ytterby {

// The lines with every such table turned into a header and rows, as if ruled. Only a table whose columns all have as
// many cells as there are names is turned; other lines stay as they are.
std::vector<TableLine> RowsOfColumnTables(std::vector<TableLine> lines);

}  // namespace ytterby
