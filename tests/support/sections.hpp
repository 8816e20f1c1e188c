// The sections of a text as the normalisers get them.
#pragma once

#include "producers/sections/splitter.hpp"

namespace ytterby::testing {

// `issue_label`, if given, is an issue number from outside the text.
inline std::vector<Section> SectionsOf(std::string_view text, const std::optional<std::string>& issue_label = {}) {
  std::vector<Section> sections;
  const auto split = SplitText(text, {issue_label});
  if (!split) return sections;
  for (const SplitIssue& issue : split->issues) {
    for (std::size_t i = 0; i < issue.sections.size(); ++i)
      sections.push_back(MakeSection(issue, static_cast<int>(i), split->layout, text));
  }
  return sections;
}

}  // namespace ytterby::testing
