#include "producers/sections/source_marks.hpp"

#include <algorithm>
#include <initializer_list>
#include <optional>

#include "common/text/utf8.hpp"

namespace ytterby {
namespace {

constexpr std::size_t kMaxMarkBytes = 360;

bool IsOpening(char32_t c) { return c == '(' || c == U'（' || c == U'［' || c == '[' || c == U'【' || c == U'〔'; }
bool IsClosing(char32_t c) { return c == ')' || c == U'）' || c == U'］' || c == ']' || c == U'】' || c == U'〕'; }

// The offset of the code point that ends at `end`.
std::size_t Before(std::string_view text, std::size_t end) {
  std::size_t at = end - 1;
  while (at > 0 && (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80) --at;
  return at;
}

std::size_t SkipSpaceBack(std::string_view text, std::size_t end, bool over_lines = false) {
  while (end > 0) {
    const std::size_t at = Before(text, end);
    const char32_t c = DecodeUtf8(text, at).value;
    if (!IsSpace(c) || (c == '\n' && !over_lines)) break;
    end = at;
  }
  return end;
}

// Where the tag begins that ends at `end`: <p align="right">（来源：…）</p>. `end` if it is none.
std::size_t BeforeTag(std::string_view text, std::size_t end) {
  constexpr std::size_t kLongest = 60;
  const std::string_view near = text.substr(end - std::min(end, kLongest), std::min(end, kLongest));
  const std::size_t open = near.rfind('<');
  return open == std::string_view::npos || HasWord(near.substr(open), "\n") ? end : end - (near.size() - open);
}

// Whether a closing mark may begin at `open`: at the beginning of a line, or after the end of a sentence.
bool MayBegin(std::string_view text, std::size_t open) {
  std::size_t end = SkipSpaceBack(text, open);
  if (end > 0 && text[end - 1] == '>') end = BeforeTag(text, end);
  while (end > 0 && (text[end - 1] == '*' || text[end - 1] == '#' || text[end - 1] == '>'))
    end = SkipSpaceBack(text, end - 1);
  if (end == 0 || text[end - 1] == '\n') return true;
  const char32_t c = DecodeUtf8(text, Before(text, end)).value;
  return c == U'。' || c == U'！' || c == U'？' || c == U'”' || c == U'…' || c == '.' || c == U'｡' || c == U'；';
}

// Finds the bracket that closes the mark; it must be the last thing on its line.
std::optional<std::size_t> CloseOf(std::string_view text, std::size_t from) {
  const std::size_t limit = std::min(text.size(), from + kMaxMarkBytes);
  int depth = 1;
  for (std::size_t at = from; at < limit;) {
    const CodePoint c = DecodeUtf8(text, at);
    if (IsOpening(c.value)) ++depth;
    if (IsClosing(c.value) && --depth == 0) {
      std::size_t rest = at + c.length;
      while (rest < text.size() && text[rest] != '\n') {
        if (text.substr(rest).starts_with("</")) break;  // the line's own tag
        const CodePoint r = DecodeUtf8(text, rest);
        // A page number may follow it.
        const bool digit = r.value >= '0' && r.value <= '9';
        if (!IsSpace(r.value) && r.value != '*' && r.value != U'。' && !(digit && rest < at + c.length + 8))
          return std::nullopt;
        rest += r.length;
      }
      return at + c.length;
    }
    at += c.length;
  }
  return std::nullopt;
}

// A mark that begins its line and lost its closing bracket in OCR ends with the line, if the line is short.
std::optional<std::size_t> UnclosedEnd(std::string_view text, std::size_t open, std::size_t value) {
  constexpr std::size_t kMostBytes = 75;  // a name of 25 characters
  const std::size_t begin = SkipSpaceBack(text, open);
  const std::size_t end = std::min(text.find('\n', value), text.size());
  if ((begin > 0 && text[begin - 1] != '\n') || end == value || end - value > kMostBytes) return std::nullopt;
  // It must have a colon, and must not be closed on the next line: （来源于… is a remark in brackets.
  const std::string_view head = text.substr(open, value - open);
  if (!HasWord(head, "：") && !HasWord(head, ":")) return std::nullopt;
  const std::string_view below = TrimSpace(text.substr(end, 200));
  if (!below.empty() && IsClosing(DecodeUtf8(below, 0).value)) return std::nullopt;
  const std::string_view rest = TrimSpace(text.substr(value, end - value));
  if (rest.empty() || HasWord(rest, "。") || HasWord(rest, "，")) return std::nullopt;
  for (std::size_t at = 0; at < rest.size();) {
    const CodePoint c = DecodeUtf8(rest, at);
    if (IsOpening(c.value) || IsClosing(c.value)) return std::nullopt;
    at += c.length;
  }
  return static_cast<std::size_t>(rest.data() - text.data()) + rest.size();
}

// The bracket that opens the mark whose word begins at `word`: directly before it, or with 文章, 本文 and the like
// between (资料来源 belongs to a figure), or with the author's name between: （作者：某某 来源：…）.
std::optional<std::size_t> OpeningOf(std::string_view text, std::size_t word) {
  std::size_t end = SkipSpaceBack(text, word);
  for (std::string_view prefix : {"文章", "信息", "本文", "稿件", "原文", "内容", "新闻", "消息"}) {
    if (end >= prefix.size() && text.substr(end - prefix.size(), prefix.size()) == prefix) {
      end = SkipSpaceBack(text, end - prefix.size());
      break;
    }
  }
  if (end == 0) return std::nullopt;
  const std::size_t open = Before(text, end);
  if (IsOpening(DecodeUtf8(text, open).value)) return open;
  constexpr std::size_t kMostAuthor = 90;
  for (std::size_t at = end; at > 0 && end - at < kMostAuthor;) {
    at = Before(text, at);
    const CodePoint c = DecodeUtf8(text, at);
    if (IsClosing(c.value) || c.value == '\n' || c.value == U'。') return std::nullopt;
    if (!IsOpening(c.value)) continue;
    const std::string_view inside = TrimSpace(text.substr(at + c.length));
    for (std::string_view author : {"作者", "记者", "通讯员", "编辑", "责任编辑", "责编", "文/", "文／"}) {
      if (inside.starts_with(author)) return at;
    }
    return std::nullopt;
  }
  return std::nullopt;
}

// Adds the marks in [from, to) whose word ends with `last` and begins with one of `firsts`: 来源, 來源; 摘自, 转自,
// 选自.
void FindWords(std::string_view text, std::size_t from, std::size_t to, std::initializer_list<std::string_view> firsts,
               std::string_view last, std::vector<SourceMark>& marks) {
  const std::string_view searched = text.substr(0, to);
  for (std::size_t at = FindWord(searched, last, from); at != std::string_view::npos;
       at = FindWord(searched, last, at + 3)) {
    // 来 源: white space or a line break may split the word.
    const std::size_t first_end = SkipSpaceBack(text, at, true);
    if (first_end < 3) continue;
    const std::string_view first = text.substr(first_end - 3, 3);
    if (std::find(firsts.begin(), firsts.end(), first) == firsts.end()) continue;
    const auto open = OpeningOf(text, first_end - 3);
    if (!open || !MayBegin(text, *open)) continue;
    std::size_t value = at + 3;
    while (value < text.size()) {
      const CodePoint c = DecodeUtf8(text, value);
      if (c.value != ':' && c.value != U'：' && c.value != U'于' && !IsSpace(c.value)) break;
      value += c.length;
    }
    const auto close = CloseOf(text, value);
    const auto line_end = close ? std::nullopt : UnclosedEnd(text, *open, value);
    if (!close && !line_end) continue;
    const std::size_t end = close ? *close : *line_end, value_end = close ? Before(text, *close) : *line_end;
    marks.push_back({{static_cast<std::uint32_t>(*open), static_cast<std::uint32_t>(end)},
                     {static_cast<std::uint32_t>(value), static_cast<std::uint32_t>(std::max(value, value_end))}});
  }
}

// Whether the line ends in a closing bracket, possibly followed by a page number.
bool MayCloseMark(std::string_view line) {
  if (EndsInHan(line)) return false;
  if (const std::size_t tag = line.rfind("</"); line.ends_with('>') && tag != std::string_view::npos)
    line = line.substr(0, tag);
  while (!line.empty()) {
    const auto byte = static_cast<unsigned char>(line.back());
    if (byte == ' ' || byte == '*' || (byte >= '0' && byte <= '9')) {
      line.remove_suffix(1);
      continue;
    }
    const char32_t last = LastCodePoint(line);
    if (IsClosing(last)) return true;
    if (!IsSpace(last) && last != U'。') return false;
    line.remove_suffix(last < 0x80 ? 1 : last < 0x800 ? 2 : 3);
  }
  return false;
}

// Whether a bare mark, or the word before it, may begin with `first`. Most lines are ruled out by this.
bool MayBeginMark(char32_t first) {
  switch (first) {
    case U'来':
    case U'來':
    case U'摘':
    case U'转':
    case U'选':
    case U'文':
    case U'信':
    case U'本':
    case U'稿':
    case U'原':
    case U'内':
    case U'新':
    case U'消':
      return true;
    default:
      return false;
  }
}

// 来源：新华社 alone on its line, in no brackets.
std::optional<SourceMark> BareMark(std::string_view text, const Line& line) {
  constexpr std::size_t kMostBytes = 90;
  if (line.end - line.begin > kMostBytes + 30) return std::nullopt;
  std::string_view rest = TrimSpace(line.In(text));
  if (rest.size() > kMostBytes) return std::nullopt;
  if (rest.empty() || !MayBeginMark(DecodeUtf8(rest, 0).value)) return std::nullopt;
  const auto offset = [&](std::string_view at) { return static_cast<std::uint32_t>(at.data() - text.data()); };
  const std::uint32_t begin = offset(rest), end = begin + static_cast<std::uint32_t>(rest.size());
  for (std::string_view prefix : {"文章", "信息", "本文", "稿件", "原文", "内容", "新闻", "消息"}) {
    if (rest.starts_with(prefix)) rest.remove_prefix(prefix.size());
  }
  bool marked = false;
  for (std::string_view word : {"来源", "來源", "摘自", "转自", "选自"}) {
    if (marked || !rest.starts_with(word)) continue;
    rest = TrimSpace(rest.substr(word.size()));
    marked = rest.starts_with("：") || rest.starts_with(':');
    if (marked) rest = TrimSpace(rest.substr(rest.starts_with(':') ? 1 : 3));
  }
  if (!marked || rest.empty() || HasWord(rest, "。") || HasWord(rest, "，") || HasWord(rest, "；")) return std::nullopt;
  return SourceMark{{begin, end}, {offset(rest), end}};
}

bool BeginsWithBracket(std::string_view line) {
  if (BeginsInHan(line)) return false;
  const std::string_view trimmed = TrimSpace(line);
  return !trimmed.empty() && IsOpening(DecodeUtf8(trimmed, 0).value);
}

}  // namespace

std::vector<SourceMark> FindSourceMarks(std::string_view text, const std::vector<Line>& lines) {
  // A mark ends its line, or begins one and lost its end: only the text before such a bracket or on such a line is
  // searched.
  constexpr std::size_t kMostBefore = kMaxMarkBytes + 60;  // the word and the bracket that opens the mark
  std::vector<SourceMark> marks;
  std::vector<SourceMark> bare;
  std::size_t searched = 0;
  for (const Line& line : lines) {
    if (line.blank) continue;
    if (const auto mark = BareMark(text, line)) bare.push_back(*mark);
    if (!MayCloseMark(line.In(text)) && !BeginsWithBracket(line.In(text))) continue;
    const std::size_t from = std::max(searched, line.end - std::min<std::size_t>(line.end, kMostBefore));
    FindWords(text, from, line.end, {"来", "來"}, "源", marks);
    FindWords(text, from, line.end, {"摘", "转", "选"}, "自", marks);
    searched = line.end;
  }
  // A document marks the ends of its articles in one way; the other is a figure's or a quotation's.
  if (bare.size() > marks.size()) marks.insert(marks.end(), bare.begin(), bare.end());
  std::sort(marks.begin(), marks.end(),
            [](const SourceMark& a, const SourceMark& b) { return a.mark.begin < b.mark.begin; });
  // Overlapping brackets (（来源：摘自…）) are one mark.
  std::vector<SourceMark> apart;
  for (const SourceMark& mark : marks) {
    if (apart.empty() || mark.mark.begin >= apart.back().mark.end) apart.push_back(mark);
  }
  return apart;
}

}  // namespace ytterby
