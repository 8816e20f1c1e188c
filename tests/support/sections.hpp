// Sections of a text as the normalisers get them.
#pragma once

#include "producers/sections/splitter.hpp"

namespace ytterby::testing {

inline std::vector<Section> SectionsOf(std::string_view text) {
  std::vector<Section> sections;
  const auto split = SplitText(text);
  if (!split) return sections;
  for (const SplitIssue& issue : split->issues) {
    for (std::size_t i = 0; i < issue.sections.size(); ++i)
      sections.push_back(MakeSection(issue, static_cast<int>(i), split->layout, text));
  }
  return sections;
}

}  // namespace ytterby::testing
