#include "common/text/fold.hpp"

#include <algorithm>
#include <array>
#include <cstring>

#include "common/text/utf8.hpp"

namespace ytterby {
namespace {

struct Pair {
  char16_t from, to;
};
constexpr Pair kUnicodePairs[] = {
#include "common/text/fold_table.inc"
};

// The matching form of every code point in the basic plane; 0 drops it.
class FoldTable {
 public:
  FoldTable() {
    for (std::uint32_t c = 0; c < 0x10000; ++c) to_[c] = static_cast<char16_t>(c);
    for (const Pair& pair : kUnicodePairs) to_[pair.from] = pair.to;
    for (std::uint32_t c = 0xFF01; c <= 0xFF5E; ++c) to_[c] = static_cast<char16_t>(c - 0xFF01 + '!');
    for (std::uint32_t c = 0; c < 0x10000; ++c) {
      if (IsSpace(c)) to_[c] = 0;
    }
    for (char32_t dash : U"\u2010\u2011\u2012\u2013\u2014\u2015\u2212\uFE63") Set(dash, '-');
    for (char32_t tilde : U"\u301C\u223C\uFF5E") Set(tilde, '~');
    Set(U'\u2267', 0x2265);  // ≧ is ≥
    Set(U'\u2266', 0x2264);
    Set(U'\uFF61', 0x3002);
    Set(U'\u25CB', 0x3007);  // dates use ○ for 〇
    Set(U'\uFE59', '(');
    Set(U'\uFE5A', ')');
    Set(U'\u00AD', 0);
    // 鈥 is the traditional form of 钬. The database has this mapping too, but its next version must not change the
    // elements.
    static constexpr Pair kElements[] = {
        {u'鈧', u'钪'}, {u'釔', u'钇'}, {u'鑭', u'镧'}, {u'鈰', u'铈'}, {u'鐠', u'镨'}, {u'釹', u'钕'}, {u'鉕', u'钷'},
        {u'釤', u'钐'}, {u'銪', u'铕'}, {u'釓', u'钆'}, {u'鋱', u'铽'}, {u'鏑', u'镝'}, {u'鈥', u'钬'}, {u'鉺', u'铒'},
        {u'銩', u'铥'}, {u'鐿', u'镱'}, {u'鑥', u'镥'}, {u'餘', u'余'}, {u'徵', u'徵'}, {u'乾', u'乾'}};
    for (const Pair& pair : kElements) to_[pair.from] = pair.to;
  }
  char16_t operator[](std::uint32_t c) const { return to_[c]; }

 private:
  void Set(char32_t from, char16_t to) {
    if (from) to_[from] = to;
  }
  std::array<char16_t, 0x10000> to_;
};

const FoldTable& Table() {
  static const FoldTable table;
  return table;
}

// Mark-up that may appear in the middle of a value. Returns its length, 0 if `text` does not begin with any;
// `replacement` is the text to put in its place.
std::size_t MarkupLength(std::string_view text, std::string_view& replacement) {
  replacement = {};
  if (text[0] == '*') return text.size() > 1 && text[1] == '*' ? 2 : 0;
  if (text[0] == '$') return 1;
  if (text[0] == '<') {
    const std::size_t close = text.substr(0, 12).find('>');
    if (close == std::string_view::npos) return 0;
    std::string_view name = text.substr(1, close - 1);
    if (!name.empty() && name[0] == '/') name.remove_prefix(1);
    for (std::string_view known : {"sub", "sup", "b", "i", "u", "br", "br/", "em", "strong", "td", "tr", "th"}) {
      if (name == known) return close + 1;
    }
    return 0;
  }
  if (text[0] == '\\' && text.size() > 1) {
    struct Command {
      std::string_view name, stands_for;
    };
    static constexpr Command kCommands[] = {{"\\geqslant", "≥"}, {"\\geq", "≥"}, {"\\ge", "≥"},    {"\\leq", "≤"},
                                            {"\\pm", "±"},       {"\\sim", "~"}, {"\\times", "×"}, {"\\%", "%"},
                                            {"\\mathrm", ""},    {"\\text", ""}, {"\\mathbf", ""}, {"\\rm", ""},
                                            {"\\_", "_"},        {"\\,", ""},    {"\\cdot", "·"},  {"\\~", "~"},
                                            {"\\-", "-"},        {"\\.", "."},   {"\\*", "*"},     {"\\#", "#"}};
    for (const Command& command : kCommands) {
      if (text.substr(0, command.name.size()) == command.name) {
        replacement = command.stands_for;
        return command.name.size();
      }
    }
  }
  return 0;
}

constexpr std::size_t kMostBytes = 4;  // maximum for one folded character

// Where folded characters go. Both sinks take a character's folded bytes and its place in the source, write into space
// reserved beforehand, and drop the unused space when they end. They always write kMostBytes bytes, which is faster
// than writing the exact number.
class TextSink {
 public:
  TextSink(std::string& out, std::size_t room) : out_(out), size_(out.size()) {
    out_.resize(size_ + room + kMostBytes);
  }
  ~TextSink() { out_.resize(size_); }
  TextSink(const TextSink&) = delete;
  TextSink& operator=(const TextSink&) = delete;

