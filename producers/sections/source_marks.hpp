// The bracket that closes an article: （来源：…） or （摘自：…）, in brackets of any width, possibly wrapped over
// several lines.
#pragma once

#include <string_view>
#include <vector>

#include "common/text/lines.hpp"

namespace ytterby {

struct SourceMark {
  Span mark;   // bracket to bracket
  Span value;  // the text after the colon
};

// All closing marks, in order. A mark begins on a new line or after the end of a sentence, and ends its line.
std::vector<SourceMark> FindSourceMarks(std::string_view text, const std::vector<Line>& lines);

}  // namespace ytterby
