// Titles: how many lines one takes, which entry of the contents it is, and what cannot be a title.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "producers/sections/contents.hpp"
#include "producers/sections/issue_lines.hpp"
#include "producers/sections/title_extent.hpp"

namespace ytterby {

// The longest title, in lines of text.
inline constexpr std::size_t kMaxTitleLines = 4;

// Caches its answers, since several callers ask about the same line. The lines and the front must outlive it.
class Titles {
 public:
  Titles(const IssueLines& lines, const Front& front);

  // One past the last line of the title that begins at `line`: the first paragraph, over as many lines as it takes.
  std::size_t End(std::size_t line);
  // The same with its evidence.
  const TitleExtent& Extent(std::size_t line);
  // The entry of the contents that matches the title at `line` with a likeness of at least `least`; nullptr if none
  // does.
  const ContentsEntry* Entry(std::size_t line, double least = 0.9);
  // Whether a title may begin here: not too long, not a sentence, and an entry of the contents begins or ends with the
  // same character.
  bool MayBegin(std::size_t line);
  // Whether most of the line stands in an entry of the contents. Much cheaper than Entry.
  bool IsPartOfEntry(std::size_t line);
  // Whether the lines look like a title: within a title's width, and not ending like a sentence or a list.
  bool LooksLike(std::size_t line);

 private:
  struct Match {
    const ContentsEntry* entry = nullptr;
    double likeness = 0;
  };

  const std::string& Letters(std::size_t line);
  std::string LettersOf(std::size_t from, std::size_t to);
  Match FindEntry(std::size_t line);

  const IssueLines& lines_;
  const Front& front_;
  const TitleMeasure measure_;
  std::u32string firsts_, lasts_;  // characters that entries begin and end with, sorted
  std::unordered_map<std::size_t, std::string> letters_;
  std::unordered_map<std::size_t, TitleExtent> extents_;
  std::unordered_map<std::size_t, Match> matches_;
};

}  // namespace ytterby
