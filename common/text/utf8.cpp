#include "common/text/utf8.hpp"

#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>
#include <bit>
#include <cstring>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

namespace ytterby {

std::size_t EncodeUtf8(char32_t c, char* out) {
  const auto tail = [&](int shift) { return static_cast<char>(0x80 | (c >> shift & 0x3F)); };
  if (c < 0x80) {
    out[0] = static_cast<char>(c);
    return 1;
  }
  if (c < 0x800) {
    out[0] = static_cast<char>(0xC0 | c >> 6);
    out[1] = tail(0);
    return 2;
  }
  if (c < 0x10000) {
    out[0] = static_cast<char>(0xE0 | c >> 12);
    out[1] = tail(6);
    out[2] = tail(0);
    return 3;
  }
  out[0] = static_cast<char>(0xF0 | c >> 18);
  out[1] = tail(12);
  out[2] = tail(6);
  out[3] = tail(0);
  return 4;
}

void AppendUtf8(std::string& out, char32_t c) {
  char bytes[4];
  out.append(bytes, EncodeUtf8(c, bytes));
}

bool IsWide(char32_t c) {
  if (c < 0xB7) return false;
  if (c >= 0x2E80 && c <= 0xA4CF) return true;
  switch (c) {
    case 0xB7:
    case 0x2014:
    case 0x2018:
    case 0x2019:
    case 0x201C:
    case 0x201D:
    case 0x2026:
    case 0x2103:
      return true;
    default:
      break;
  }
  return (c >= 0xAC00 && c <= 0xD7A3) || (c >= 0xF900 && c <= 0xFAFF) || (c >= 0xFE30 && c <= 0xFE6F) ||
         (c >= 0xFF01 && c <= 0xFFE6) || (c >= 0x20000 && c <= 0x3FFFD);
}

bool IsSpace(char32_t c) {
  return c == ' ' || (c >= 9 && c <= 13) || c == 0xA0 || c == 0x3000 || (c >= 0x2000 && c <= 0x200B) || c == 0x202F ||
         c == 0xFEFF || c == 0x2028 || c == 0x2029;
}

std::string PlainText(std::string_view bytes) {
  std::string plain;
  for (std::size_t at = 0; at < bytes.size();) {
    const CodePoint c = DecodeUtf8(bytes, at);
    const bool whole = simdjson::validate_utf8(bytes.data() + at, c.length);
    if (whole && c.value >= 0x20 && c.value != 0x7F) {
      plain.append(bytes, at, c.length);
      at += c.length;
    } else {
      plain += fmt::format("%{:02X}", static_cast<unsigned char>(bytes[at++]));
    }
  }
  return plain;
}

namespace {

bool IsHarmful(char32_t c) {
  if (c < 0x20) return c != '\n' && c != '\t';
  return (c >= 0x7F && c <= 0x9F) || c == 0x061C || c == 0x200E || c == 0x200F || (c >= 0x2028 && c <= 0x202E) ||
         (c >= 0x2066 && c <= 0x2069);
}

}  // namespace

std::string SafeText(std::string_view text) {
  const bool valid = simdjson::validate_utf8(text.data(), text.size());
  // No byte of these begins a harmful character: Chinese text is copied as it is.
  const auto may_harm = [](char one) {
    const auto byte = static_cast<unsigned char>(one);
    return (byte < 0x20 && byte != '\n' && byte != '\t') || byte == 0x7F || byte == 0xC2 || byte == 0xD8 ||
           byte == 0xE2;
  };
  if (valid && std::none_of(text.begin(), text.end(), may_harm)) return std::string(text);
  std::string safe;
  for (std::size_t at = 0; at < text.size();) {
    const CodePoint c = DecodeUtf8(text, at);
    const bool whole = valid || (at + c.length <= text.size() && simdjson::validate_utf8(text.data() + at, c.length));
    if (!whole) {
      safe += fmt::format("<{:02X}>", static_cast<unsigned char>(text[at++]));
      continue;
    }
    if (IsHarmful(c.value)) {
      safe += fmt::format("<U+{:04X}>", static_cast<std::uint32_t>(c.value));
    } else {
      safe.append(text, at, c.length);
    }
    at += c.length;
  }
  return safe;
}

std::size_t DisplayWidth(std::string_view text) {
  const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(text[at]); };
  std::size_t width = 0;
  for (std::size_t at = 0; at < text.size();) {
    const unsigned char first = byte(at);
    if (first < 0x80) {
      ++width;
      ++at;
    } else if (at + 2 < text.size() &&
               ((first >= 0xE3 && first <= 0xE9) || (first == 0xEF && byte(at + 1) == 0xBC && byte(at + 2) > 0x80))) {
      width += 2;  // U+3000 to U+9FFF, and full-width punctuation and digits from U+FF01 to U+FF3F: all wide
      at += 3;
    } else {
      const CodePoint c = DecodeUtf8(text, at);
      width += IsWide(c.value) ? 2 : 1;
      at += c.length;
    }
  }
  return width;
}

namespace {

// Can a character with this first byte be white space? Most cannot and need not be decoded.
bool MayBeSpace(unsigned char first) {
  return first <= ' ' || first == 0xC2 || first == 0xE2 || first == 0xE3 || first == 0xEF;
}

}  // namespace

