// What page breaks leave in a text, told by repetition and place: page numbers, stamps, headers and footers. Each works
// on lines that ClassifyLines has read one by one.
#pragma once

#include <string_view>

#include "producers/sections/line_kinds.hpp"

namespace ytterby {

// A number without any mark that says what it counts.
bool IsBareNumber(std::string_view trimmed);

// Marks bare numbers that count the pages: at least four, each one more than the last, a page apart. A table's serial
// numbers are closer together.
void MarkBarePageNumbers(std::string_view text, LineTable& table);

// Marks stamps: a short line without a sentence that comes again, but for its numbers, at the top or foot of at least
// three pages, and hardly anywhere else.
void MarkStamps(std::string_view text, LineTable& table);

// Finds the headings that name categories, and the lines from which they hold: those of a footer hold for the page
// above.
void FindHeadings(std::string_view text, LineTable& table);

}  // namespace ytterby
