// The lines of one issue in a document's line table.
#pragma once

#include <cstdint>
#include <string_view>

#include "producers/sections/line_kinds.hpp"

namespace ytterby {

struct IssueLines {
  std::string_view text;  // of the whole document, like all offsets
  const LineTable& table;
  const Layout& layout;
  std::size_t first, last;  // the issue is the lines [first, last)

  std::uint32_t BeginOf(std::size_t line) const {
    return line < table.lines.size() ? table.lines[line].begin : static_cast<std::uint32_t>(text.size());
  }
  std::string_view At(std::size_t line) const { return table.lines[line].In(text); }
  std::size_t BytesOf(std::size_t line) const { return table.lines[line].end - table.lines[line].begin; }
  bool IsText(std::size_t line) const { return table.known[line].kind == LineKind::kText; }
  bool IsBlank(std::size_t line) const { return table.known[line].kind == LineKind::kBlank; }
  bool IsFurniture(std::size_t line) const { return !IsText(line) && !IsBlank(line); }
  // The first line of text from `line` on; `last` if there is none.
  std::size_t NextText(std::size_t line) const {
    while (line < last && !IsText(line)) ++line;
    return line;
  }
  // The number of bytes in the lines of text in [from, to).
  std::size_t TextBytes(std::size_t from, std::size_t to) const {
    std::size_t bytes = 0;
    for (std::size_t i = from; i < to; ++i) bytes += IsText(i) ? BytesOf(i) : 0;
    return bytes;
  }
};

}  // namespace ytterby
