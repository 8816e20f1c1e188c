#include "common/text/lines.hpp"

#include <algorithm>
#include <array>
#include <cstring>

#include "common/text/recognition.hpp"
#include "common/text/utf8.hpp"

namespace ytterby {

std::vector<Line> SplitLines(std::string_view text) {
  std::vector<Line> lines;
  constexpr std::size_t kUsualLine = 48;  // bytes, counting blank lines
  lines.reserve(text.size() / kUsualLine + 1);
  std::size_t at = 0;
  while (at < text.size()) {
    const void* found = std::memchr(text.data() + at, '\n', text.size() - at);
    const std::size_t newline =
        found ? static_cast<std::size_t>(static_cast<const char*>(found) - text.data()) : text.size();
    std::size_t end = newline;
    if (end > at && text[end - 1] == '\r') --end;
    Line line;
    line.begin = static_cast<std::uint32_t>(at);
    line.end = static_cast<std::uint32_t>(end);
    line.next = static_cast<std::uint32_t>(std::min(newline + 1, text.size()));
    std::size_t first = at;
    while (first < end && (text[first] == ' ' || text[first] == '\t' || text[first] == '\f')) ++first;
    line.blank = first == end || (end - first <= 12 && TrimSpace(text.substr(first, end - first)).empty());
    if (!line.blank) {
      line.trailing_space = text[end - 1] == ' ';
      line.leading_space = text[at] == ' ' || text[at] == '\f';
    }
    // Lines are shorter than usual: count the rest, because a vector that grows by itself could take twice the space
    // for a text of blank lines.
    if (lines.size() == lines.capacity()) {
      lines.reserve(
          lines.size() + 1 +
          static_cast<std::size_t>(std::count(text.begin() + static_cast<std::ptrdiff_t>(at), text.end(), '\n')));
    }
    lines.push_back(line);
    at = line.next;
  }
  return lines;
}

const char* LookName(Look look) {
  switch (look) {
    case Look::kPdfText:
      return "pdf-text";
    case Look::kOcrMarkup:
      return "ocr-markup";
    case Look::kOcrPlain:
      return "ocr-plain";
  }
  return "";
}

namespace {

bool EndsSentence(std::string_view trimmed) {
  constexpr std::u32string_view kEnds = U"。；：！？”）.;:!?\")";
  return !trimmed.empty() && !EndsInHan(trimmed) && kEnds.find(LastCodePoint(trimmed)) != std::u32string_view::npos;
}

}  // namespace

Layout MeasureLayout(std::string_view text, const std::vector<Line>& lines) {
  constexpr std::size_t kWidths = 256;
  std::array<std::uint32_t, kWidths> widths{};
  std::size_t written = 0, trailing = 0, marked = 0, long_lines = 0, over_wide = 0, sampled = 0;
  // Of lines that end within a sentence, and of lines that end one: without and with a space at the end.
  std::array<std::array<std::uint32_t, 2>, kWidths> within{}, ended{};
  // Every fourth line is enough to measure the widths of a long text.
  const std::size_t step = lines.size() > 800 ? 4 : 1;
  std::size_t index = 0;
  for (const Line& line : lines) {
    if (line.blank) continue;
    ++written;
    trailing += line.trailing_space;
    const bool tag = text[line.begin] == '<' && line.end - line.begin > 9 && text[line.begin + 1] == 'h' &&
                     text[line.begin + 3] == '>';
    marked += tag || (text[line.begin] == '#' && line.end - line.begin > 2);
    if (++index % step != 0) continue;
    ++sampled;
    const std::size_t bytes = line.end - line.begin;
    if (bytes > 3 * kWidths) {
      ++over_wide;
      continue;
    }
    const std::string_view trimmed = TrimSpace(line.In(text));
    const std::size_t width = DisplayWidth(trimmed);
    // A page header is spread over the page's width, which says nothing about the text's width.
    if (width < 24 || trimmed.find("     ") != std::string_view::npos) continue;
    ++long_lines;
    if (width < kWidths) {
      ++widths[width];
      ++(EndsSentence(trimmed) ? ended : within)[width][line.trailing_space];
    } else {
      ++over_wide;
    }
  }
  Layout layout;
  layout.look = marked >= 2 ? Look::kOcrMarkup : Look::kOcrPlain;
  // In hard-wrapped text, many of the long lines are within a few columns of one width, and hardly any are longer.
  std::uint32_t best = 0;
  std::size_t best_count = 0;
  for (std::uint32_t width = 24; width + 7 < kWidths; ++width) {
    std::size_t count = 0;
    for (std::uint32_t w = width; w < width + 8; ++w) count += widths[w];
    if (count > best_count) {
      best_count = count;
      best = width;
    }
  }
  // Full-width digits make lines with the same number of characters differ in columns; then most are within twice as
  // many columns.
  std::size_t within_sixteen = 0;
  for (std::uint32_t w = best >= 8 ? best - 8 : 0; w < best + 8; ++w) within_sixteen += widths[w];
  const bool close = best_count * 10 >= long_lines * 3;
  const bool marked_ends = trailing * 5 >= written && trailing * 5 <= written * 4;
  const bool shared = close || within_sixteen * 10 >= long_lines * (marked_ends ? 3 : 5);
  std::size_t wider = over_wide;
  for (std::size_t width = best + (marked_ends ? 24 : 12); width < kWidths; ++width) wider += widths[width];
  layout.hard_wrapped = long_lines >= 8 && shared && wider * 12 <= long_lines;
  if (layout.hard_wrapped) {
    layout.wrap_width = best + 4;
    // Spaces that stand at the ends of full lines, in the midst of sentences, and not after short last lines, mark
    // nothing.
    std::size_t full = 0, stray = 0, ends = 0, spaced = 0;
    for (std::size_t width = best; width < std::min<std::size_t>(kWidths, best + 12); ++width) {
      full += within[width][0] + within[width][1];
      stray += within[width][1];
    }
    for (std::size_t width = 0; width + 8 < best; ++width) {
      ends += ended[width][0] + ended[width][1];
      spaced += ended[width][1];
    }
    layout.trailing_marks =
        trailing * 20 >= written && trailing * 20 <= written * 19 && (stray * 3 <= full || spaced * 4 >= ends * 3);
    if (layout.look == Look::kOcrPlain && !LooksRecognised(text)) layout.look = Look::kPdfText;
  }
  return layout;
}

}  // namespace ytterby
