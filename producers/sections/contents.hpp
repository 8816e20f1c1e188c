// The front of an issue: cover (masthead) and table of contents, and where the first article begins.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "producers/sections/line_kinds.hpp"

namespace ytterby {

// Pairs of neighbouring characters, sorted: the measure of likeness.
using CharacterPairs = std::vector<std::uint64_t>;
CharacterPairs PairsOf(std::string_view letters);

struct ContentsEntry {
  std::string letters;  // FoldLetters of the title
  std::optional<Category> category;
  CharacterPairs pairs;
};

struct Front {
  std::size_t masthead_end = 0;  // lines [first, masthead_end) are the masthead
  std::size_t body_begin = 0;    // lines [masthead_end, body_begin) are the contents
  std::vector<ContentsEntry> entries;
  std::vector<Category> categories;  // those the contents name
  std::optional<IssueNumber> issue;  // printed in the masthead
  bool body_by_guess = false;        // no title of the contents was found again
};

// Reads the front of the lines [first, last).
Front ReadFront(std::string_view text, const LineTable& table, std::size_t first, std::size_t last);

// How alike two titles are, 0 to 1, by their pairs of neighbouring characters: OCR damages single characters.
double Likeness(const CharacterPairs& a, const CharacterPairs& b);

}  // namespace ytterby
