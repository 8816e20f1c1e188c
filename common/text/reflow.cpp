#include "common/text/reflow.hpp"

#include <algorithm>

#include "common/text/utf8.hpp"

namespace ytterby {
namespace {

Span Trimmed(std::string_view text, std::uint32_t begin, std::uint32_t end) {
  const std::string_view trimmed = TrimSpace(text.substr(begin, end - begin));
  const auto at = static_cast<std::uint32_t>(trimmed.data() - text.data());
  return {at, at + static_cast<std::uint32_t>(trimmed.size())};
}

bool EndsSentence(char32_t c) {
  switch (c) {
    case U'。':
    case U'！':
    case U'？':
    case U'”':
    case U'：':
    case U'；':
    case U'）':
    case U'.':
    case U'!':
    case U'?':
    case U';':
    case U':':
    case U')':
    case U'…':
      return true;
    default:
      return false;
  }
}

// A mark that stands within a sentence or closes one: no paragraph begins with it.
bool BeginsWithin(char32_t c) {
  switch (c) {
    case U'，':
    case U'。':
    case U'、':
    case U'；':
    case U'：':
    case U'！':
    case U'？':
    case U'》':
    case U'”':
    case U'）':
      return true;
    default:
      return false;
  }
}

// A line of Latin words may end in the space between two words: on a full line that is not a paragraph mark.
bool EndsInLatinWord(std::string_view line) {
  const char32_t last = LastCodePoint(TrimSpace(line));
  if (last >= 0xFF10 && last <= 0xFF5A) return true;  // full-width digits and letters
  return last < 0x80 && last != '.' && last != ')' && last != '%';
}

class Reflow {
 public:
  Reflow(std::string_view text, const Layout& layout, const ReflowOptions& options)
      : text_(text), layout_(layout), options_(options) {}

  void Add(std::string_view line, std::uint32_t begin, std::uint32_t end, bool page_top) {
    const Span piece = Trimmed(text_, begin, end);
    if (piece.begin == piece.end) return;
    const bool structural = !layout_.hard_wrapped && IsStructuralLine(text_.substr(piece.begin, piece.size()));
    if (layout_.hard_wrapped && !layout_.trailing_marks) ended_ = WasShort(piece) || BeginsItem(piece);
    if (layout_.hard_wrapped) open_ = !paragraphs_.empty() && !ended_;
    const bool joined = open_ && !structural && (!layout_.hard_wrapped ? CutByPage(piece) : !page_top || !ended_);
    if (joined || (layout_.hard_wrapped && GoesOn(piece))) {
      paragraphs_.back().pieces.push_back(piece);
    } else {
      paragraphs_.push_back({{piece}});
    }
    last_ = piece;
    ended_ = EndsByMark(line, piece);
    open_ = !structural;
  }

  std::vector<Paragraph> Take() { return std::move(paragraphs_); }

 private:
  bool EndsByMark(std::string_view line, Span piece) const {
    if (!layout_.hard_wrapped || !layout_.trailing_marks || line.empty() || line.back() != ' ') return false;
    const std::size_t width = DisplayWidth(text_.substr(piece.begin, piece.size()));
    return !(width + 8 >= layout_.wrap_width && EndsInLatinWord(line));
  }

  // A text layer in reading order may break lines at marks: 《 / “十四五”规划》 / （工信部…号） / ，自… The sentence
  // goes on.
  bool GoesOn(Span next) const {
    if (paragraphs_.empty()) return false;
    const char32_t first = DecodeUtf8(text_, next.begin).value;
    const std::string_view last = text_.substr(last_.begin, last_.size());
    const char32_t before = LastCodePoint(last);
    if (BeginsWithin(first) || before == U'《' || before == U'“' || before == U'（' || before == U'，' ||
        before == U'、') {
      return true;
    }
    if (first == U'（' && before == U'》') return true;
    // ，金 / 属镨钕均价: what follows a mark is the end of the line that was broken there.
    if (BeginsWithin(DecodeUtf8(last, 0).value) && !EndsSentence(before)) return true;
    // 221966 / 吨: a number goes on with its unit.
    if (before >= '0' && before <= '9' && (first == U'吨' || first == U'元' || first == U'点' || first == '%'))
      return true;
    // Within a document's name or number.
    const auto unclosed = [&](std::string_view open, std::string_view close) {
      if (!HasWord(last, open)) return false;
      const std::size_t at = FindLastWord(last, open);
      return !HasWord(last.substr(at), close);
    };
    return unclosed("《", "》") || unclosed("（", "）");
  }

