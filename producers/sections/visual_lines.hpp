// The lines of a text as they look on the page, from the place on where a title may begin.
#pragma once

#include <array>
#include <optional>
#include <string_view>
#include <vector>

#include "producers/sections/issue_lines.hpp"

namespace ytterby {

// How far a title is looked for.
inline constexpr std::size_t kMostTitleLines = 5;  // as they look on the page
inline constexpr std::size_t kListLines = 4;       // short lines without a sentence that make a list
inline constexpr std::size_t kMostBytes = 300;     // of a line that are looked at

// A line as it looks on the page: sub- and superscripts that the text layer moved to lines of their own belong to it.
struct VisualLine {
  std::size_t first = 0, end = 0;  // lines of the document
  std::string_view text;           // of the first line, without marks
  std::size_t width = 0;
  std::size_t indent = 0;
  bool blank_above = false;
  bool page_break_above = false;
  bool paragraph_end = false;  // the last line has a trailing space
  std::size_t marks = 0;       // # before a heading
  bool sentence = false;       // ends a sentence
  bool comma = false;
};

// Reads the visual lines from one line of text on.
class VisualLines {
 public:
  VisualLines(const IssueLines& lines, std::size_t line, bool spaced) : lines_(lines), next_(line), spaced_(spaced) {
    read_.reserve(kMost);
    Has(0);
  }
  // Whether there is a line k, up to a limit; reads as far as that.
  bool Has(std::size_t k) {
    while (read_.size() <= k && read_.size() < kMost && Read()) {
    }
    return k < read_.size();
  }
  const VisualLine& operator[](std::size_t k) const { return read_[k]; }

  // A table's row or cell, a picture, a list item, a label with its value, a document's number.
  bool IsRowAt(std::size_t k);
  // A heading inside the article.
  bool IsHeadingAt(std::size_t k);

 private:
  static constexpr std::size_t kMost = kMostTitleLines + kListLines;

  bool Read();
  void AddFragments(VisualLine& visual);

  const IssueLines& lines_;
  std::size_t next_;
  const bool spaced_;
  std::vector<VisualLine> read_;
  std::array<std::optional<bool>, kMost> rows_, headings_;  // as far as they were asked for
};

}  // namespace ytterby
