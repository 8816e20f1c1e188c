#include "consumers/reading/findings.hpp"

#include "consumers/reading/section_text.hpp"

namespace ytterby {

Finding FindingAt(const Section& section, std::string check, std::string severity, std::string message,
                  const std::vector<Span>& spans, std::optional<std::string> expected, std::string_view concerns) {
  Finding finding{std::move(check),
                  std::move(severity),
                  std::move(message),
                  std::string(concerns.empty() ? section.title : concerns),
                  std::move(expected),
                  std::nullopt,
                  {},
                  0};
  if (spans.empty()) return finding;
  std::string printed;
  for (Span span : spans) printed += WithoutSpace(std::string_view(section.text).substr(span.begin, span.size()));
  finding.printed = std::move(printed);
  finding.at = spans.front().begin;
  finding.provenance.Add("printed", spans);
  return finding;
}

}  // namespace ytterby
