// Our own UTF-8 functions where speed matters: decoding one code point, and classifying code points for layout.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

namespace ytterby {

// The code point at `at` and its length in bytes. The text is valid UTF-8 (documents are decoded before anything else);
// a broken byte still gives length 1, so that loops end.
struct CodePoint {
  char32_t value = 0;
  std::uint32_t length = 1;
};

inline CodePoint DecodeUtf8(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(at);
  if (first < 0x80) return {first, 1};
  if (first >= 0xE0 && first < 0xF0 && at + 2 < text.size()) {
    return {static_cast<char32_t>((first & 0x0F) << 12 | (byte(at + 1) & 0x3F) << 6 | (byte(at + 2) & 0x3F)), 3};
  }
  if (first >= 0xC2 && first < 0xE0 && at + 1 < text.size()) {
    return {static_cast<char32_t>((first & 0x1F) << 6 | (byte(at + 1) & 0x3F)), 2};
  }
  if (first >= 0xF0 && at + 3 < text.size()) {
    return {static_cast<char32_t>((first & 0x07) << 18 | (byte(at + 1) & 0x3F) << 12 | (byte(at + 2) & 0x3F) << 6 |
                                  (byte(at + 3) & 0x3F)),
            4};
  }
  return {0xFFFD, 1};
}

// The last code point; 0 for an empty text.
inline char32_t LastCodePoint(std::string_view text) {
  std::size_t at = text.size();
  while (at > 0 && (static_cast<unsigned char>(text[--at]) & 0xC0) == 0x80) {
  }
  return text.empty() ? 0 : DecodeUtf8(text, at).value;
}

// Writes a code point's bytes, at most four, and returns how many.
std::size_t EncodeUtf8(char32_t code_point, char* out);
void AppendUtf8(std::string& out, char32_t code_point);

// East Asian Wide, Fullwidth or Halfwidth (UAX #11), and the punctuation that Chinese typesetting makes full width (“ ”
// ‘ ’ — … · ℃). A line break between two such characters joins without a space.
bool IsWide(char32_t code_point);

// A Han ideograph.
inline bool IsHan(char32_t c) {
  return (c >= 0x4E00 && c <= 0x9FFF) || (c >= 0x3400 && c <= 0x4DBF) || c == 0x3007 || c >= 0x20000;
}

bool IsSpace(char32_t code_point);

// Any bytes as valid UTF-8 that prints on one line: control characters, and bytes that are not a character, become %XX.
std::string PlainText(std::string_view bytes);

// A text for people to read: control characters except line feed and tab, and those that change the direction of
// writing, become <U+202E>, and bytes that are not a character <FF>.
std::string SafeText(std::string_view text);

// Columns a line takes: 2 for a wide character, 1 for any other.
std::size_t DisplayWidth(std::string_view text);

// Does the text begin, or end, with a character from U+4000 to U+9FFF? Such a character has three bytes, the first from
// E4 to E9. Looking at one byte settles most lines.
inline bool IsHanLead(char c) { return static_cast<unsigned char>(c) >= 0xE4 && static_cast<unsigned char>(c) <= 0xE9; }
inline bool BeginsInHan(std::string_view text) { return text.size() >= 3 && IsHanLead(text[0]); }
inline bool EndsInHan(std::string_view text) {
  return text.size() >= 3 && IsHanLead(text[text.size() - 3]) && static_cast<unsigned char>(text.back()) >= 0x80;
}

std::string_view TrimAnySpace(std::string_view text);
// Without the white space at both ends.
inline std::string_view TrimSpace(std::string_view text) {
  // Most text has no white space at its ends: it begins and ends with visible ASCII or with a three-byte character from
  // U+3001 on, except U+FEFF.
  const auto solid = [&](std::size_t at) {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[at + i]); };
    return IsHanLead(text[at]) || (byte(0) == 0xE3 && (byte(1) != 0x80 || byte(2) != 0x80)) ||
           (byte(0) == 0xEF && byte(1) >= 0xBC);
  };
  const auto plain = [](char c) { return static_cast<unsigned char>(c) > ' ' && static_cast<unsigned char>(c) < 0x80; };
  const bool three = text.size() >= 3;
  const auto continued = [&] { return static_cast<unsigned char>(text.back()) >= 0x80; };
  if (!text.empty() && (plain(text.front()) || (three && solid(0))) &&
      (plain(text.back()) || (three && continued() && solid(text.size() - 3)))) {
    return text;
  }
  return TrimAnySpace(text);
}

// Where `word` begins in `text`, npos if nowhere. Faster than string_view::find in Chinese text, where every third byte
// may be the word's first.
std::size_t FindWord(std::string_view text, std::string_view word, std::size_t from = 0);
// Where the last occurrence of `word`, or of any of several words, begins.
std::size_t FindLastWord(std::string_view text, std::string_view word);
std::size_t LastOf(std::string_view text, std::initializer_list<std::string_view> words);
bool HasAnyWord(std::string_view text, std::initializer_list<std::string_view> words);
bool StartsWithAny(std::string_view text, std::initializer_list<std::string_view> words);
bool EndsWithAny(std::string_view text, std::initializer_list<std::string_view> words);
inline bool HasWord(std::string_view text, std::string_view word) {
  return FindWord(text, word) != std::string_view::npos;
}

}  // namespace ytterby
