// Splits a table's line into cells: at tabs or pipes, or at spaces if it has neither.
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
  std::vector<Span> rest = {};  // further pieces of a cell that wraps
  // The cell covers this place as well as the one to its left, or the one above.
  bool from_left = false, from_above = false;
};

// All pieces of a cell, and its printed words.
std::vector<Span> PiecesOf(const TableCell& cell);
std::string WordsOf(std::string_view text, const TableCell& cell);

// True if tabs or pipes separate the cells, so that empty cells keep their column.
bool IsRuled(std::string_view line);
// Ruled lines keep their empty cells (except outside the outer pipes); other lines have none.
std::vector<TableCell> CellsOf(std::string_view text, const Line& line);

// A line of a section's body split into cells: ruled by tabs or pipes, separated by spaces, or an HTML <tr>.
struct TableLine {
  Span span;
  bool ruled = false;
  std::vector<TableCell> cells;
};
// The body's lines without blank lines, furniture and rules under a header (---|---). A line of prose is one cell. In
// HTML, a cell stands at every place that it covers, and two rows of heads that a rowspan joins are one row.
std::vector<TableLine> ReadTableLines(const Section& section);

// A run of ruled lines: a header and rows, perhaps split by a page break with a heading between the halves; or a table
// whose columns white space divides.
struct RuledTable {
  std::string caption;  // folded; the line before the table
  std::vector<TableCell> header;
  std::vector<std::vector<TableCell>> rows;
};
std::vector<RuledTable> ReadRuledTables(const Section& section);

// The plain number in a cell, without its percent sign, plus sign and thousands separators. Records its spans under
// `field`, and a rule if it is printed in another form.
std::string NumberOf(std::string_view text, const TableCell& cell, FieldName field, Provenance& provenance);

bool IsFurnitureLine(const Section& section, const Line& line);

}  // namespace ytterby