  void Put(const char (&bytes)[kMostBytes], std::size_t size, std::uint32_t, std::uint32_t) {
    if (size_ + kMostBytes > out_.size()) out_.resize(2 * out_.size());
    std::memcpy(out_.data() + size_, bytes, kMostBytes);
    size_ += size;
  }

 private:
  std::string& out_;
  std::size_t size_;
};

class OffsetSink {
 public:
  OffsetSink(Folded& out, std::size_t room) : out_(out), size_(out.text.size()) { Resize(size_ + room + kMostBytes); }
  ~OffsetSink() { Resize(size_); }
  OffsetSink(const OffsetSink&) = delete;
  OffsetSink& operator=(const OffsetSink&) = delete;

  void Put(const char (&bytes)[kMostBytes], std::size_t size, std::uint32_t begin, std::uint32_t end) {
    if (size_ + kMostBytes > out_.text.size()) Resize(2 * out_.text.size());
    std::memcpy(out_.text.data() + size_, bytes, kMostBytes);
    std::fill_n(out_.source.data() + size_, kMostBytes, begin);
    std::memset(out_.source_size.data() + size_, static_cast<int>(end - begin), kMostBytes);
    size_ += size;
  }

 private:
  void Resize(std::size_t size) {
    out_.text.resize(size);
    out_.source.resize(size);
    out_.source_size.resize(size);
  }

  Folded& out_;
  std::size_t size_;
};

template <class Sink>
void FoldWith(std::string_view text, std::uint32_t base, Sink&& sink) {
  const FoldTable& table = Table();
  bool math = false;  // between $…$, braces and sub/superscript marks are mark-up
  for (std::size_t at = 0; at < text.size();) {
    const unsigned char byte = static_cast<unsigned char>(text[at]);
    const std::uint32_t begin = base + static_cast<std::uint32_t>(at);
    if (byte < 0x80) {
      if (byte == '*' || byte == '$' || byte == '<' || byte == '\\') {
        std::string_view replacement;
        if (const std::size_t length = MarkupLength(text.substr(at, 24), replacement)) {
          if (byte == '$') math = !math;
          at += length;
          if (!replacement.empty()) {
            char bytes[kMostBytes] = {};
            replacement.copy(bytes, kMostBytes);
            sink.Put(bytes, replacement.size(), begin, base + static_cast<std::uint32_t>(at));
          }
          continue;
        }
      }
      ++at;
      if (byte == ' ' || (byte >= 9 && byte <= 13)) continue;
      if (math && (byte == '{' || byte == '}' || byte == '_' || byte == '^')) continue;
      sink.Put({static_cast<char>(byte)}, 1, begin, begin + 1);
      continue;
    }
    const CodePoint c = DecodeUtf8(text, at);
    at += c.length;
    const char32_t to = c.value < 0x10000 ? table[c.value] : c.value;
    if (to == 0) continue;
    const std::uint32_t end = begin + c.length;
    if (to >= 0x800 && to < 0x10000) {
      const char bytes[kMostBytes] = {static_cast<char>(0xE0 | to >> 12), static_cast<char>(0x80 | (to >> 6 & 0x3F)),
                                      static_cast<char>(0x80 | (to & 0x3F))};
      sink.Put(bytes, 3, begin, end);
    } else {
      char bytes[kMostBytes] = {};
      sink.Put(bytes, EncodeUtf8(to, bytes), begin, end);
    }
  }
}

}  // namespace

void FoldInto(std::string_view text, std::uint32_t base, Folded& out) {
  FoldWith(text, base, OffsetSink(out, text.size()));
}

void FinishFold(std::uint32_t source_size, Folded& out) {
  out.source.push_back(source_size);
  out.source_size.push_back(0);
}

Folded Fold(std::string_view text) {
  Folded out;
  out.text.reserve(text.size());
  out.source.reserve(text.size() + 1);
  out.source_size.reserve(text.size() + 1);
  FoldInto(text, 0, out);
  FinishFold(static_cast<std::uint32_t>(text.size()), out);
  return out;
}

std::string FoldKey(std::string_view text) {
  std::string out;
  FoldWith(text, 0, TextSink(out, text.size()));
  return out;
}

std::string FoldLetters(std::string_view text) {
  std::string letters = FoldKey(text);
  std::size_t kept = 0;
  for (std::size_t at = 0; at < letters.size();) {
    const CodePoint c = DecodeUtf8(letters, at);
    if (c.value < 0x80) {
      const char lower = static_cast<char>(c.value >= 'A' && c.value <= 'Z' ? c.value + ('a' - 'A') : c.value);
      if ((lower >= 'a' && lower <= 'z') || (lower >= '0' && lower <= '9')) letters[kept++] = lower;
    } else if (IsHan(c.value) || (c.value > 0x2C0 && c.value < 0x2000)) {
      for (std::uint32_t i = 0; i < c.length; ++i) letters[kept++] = letters[at + i];
    }
    at += c.length;
  }
  letters.resize(kept);
  return letters;
}

}  // namespace ytterby
