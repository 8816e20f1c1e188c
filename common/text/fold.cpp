#include "common/text/fold.hpp"

#include <algorithm>
#include <array>
#include <bitset>
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
    for (std::uint32_t c = 0; c < 0x10000; ++c) keeps_[c] = to_[c] == c;
  }
  char16_t operator[](std::uint32_t c) const { return to_[c]; }
  // Whether `c` is its own matching form. Asked first, since these bits fit into the nearest cache and to_ does not.
  bool Keeps(std::uint32_t c) const { return keeps_[c]; }

 private:
  void Set(char32_t from, char16_t to) {
    if (from) to_[from] = to;
  }
  std::array<char16_t, 0x10000> to_;
  std::bitset<0x10000> keeps_;
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

// Whether three bytes of `text` are a character that stays as it is, with a byte to spare after them: most of a Chinese
// text.
[[gnu::always_inline]] inline bool KeepsHan(const FoldTable& table, std::string_view text, std::size_t at) {
  const auto byte = static_cast<unsigned char>(text[at]);
  if (byte < 0xE3 || byte > 0xE9 || at + kMostBytes > text.size()) return false;
  const auto second = static_cast<unsigned char>(text[at + 1]), third = static_cast<unsigned char>(text[at + 2]);
  return (second & 0xC0) == 0x80 && (third & 0xC0) == 0x80 &&
         table.Keeps((byte & 0xFu) << 12 | (second & 0x3Fu) << 6 | (third & 0x3Fu));
}

// Where folded characters go. Both sinks take a character's folded bytes, kMostBytes of which are always written, since
// that is faster than the exact number, and its place in the source. Pointers are kept outside the sinks, as a place in
// registers: a write of bytes could change a member, so that it would be read again for each character.
class TextSink {
 public:
  struct Place {
    char* text = nullptr;
    std::size_t room = 0;

    void Put(std::size_t at, std::uint32_t bytes, std::uint32_t, std::uint32_t) const {
      std::memcpy(text + at, &bytes, kMostBytes);
    }
  };

  explicit TextSink(std::string& out) : out_(out) {}

  std::size_t size() const { return out_.size(); }
  Place Resize(std::size_t size) {
    out_.resize(size);
    return {out_.data(), size};
  }

 private:
  std::string& out_;
};

class OffsetSink {
 public:
  struct Place {
    char* text = nullptr;
    std::uint32_t* source = nullptr;
    std::uint8_t* source_size = nullptr;
    std::size_t room = 0;

    void Put(std::size_t at, std::uint32_t bytes, std::uint32_t begin, std::uint32_t end) const {
      std::memcpy(text + at, &bytes, kMostBytes);
      std::fill_n(source + at, kMostBytes, begin);
      std::memset(source_size + at, static_cast<int>(end - begin), kMostBytes);
    }
  };

  explicit OffsetSink(Folded& out) : out_(out) {}

  std::size_t size() const { return out_.text.size(); }
  Place Resize(std::size_t size) {
    out_.text.resize(size);
    out_.source.resize(size);
    out_.source_size.resize(size);
    return {out_.text.data(), out_.source.data(), out_.source_size.data(), size};
  }

 private:
  Folded& out_;
};

std::uint32_t LoadBytes(const char* from) {
  static_assert(sizeof(std::uint32_t) == kMostBytes);
  std::uint32_t bytes;
  std::memcpy(&bytes, from, kMostBytes);
  return bytes;
}

template <class Sink>
void FoldWith(std::string_view text, std::uint32_t base, Sink sink) {
  const FoldTable& table = Table();
  std::size_t size = sink.size();
  typename Sink::Place place = sink.Resize(size + text.size() + kMostBytes);
  bool math = false;  // between $…$, braces and sub/superscript marks are mark-up
  for (std::size_t at = 0; at < text.size();) {
    if (size + kMostBytes > place.room) place = sink.Resize(2 * place.room);
    const std::size_t begin = at;
    const unsigned char byte = static_cast<unsigned char>(text[at]);
    char bytes[kMostBytes] = {};
    std::uint32_t folded = 0;
    std::size_t folded_size = 0;
    if (byte < 0x80) {
      std::string_view replacement;
      std::size_t markup = 0;
      if (byte == '*' || byte == '$' || byte == '<' || byte == '\\')
        markup = MarkupLength(text.substr(at, 24), replacement);
      if (markup != 0) {
        if (byte == '$') math = !math;
        at += markup;
        folded_size = replacement.copy(bytes, kMostBytes);
      } else {
        ++at;
        if (byte == ' ' || (byte >= 9 && byte <= 13)) continue;
        if (math && (byte == '{' || byte == '}' || byte == '_' || byte == '^')) continue;
        bytes[0] = static_cast<char>(byte);
        folded_size = 1;
      }
      folded = LoadBytes(bytes);
    } else if (KeepsHan(table, text, at)) {
      // A run of them, as far as there is room.
      const std::size_t most = (place.room - std::min(place.room, size + 2 * kMostBytes)) / 3;
      std::size_t run = 0;
      do {
        const auto from = base + static_cast<std::uint32_t>(at);
        place.Put(size, LoadBytes(text.data() + at), from, from + 3);
        size += 3;
        at += 3;
      } while (run++ < most && at < text.size() && KeepsHan(table, text, at));
      continue;
    } else {
      const CodePoint c = DecodeUtf8(text, at);
      at += c.length;
      const char32_t to = c.value < 0x10000 ? table[c.value] : c.value;
      if (to == 0) continue;
      folded_size = EncodeUtf8(to, bytes);
      folded = LoadBytes(bytes);
    }
    place.Put(size, folded, base + static_cast<std::uint32_t>(begin), base + static_cast<std::uint32_t>(at));
    size += folded_size;
  }
  sink.Resize(size);
}

}  // namespace

void FoldInto(std::string_view text, std::uint32_t base, Folded& out) { FoldWith(text, base, OffsetSink(out)); }

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
  FoldWith(text, 0, TextSink(out));
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
