// The bracket that closes an article: （来源：…） or （摘自：…）, in any width of brackets, perhaps wrapped over lines.
#pragma once

#include <string_view>
#include <vector>

#include "common/text/lines.hpp"

namespace ytterby {

struct SourceMark {
  Span mark;   // bracket to bracket
  Span value;  // what stands after the colon
};

// All closing marks, in order. A mark stands on lines of its own, or after a sentence's end, and ends its line.
std::vector<SourceMark> FindSourceMarks(std::string_view text, const std::vector<Line>& lines);

}  // namespace ytterby