  // Without marks, a line ended its paragraph if the first word of the next line would have fitted on it. A number or a
  // Latin word is never split.
  bool WasShort(Span next) const {
    if (paragraphs_.empty()) return true;
    std::size_t word = 0;
    while (word < next.size() && static_cast<unsigned char>(text_[next.begin + word]) < 0x80 &&
           text_[next.begin + word] != ' ')
      ++word;
    const std::string_view last = text_.substr(last_.begin, last_.size());
    const std::size_t width = DisplayWidth(last);
    if (width + 4 < layout_.wrap_width && last.ends_with("。")) return true;
    // A line of prose that stops within its sentence and leaves little room: what follows was kept together.
    if (width * 10 >= layout_.wrap_width * 8 && !EndsSentence(LastCodePoint(last)) && HasWord(last, "，")) return false;
    return width + word + 4 < layout_.wrap_width;
  }

  // 5. 《…》 or 二、地方层面 after a sentence that ends with its line.
  bool BeginsItem(Span next) const {
    const std::string_view last = text_.substr(last_.begin, last_.size());
    if (paragraphs_.empty() || LastCodePoint(last) != U'。') return false;
    std::size_t at = next.begin;
    while (at < next.end && at < next.begin + 3 && text_[at] >= '0' && text_[at] <= '9') ++at;
    const CodePoint mark = DecodeUtf8(text_, at);
    if (at > next.begin && at + mark.length < next.end) {
      const char after = text_[at + mark.length];
      return mark.value == U'、' || mark.value == U'．' || (mark.value == '.' && !(after >= '0' && after <= '9'));
    }
    constexpr std::u32string_view kNumerals = U"一二三四五六七八九十";
    return kNumerals.find(mark.value) != std::u32string_view::npos &&
           DecodeUtf8(text_, at + mark.length).value == U'、';
  }

  // Unwrapped text: the paragraph so far is long and stops in mid-sentence, which only a page break causes.
  bool CutByPage(Span next) const {
    if (!options_.join_page_breaks) return false;
    const std::string_view before = text_.substr(last_.begin, last_.size());
    if (before.size() < 90 || EndsSentence(LastCodePoint(before))) return false;
    if (before.find("，") == std::string_view::npos && before.find("。") == std::string_view::npos &&
        before.find("、") == std::string_view::npos && before.find(", ") == std::string_view::npos) {
      return false;
    }
    const CodePoint first = DecodeUtf8(text_, next.begin);
    return IsHan(first.value) || (first.value < 0x80 && first.value != '(' && first.value != '|') ||
           first.value == U'“';
  }

