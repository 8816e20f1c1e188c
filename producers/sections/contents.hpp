// The front of an issue: cover (masthead) and table of contents, and where the first article begins.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "producers/sections/line_kinds.hpp"

namespace ytterby {

// The pairs of neighbouring characters in a text, by which likeness is measured.
class CharacterPairs {
 public:
  CharacterPairs() = default;
  explicit CharacterPairs(std::string_view letters);
  bool empty() const { return sorted_.empty(); }

  // How alike two texts are, 0 to 1: twice the number of shared pairs over the number of all pairs. It tolerates OCR
  // errors, which damage single characters.
  friend double Likeness(const CharacterPairs& a, const CharacterPairs& b);
  // An upper bound of Likeness, and much cheaper.
  friend double MostLikeness(const CharacterPairs& a, const CharacterPairs& b);
  // Whether b has at least that share of a's pairs.
  friend bool HasShare(const CharacterPairs& a, const CharacterPairs& b, double least);

 private:
  std::vector<std::uint64_t> sorted_;
  std::array<std::uint64_t, 2> marks_{};  // one bit per pair, by its hash
};

struct ContentsEntry {
  std::string letters;  // FoldLetters of the title
  std::optional<Category> category;
  CharacterPairs pairs;
};

struct Front {
  std::size_t masthead_end = 0;  // lines [first, masthead_end) are the masthead
  std::size_t body_begin = 0;    // lines [masthead_end, body_begin) are the contents
  std::vector<ContentsEntry> entries;
  std::vector<Category> categories;  // named in the contents
  std::optional<IssueNumber> issue;  // printed in the masthead
  bool body_by_guess = false;        // no title of the contents was found in the text
};

// Reads the front of the lines [first, last).
Front ReadFront(std::string_view text, const LineTable& table, std::size_t first, std::size_t last);

}  // namespace ytterby
