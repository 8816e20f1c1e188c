// Variants of a bulletin as other producers of its text would have made it: what they must not change is stated beside
// each.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "consumers/reading/table_cells.hpp"

namespace ytterby::testing {

// A variant whose records are those of the original, but for the form of what is printed (widths, radicals, spaces).
struct Mutation {
  std::string name;
  std::string text;
};

// All that change nothing but how the text is written down. `seed` chooses places and widths.
std::vector<Mutation> HarmlessMutations(const std::string& text, std::uint64_t seed);

// The bytes of the text in another character set: UTF-8 with a mark, UTF-16 in both orders, GB18030.
std::vector<Mutation> InOtherCharacterSets(const std::string& text);

// A row of a price table that stands on one line: a product's name, numbers, a percentage.
struct PriceRow {
  Span line;                     // with its line end
  std::vector<TableCell> cells;  // the name first
};
std::vector<PriceRow> PriceRowsOf(const std::string& text);

// The row's name with its last element character replaced; empty where the row prints `element` already.
std::string WithDamagedName(const std::string& text, const PriceRow& row, const std::string& element);
// Another first digit in the row's price number `which`, 0 the first; empty where there is no such price.
std::string WithDamagedPrice(const std::string& text, const PriceRow& row, std::size_t which);
// The price table with its last column right behind the name, header and rows alike; the text as it is where no tabs
// part its cells.
std::string WithColumnsTurned(const std::string& text);
// The text as that of another issue: 第 NUMBER 期 wherever a number stands.
std::string WithIssueNumber(const std::string& text, int number);
std::string WithoutRow(const std::string& text, const PriceRow& row);
// No white space at any line's end: where it marked the ends of paragraphs, those are to be seen by the lines' width
// alone.
std::string WithoutTrailingSpaces(const std::string& text);
std::string WithoutBytes(const std::string& text, Span span);
// The text with contents of its articles' titles in place of the contents it has, or behind its masthead where it has
// none: with page numbers behind leaders, with bullets, and as bare lines. Empty where no issue is found.
std::vector<Mutation> WithContents(const std::string& text);
// The page's head, as the text prints it, between the first and the second line of a title; empty where the text has
// none.
std::string WithHeaderInTitle(const std::string& text, Span first_line);

}  // namespace ytterby::testing
