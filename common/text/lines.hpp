// Lines of a text, and how the text was laid out.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "common/text/fold.hpp"

namespace ytterby {

struct Line {
  std::uint32_t begin = 0;
  std::uint32_t end = 0;   // without the line end (LF or CRLF)
  std::uint32_t next = 0;  // start of the next line
  bool blank = false;      // nothing but white space
  bool trailing_space = false;
  bool leading_space = false;
  std::string_view In(std::string_view text) const { return text.substr(begin, end - begin); }
};

std::vector<Line> SplitLines(std::string_view text);

// How the text was produced, which decides what a line break means. Hard-wrapped ocr-plain: recognition software wrote
// the page's lines, and nothing says how good its guesses are.
enum class Look { kPdfText = 0, kOcrMarkup = 1, kOcrPlain = 2 };

const char* LookName(Look look);  // pdf-text, ocr-markup, ocr-plain

struct Layout {
  Look look = Look::kOcrPlain;
  bool hard_wrapped = false;     // lines are cut at a width, paragraphs span several lines
  bool trailing_marks = false;   // a trailing space ends a paragraph
  std::uint32_t wrap_width = 0;  // columns of a full line, 0 when not hard-wrapped
  bool recognised() const { return look == Look::kOcrPlain && hard_wrapped; }
  bool operator==(const Layout&) const = default;
};

// Measures the layout: the shares of lines with `#` and with trailing spaces, and the width that most long lines share.
Layout MeasureLayout(std::string_view text, const std::vector<Line>& lines);

}  // namespace ytterby
