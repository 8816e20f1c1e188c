// Folding: the form of a text that rules match, with a mapping back to the source bytes.
//
// Rules match folded text and never change the source. In folded text, half and full width, Kangxi and supplement
// radicals, traditional characters, dashes and mark-up have one form each, and white space is gone (the bulletins put
// it anywhere: 7 月份, 7月份). Superscript digits keep their own form, since 10⁸ is not 108.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/text/span.hpp"

namespace ytterby {

struct Folded {
  std::string text;
  // For every byte of `text`, the source offset of the character it came from; one last entry is the end of the source.
  std::vector<std::uint32_t> source;
  // For every byte of `text`, the number of bytes of that character in the source.
  std::vector<std::uint8_t> source_size;

  bool empty() const { return text.empty(); }
  // Where the character that the byte at `at` came from ends in the source.
  std::uint32_t EndOf(std::size_t at) const { return source[at] + source_size[at]; }
  // The source bytes that the folded bytes [begin, end) came from.
  Span SourceOf(std::size_t begin, std::size_t end) const {
    if (begin >= end) return {source[begin], source[begin]};
    return {source[begin], EndOf(end - 1)};
  }
  // The same for a view into `text`.
  Span SourceOf(std::string_view part) const {
    const std::size_t begin = static_cast<std::size_t>(part.data() - text.data());
    return SourceOf(begin, begin + part.size());
  }
};

// Appends the folded form of `text`, whose first byte is at `base` in the source, to `out`. Call FinishFold at the end.
void FoldInto(std::string_view text, std::uint32_t base, Folded& out);
void FinishFold(std::uint32_t source_size, Folded& out);

Folded Fold(std::string_view text);
// The folded text alone, for keys and look-ups.
std::string FoldKey(std::string_view text);
// FoldKey without punctuation: for comparing a title with its entry in the contents.
std::string FoldLetters(std::string_view text);

}  // namespace ytterby
