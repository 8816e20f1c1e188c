// Reflow: joins hard-wrapped lines back into paragraphs, each of which knows its source pieces.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/text/fold.hpp"
#include "common/text/lines.hpp"

namespace ytterby {

struct Paragraph {
  std::vector<Span> pieces;  // the lines, trimmed, in source order; never empty
  std::uint32_t begin() const { return pieces.front().begin; }
  std::uint32_t end() const { return pieces.back().end; }
};

struct ReflowOptions {
  // In text that is not hard-wrapped, join a long paragraph that a page break cut in mid-sentence. Off for lists of
  // titles.
  bool join_page_breaks = true;
  // Where most lines are numbered one after another, a numbered line begins a paragraph. For lists of titles.
  bool split_numbered = false;
};

// The paragraphs of text[range] without the furniture ranges (whole lines, ascending).
std::vector<Paragraph> SplitParagraphs(std::string_view text, Span range, const std::vector<Span>& furniture,
                                       const Layout& layout, const ReflowOptions& options = {});

// The paragraph as a person reads it: no space where both sides of a break are wide, otherwise one.
std::string JoinPieces(std::string_view text, const std::vector<Span>& pieces);

// The folded form of the paragraph, with offsets into `text`.
Folded FoldPieces(std::string_view text, const std::vector<Span>& pieces);
// The folded form of several paragraphs, each ended by '\n'.
Folded FoldParagraphs(std::string_view text, const std::vector<Paragraph>& paragraphs);

// True if a line is its own paragraph in marked-up text: a heading, a list item, a table row, an image.
bool IsStructuralLine(std::string_view line);

}  // namespace ytterby
