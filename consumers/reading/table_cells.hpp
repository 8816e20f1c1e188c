// Cells of a table's line: by tab or pipe; where there is neither, by spaces.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/text/lines.hpp"
#include "schemas/events/section.hpp"
#include "schemas/records/record.hpp"

namespace ytterby {

struct TableCell {
  Span span;  // in the section; empty for an empty cell of a ruled table
  std::string folded;
};

// True when tabs or pipes part the cells, so that empty cells keep their column.
bool IsRuled(std::string_view line);
// Ruled lines keep their empty cells (but for the outer pipes), others have none.
std::vector<TableCell> CellsOf(std::string_view text, const Line& line);

// A line of a section's body as cells: ruled by tab or pipe, by spaces, or a <tr> of HTML.
struct TableLine {
  Span span;
  bool ruled = false;
  std::vector<TableCell> cells;
};
// The body's lines but for blank ones and furniture; rules under a header (---|---) are left out. Lines of prose are
// one cell.
std::vector<TableLine> ReadTableLines(const Section& section);

// A run of ruled lines: header and rows, perhaps cut by a page break with a heading between the halves.
struct RuledTable {
  std::string caption;  // folded, of the paragraph before
  std::vector<TableCell> header;
  std::vector<std::vector<TableCell>> rows;
};
std::vector<RuledTable> ReadRuledTables(const Section& section);

// The plain number of a cell, its percent sign, plus sign and thousands separators dropped. Notes its spans under
// `field`, and a rule where it is printed in another form.
std::string NumberOf(std::string_view text, const TableCell& cell, FieldName field, Provenance& provenance);

bool IsFurnitureLine(const Section& section, const Line& line);

}  // namespace ytterby