  std::string_view text_;
  const Layout& layout_;
  const ReflowOptions& options_;
  std::vector<Paragraph> paragraphs_;
  Span last_;
  bool open_ = false;
  bool ended_ = true;
};

}  // namespace

bool IsStructuralLine(std::string_view line) {
  if (line.empty()) return false;
  const char first = line[0];
  if (first == '#' || first == '|') return true;
  if ((first == '-' || first == '*' || first == '+') && line.size() > 1 && line[1] == ' ') return true;
  if (first == '!' && line.size() > 1 && line[1] == '[') return true;
  if (line.find('\t') != std::string_view::npos) return true;
  const char32_t c = DecodeUtf8(line, 0).value;
  return c == U'◎' || c == U'◇' || c == U'◆' || c == U'●' || c == U'■' || c == U'•';
}

namespace {

// The number that a line begins with, before white space or a mark: 12 of `12. title`; 0 if there is none.
int LineNumber(std::string_view line) {
  std::size_t digits = 0;
  int number = 0;
  for (; digits < line.size() && digits < 4 && line[digits] >= '0' && line[digits] <= '9'; ++digits)
    number = number * 10 + (line[digits] - '0');
  const std::string_view rest = line.substr(digits);
  const bool ends = rest.starts_with(' ') || rest.starts_with('.') || rest.starts_with(')') || rest.starts_with("、") ||
                    rest.starts_with("．") || rest.starts_with("）") || rest.starts_with("\u3000");
  return digits < 4 && ends ? number : 0;
}

std::vector<Paragraph> SplitAtNumbers(std::string_view text, std::vector<Paragraph> paragraphs) {
  int counted = 0, pieces = 0;
  const auto is_next = [&](Span piece) {
    const bool next = LineNumber(text.substr(piece.begin, piece.size())) == counted + 1;
    counted += next;
    return next;
  };
  for (const Paragraph& paragraph : paragraphs) {
    for (const Span& piece : paragraph.pieces) {
      ++pieces;
      is_next(piece);
    }
  }
  if (counted < 3 || counted * 2 < pieces) return paragraphs;
  counted = 0;
  std::vector<Paragraph> split;
  for (const Paragraph& paragraph : paragraphs) {
    bool first = true;
    for (const Span& piece : paragraph.pieces) {
      if (is_next(piece) || first) {
        split.push_back({{piece}});
      } else {
        split.back().pieces.push_back(piece);
      }
      first = false;
    }
  }
  return split;
}

}  // namespace

std::vector<Paragraph> SplitParagraphs(std::string_view text, Span range, const std::vector<Span>& furniture,
                                       const Layout& layout, const ReflowOptions& options) {
  Reflow reflow(text, layout, options);
  auto skip = furniture.begin();
  bool previous_blank = true;
  for (std::uint32_t at = range.begin; at < range.end;) {
    std::size_t newline = text.find('\n', at);
    const std::uint32_t next = newline == std::string_view::npos || newline + 1 > range.end
                                   ? range.end
                                   : static_cast<std::uint32_t>(newline + 1);
    std::uint32_t end =
        newline == std::string_view::npos || newline > range.end ? range.end : static_cast<std::uint32_t>(newline);
    if (end > at && text[end - 1] == '\r') --end;
    while (skip != furniture.end() && skip->end <= at) ++skip;
    const bool is_furniture = skip != furniture.end() && skip->begin < next && skip->end > at;
    if (!is_furniture) {
      const std::string_view line = text.substr(at, end - at);
      reflow.Add(line, at, end, !previous_blank && !line.empty() && line[0] == ' ');
      previous_blank = TrimSpace(line).empty();
    }
    at = next;
  }
  return options.split_numbered ? SplitAtNumbers(text, reflow.Take()) : reflow.Take();
}

std::string JoinPieces(std::string_view text, const std::vector<Span>& pieces) {
  std::string out;
  for (const Span& piece : pieces) {
    const std::string_view part = text.substr(piece.begin, piece.size());
    if (!out.empty() && !part.empty()) {
      const char32_t left = LastCodePoint(out), right = DecodeUtf8(part, 0).value;
      const bool hyphen = left == '-' || right == '-' || left == '/' || right == '/';
      if (!(IsWide(left) && IsWide(right)) && !hyphen) out += ' ';
    }
    out += part;
  }
  return out;
}

Folded FoldPieces(std::string_view text, const std::vector<Span>& pieces) {
  Folded folded;
  for (const Span& piece : pieces) FoldInto(text.substr(piece.begin, piece.size()), piece.begin, folded);
  FinishFold(pieces.empty() ? 0 : pieces.back().end, folded);
  return folded;
}

Folded FoldParagraphs(std::string_view text, const std::vector<Paragraph>& paragraphs) {
  Folded folded;
  std::size_t bytes = 0;
  for (const Paragraph& paragraph : paragraphs) bytes += paragraph.end() - paragraph.begin() + 1;
  folded.text.reserve(bytes);
  folded.source.reserve(bytes + 1);
  folded.source_size.reserve(bytes + 1);
  for (const Paragraph& paragraph : paragraphs) {
    for (const Span& piece : paragraph.pieces) FoldInto(text.substr(piece.begin, piece.size()), piece.begin, folded);
    folded.text += '\n';
    folded.source.push_back(paragraph.end());
    folded.source_size.push_back(0);
  }
  FinishFold(paragraphs.empty() ? 0 : paragraphs.back().end(), folded);
  return folded;
}

}  // namespace ytterby
