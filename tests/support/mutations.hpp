// Variants of a bulletin as other producers of its text would have made them.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "consumers/reading/table_cells.hpp"

namespace ytterby::testing {

// A variant with the same records as the original, apart from how values are printed (widths, radicals, spaces).
struct Mutation {
  std::string name;
  std::string text;
};

// All variants that change only how the text is rendered. `seed` chooses positions and widths.
std::vector<Mutation> HarmlessMutations(const std::string& text, std::uint64_t seed);

// The bytes of the text in other encodings: UTF-8 with a byte order mark, UTF-16 in both byte orders, GB18030.
std::vector<Mutation> InOtherCharacterSets(const std::string& text);

// A row of a price table on one line: product name, numbers, a percentage.
struct PriceRow {
  Span line;                     // including its line end
  std::vector<TableCell> cells;  // the name first
};
std::vector<PriceRow> PriceRowsOf(const std::string& text);

// The text with the last element character of the row's name replaced; empty if the row already prints `element`.
std::string WithDamagedName(const std::string& text, const PriceRow& row, const std::string& element);
// The text with a different first digit in the row's price number `which` (from 0); empty if there is no such price.
std::string WithDamagedPrice(const std::string& text, const PriceRow& row, std::size_t which);
// The text with the last column of the price table moved directly after the name, in header and rows; unchanged if its
// cells are not separated by tabs.
std::string WithColumnsTurned(const std::string& text);
// The text as another issue: 第 NUMBER 期 wherever an issue number is printed.
std::string WithIssueNumber(const std::string& text, int number);
std::string WithoutRow(const std::string& text, const PriceRow& row);
// The text without white space at line ends: if it marked the ends of paragraphs, only the line widths show them now.
std::string WithoutTrailingSpaces(const std::string& text);
std::string WithoutBytes(const std::string& text, Span span);
// The text with a table of contents made from its article titles, replacing its own contents or, if it has none, after
// its masthead: with leaders and page numbers, with bullets, and as bare lines. Empty if no single issue is found.
std::vector<Mutation> WithContents(const std::string& text);
// The text with its page header inserted between the first and second line of a title; empty if it has no page header.
std::string WithHeaderInTitle(const std::string& text, Span first_line);

}  // namespace ytterby::testing
