// What people read on stdout and stderr. Texts, names and keys come from anywhere: what a terminal would take for a
// command, or what would show the text in another order, is printed as <U+001B>.
#pragma once

#include <fmt/format.h>

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

}  // namespace ytterby::cli