std::string_view TrimAnySpace(std::string_view text) {
  while (!text.empty() && MayBeSpace(static_cast<unsigned char>(text.front()))) {
    const CodePoint c = DecodeUtf8(text, 0);
    if (!IsSpace(c.value)) break;
    text.remove_prefix(c.length);
  }
  while (!text.empty()) {
    const auto byte = static_cast<unsigned char>(text.back());
    if (byte > ' ' && byte < 0x80) break;
    if (byte >= 0x80 && text.size() >= 3 && static_cast<unsigned char>(text[text.size() - 3]) >= 0xE4 &&
        static_cast<unsigned char>(text[text.size() - 3]) <= 0xE9) {
      break;  // Han, like most text
    }
    const char32_t last = LastCodePoint(text);
    if (!IsSpace(last)) break;
    text.remove_suffix(last < 0x80 ? 1 : last < 0x800 ? 2 : 3);
  }
  return text;
}

namespace {

// Which byte of a word to search for. A Han character's last byte has many values, its first byte only a few; in
// 。、《》 (E3) the first byte is rare.
std::size_t RarestByte(std::string_view word) {
  if (static_cast<unsigned char>(word[0]) == 0xE3) return 0;
  return std::min<std::size_t>(DecodeUtf8(word, 0).length, word.size()) - 1;
}

#ifdef __SSE2__
constexpr std::size_t kBlock = sizeof(__m128i);

__m128i LoadBlock(const char* from) { return _mm_loadu_si128(reinterpret_cast<const __m128i*>(from)); }
#endif

}  // namespace

std::size_t FindWord(std::string_view text, std::string_view word, std::size_t from) {
  if (word.empty()) return from <= text.size() ? from : std::string_view::npos;
  if (text.size() < word.size() || from > text.size() - word.size()) return std::string_view::npos;
  const std::size_t probe = RarestByte(word);
#ifdef __SSE2__
  // Sixteen places at once: both the rarest byte and a second one must be there. The last block overlaps the one
  // before it.
  const std::size_t end = text.size() - word.size() + 1;  // of the places where the word can begin
  const std::size_t second = probe + 1 < word.size() ? word.size() - 1 : probe - 1;
  if (word.size() > 1 && end - from >= kBlock) {
    const __m128i first = _mm_set1_epi8(word[probe]);
    const __m128i other = _mm_set1_epi8(word[second]);
    const auto both = [&](std::size_t at) {
      return _mm_and_si128(_mm_cmpeq_epi8(first, LoadBlock(text.data() + at + probe)),
                           _mm_cmpeq_epi8(other, LoadBlock(text.data() + at + second)));
    };
    for (std::size_t at = from;;) {
      // Two blocks without any place, as most are, take one branch.
      while (at + 2 * kBlock <= end && _mm_movemask_epi8(_mm_or_si128(both(at), both(at + kBlock))) == 0)
        at += 2 * kBlock;
      at = std::min(at, end - kBlock);
      for (auto places = static_cast<unsigned>(_mm_movemask_epi8(both(at))); places != 0; places &= places - 1) {
        const char* candidate = text.data() + at + std::countr_zero(places);
        if (std::equal(word.begin(), word.end(), candidate)) return static_cast<std::size_t>(candidate - text.data());
      }
      if (at == end - kBlock) return std::string_view::npos;
      at += kBlock;
    }
  }
#endif
  for (std::size_t at = from + probe; at < text.size() && word.size() - probe <= text.size() - at; ++at) {
    const void* found = std::memchr(text.data() + at, word[probe], text.size() - at);
    if (!found) break;
    at = static_cast<std::size_t>(static_cast<const char*>(found) - text.data());
    if (text.substr(at - probe).starts_with(word)) return at - probe;
  }
  return std::string_view::npos;
}

std::size_t FindLastWord(std::string_view text, std::string_view word) {
  if (word.empty()) return text.size();
  const std::size_t probe = RarestByte(word);
  while (text.size() >= word.size()) {
    const void* found = memrchr(text.data(), word[probe], text.size() - (word.size() - probe - 1));
    if (!found) break;
    const auto at = static_cast<std::size_t>(static_cast<const char*>(found) - text.data());
    if (at < probe) break;
    if (text.substr(at - probe).starts_with(word)) return at - probe;
    text = text.substr(0, at + word.size() - probe - 1);
  }
  return std::string_view::npos;
}

std::size_t LastOf(std::string_view text, std::initializer_list<std::string_view> words) {
  std::size_t last = std::string_view::npos;
  std::size_t from = 0;  // only a later one counts
  for (std::string_view word : words) {
    const std::size_t at = FindLastWord(text.substr(from), word);
    if (at == std::string_view::npos) continue;
    last = from + at;
    from = last;
  }
  return last;
}

bool HasAnyWord(std::string_view text, std::initializer_list<std::string_view> words) {
  return std::any_of(words.begin(), words.end(), [&](std::string_view word) { return HasWord(text, word); });
}

bool StartsWithAny(std::string_view text, std::initializer_list<std::string_view> words) {
  return std::any_of(words.begin(), words.end(), [&](std::string_view word) { return text.starts_with(word); });
}

bool EndsWithAny(std::string_view text, std::initializer_list<std::string_view> words) {
  return std::any_of(words.begin(), words.end(), [&](std::string_view word) { return text.ends_with(word); });
}

}  // namespace ytterby
