// What people read on stdout and stderr. Texts, names and keys come from anywhere: what a terminal would take for a
// command, or what would show the text in another order, is printed as <U+001B>.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <string>

#include "common/text/utf8.hpp"

namespace ytterby::cli {

template <class... Args>
void Say(fmt::format_string<Args...> text, Args&&... args) {
  const std::string safe = SafeText(fmt::format(text, std::forward<Args>(args)...));
  std::fwrite(safe.data(), 1, safe.size(), stdout);  // main checks stdout for errors
}

template <class... Args>
void SayError(fmt::format_string<Args...> text, Args&&... args) {
  const std::string safe = SafeText(fmt::format(text, std::forward<Args>(args)...));
  std::fwrite(safe.data(), 1, safe.size(), stderr);
}

// The text on one line, cut to about `most` bytes.
inline std::string OneLine(std::string text, std::size_t most) {
  std::replace(text.begin(), text.end(), '\n', ' ');
  if (text.size() <= most) return text;
  std::size_t cut = most;
  while (cut > 0 && (static_cast<unsigned char>(text[cut]) & 0xC0) == 0x80) --cut;
  return text.substr(0, cut) + "…";
}

}  // namespace ytterby::cli
