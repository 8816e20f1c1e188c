#include "common/text/recognition.hpp"

#include <cstddef>

#include "common/text/utf8.hpp"

namespace ytterby {
namespace {

// A byte of a character of three bytes ends before `at`.
bool AfterHan(std::string_view text, std::size_t at) { return at >= 3 && (text[at - 1] & 0x80) != 0; }

std::size_t CountHalfWidth(std::string_view text, char mark) {
  std::size_t count = 0;
  for (std::size_t at = text.find(mark); at != std::string_view::npos; at = text.find(mark, at + 1)) {
    const bool space = at + 1 >= text.size() || text[at + 1] == ' ' || text[at + 1] == '\n' || text[at + 1] == '\r';
    count += space && AfterHan(text, at);
  }
  return count;
}

std::size_t CountWord(std::string_view text, std::string_view word) {
  std::size_t count = 0;
  for (std::size_t at = FindWord(text, word); at != std::string_view::npos; at = FindWord(text, word, at + word.size()))
    ++count;
  return count;
}

}  // namespace

bool LooksRecognised(std::string_view text) {
  constexpr std::size_t kLeast = 5;
  const std::size_t half = CountHalfWidth(text, ':') + CountHalfWidth(text, ';');
  return half >= kLeast && half > CountWord(text, "：") + CountWord(text, "；");
}

}  // namespace ytterby
