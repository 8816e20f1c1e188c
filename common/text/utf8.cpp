#include "common/text/utf8.hpp"

#include <cstring>

namespace ytterby {

void AppendUtf8(std::string& out, char32_t c) {
  if (c < 0x80) {
    out += static_cast<char>(c);
  } else if (c < 0x800) {
    out += static_cast<char>(0xC0 | c >> 6);
    out += static_cast<char>(0x80 | (c & 0x3F));
  } else if (c < 0x10000) {
    out += static_cast<char>(0xE0 | c >> 12);
    out += static_cast<char>(0x80 | (c >> 6 & 0x3F));
    out += static_cast<char>(0x80 | (c & 0x3F));
  } else {
    out += static_cast<char>(0xF0 | c >> 18);
    out += static_cast<char>(0x80 | (c >> 12 & 0x3F));
    out += static_cast<char>(0x80 | (c >> 6 & 0x3F));
    out += static_cast<char>(0x80 | (c & 0x3F));
  }
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
  return (c >= 0xAC00 && c <= 0xD7A3) || (c >= 0xF900 && c <= 0xFAFF) || (c >= 0xFE30 && c <= 0xFE6F) || (c >= 0xFF01 && c <= 0xFFE6) ||
         (c >= 0x20000 && c <= 0x3FFFD);
}

bool IsSpace(char32_t c) {
  return c == ' ' || (c >= 9 && c <= 13) || c == 0xA0 || c == 0x3000 || (c >= 0x2000 && c <= 0x200B) || c == 0x202F || c == 0xFEFF ||
         c == 0x2028 || c == 0x2029;
}

std::size_t DisplayWidth(std::string_view text) {
  std::size_t width = 0;
  for (std::size_t at = 0; at < text.size();) {
    const auto first = static_cast<unsigned char>(text[at]);
    if (first < 0x80) {
      ++width;
      ++at;
    } else if (first >= 0xE3 && first <= 0xE9 && at + 2 < text.size()) {  // U+3000 to U+9FFF, all wide
      width += 2;
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

// Can a character whose first byte this is be white space? Most cannot, and need not be decoded.
bool MayBeSpace(unsigned char first) { return first <= ' ' || first == 0xC2 || first == 0xE2 || first == 0xE3 || first == 0xEF; }

}  // namespace

std::string_view TrimSpace(std::string_view text) {
  while (!text.empty() && MayBeSpace(static_cast<unsigned char>(text.front()))) {
    const CodePoint c = DecodeUtf8(text, 0);
    if (!IsSpace(c.value)) break;
    text.remove_prefix(c.length);
  }
  while (!text.empty()) {
    const auto byte = static_cast<unsigned char>(text.back());
    if (byte > ' ' && byte < 0x80) break;
    const char32_t last = LastCodePoint(text);
    if (!IsSpace(last)) break;
    text.remove_suffix(last < 0x80 ? 1 : last < 0x800 ? 2 : 3);
  }
  return text;
}

std::size_t FindWord(std::string_view text, std::string_view word, std::size_t from) {
  if (from >= text.size()) return std::string_view::npos;
  const void* found = memmem(text.data() + from, text.size() - from, word.data(), word.size());
  return found ? static_cast<std::size_t>(static_cast<const char*>(found) - text.data()) : std::string_view::npos;
}

}  // namespace ytterby
