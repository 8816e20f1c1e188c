// Titles: how far one goes over lines, which entry of the contents it is, and what no title looks like.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "producers/sections/contents.hpp"
#include "producers/sections/issue_lines.hpp"

namespace ytterby {

// The longest title, in lines of text.
inline constexpr std::size_t kMaxTitleLines = 4;

// Answers are kept, since the same line is asked about from several sides. The lines and the front outlive it.
class Titles {
 public:
  Titles(const IssueLines& lines, const Front& front);

  // One past the last line of the title that begins at `line`: the first paragraph, over as many lines as it takes.
  std::size_t End(std::size_t line);
  // The entry of the contents that the title at `line` is, at least that like it; nullptr for none.
  const ContentsEntry* Entry(std::size_t line, double least = 0.9);
  // Not too long, no sentence, and an entry of the contents begins or ends with the same character.
  bool MayBegin(std::size_t line);
  // Ends as no sentence and no list does, within the width of a title.
  bool LooksLike(std::size_t line);
  // 一、…, （一）…, 1. …, or a label of a patent's brief: no title begins so, and none goes on so.
  static bool IsSubHeading(std::string_view line);

 private:
  struct Match {
    const ContentsEntry* entry = nullptr;
    double likeness = 0;
  };

  const std::string& Letters(std::size_t line);
  std::string LettersOf(std::size_t from, std::size_t to);
  Match FindEntry(std::size_t line);
  std::size_t FindEnd(std::size_t line);
  std::optional<std::size_t> EndByMarks(std::size_t line) const;
  std::size_t EndByContents(std::size_t line);
  std::size_t EndByWidth(std::size_t line) const;
  std::size_t FurnitureBetween(std::size_t from, std::size_t to) const;

  const IssueLines& lines_;
  const Front& front_;
  std::u32string firsts_, lasts_;  // characters that entries begin and end with, sorted
  std::unordered_map<std::size_t, std::string> letters_;
  std::unordered_map<std::size_t, std::size_t> ends_;
  std::unordered_map<std::size_t, Match> matches_;
};

}  // namespace ytterby
