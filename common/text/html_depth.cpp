#include "common/text/html_depth.hpp"

#include <algorithm>
#include <map>
#include <string>

namespace ytterby {
namespace {

bool IsLetter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

bool Counts(std::string_view name) {
  constexpr std::string_view kClosed[] = {"a",     "area",   "base",  "br",    "col",    "colgroup", "dd",
                                          "dt",    "embed",  "hr",    "img",   "input",  "li",       "link",
                                          "meta",  "option", "p",     "param", "source", "tbody",    "td",
                                          "tfoot", "th",     "thead", "tr",    "track",  "wbr"};
  return std::find(std::begin(kClosed), std::end(kClosed), name) == std::end(kClosed);
}

}  // namespace

std::size_t HtmlDepth(std::string_view html) {
  constexpr std::size_t kLongestName = 32;
  std::map<std::string, std::size_t, std::less<>> open;
  std::size_t depth = 0, deepest = 0;
  for (std::size_t at = html.find('<'); at != std::string_view::npos; at = html.find('<', at + 1)) {
    const bool closes = at + 1 < html.size() && html[at + 1] == '/';
    std::string name;
    for (std::size_t i = at + (closes ? 2 : 1); i < html.size() && name.size() < kLongestName; ++i) {
      const char c = html[i];
      const bool part = IsLetter(c) || (!name.empty() && c != ' ' && c != '>' && c != '/' && c > ' ');
      if (!part) break;
      name += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    }
    if (name.empty() || !Counts(name)) continue;
    if (!closes) {
      ++open[name];
      deepest = std::max(deepest, ++depth);
    } else if (const auto found = open.find(name); found != open.end() && found->second > 0) {
      --found->second;
      --depth;
    }
  }
  return deepest;
}

}  // namespace ytterby
