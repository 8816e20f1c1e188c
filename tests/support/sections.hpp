// Sections of a text as the normalisers get them.
#pragma once

#include "common/text/reflow.hpp"
#include "producers/sections/splitter.hpp"

namespace ytterby::testing {

inline std::vector<Section> SectionsOf(std::string_view text) {
  std::vector<Section> sections;
  const auto split = SplitText(text);
  if (!split) return sections;
  for (const SplitIssue& issue : split->issues) {
    int ordinal = 0;
    for (const SplitSection& part : issue.sections) {
      const auto relative = [&](Span span) { return Span{span.begin - part.span.begin, span.end - part.span.begin}; };
      Section section;
      section.issue = issue.issue;
      section.ordinal = ordinal++;
      section.category = part.category;
      section.layout = split->layout;
      section.document_span = part.span;
      section.text = text.substr(part.span.begin, part.span.size());
      for (Span span : part.furniture) section.furniture.push_back(relative(span));
      section.title = JoinPieces(text, part.title);
      section.title_span = relative({part.title.front().begin, part.title.back().end});
      section.body_span = relative(part.body);
      if (part.source_value) {
        section.source = JoinPieces(text, {*part.source_value});
        section.source_span = relative(*part.source_value);
      }
      section.notices = part.notices;
      for (Notice& notice : section.notices) {
        if (notice.span) notice.span = relative(*notice.span);
      }
      sections.push_back(std::move(section));
    }
  }
  return sections;
}

}  // namespace ytterby::testing
