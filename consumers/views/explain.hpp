// One record of the current view with the bytes it came from, its rules, and what the checks say about it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "consumers/views/current_view.hpp"
#include "schemas/records/provenance_json.hpp"

namespace ytterby {

struct ExplainedField {
  std::string name, value;
  std::string rule;  // empty: the value is as printed
};

struct ExplainedCheck {
  std::string name;
  enum class Verdict { kPassed, kNotContradicted, kNoted, kFailed } verdict;
  std::string message;  // the finding's message, else what the check asks
};

struct Explanation {
  ViewRecord record;
  std::vector<ExplainedField> fields;
  std::vector<FieldSpans> spans;
  std::string section_title;
  std::string section_text;  // empty: not in this store, or the record belongs to no section
  std::vector<ExplainedCheck> checks;
};

// `id`: a record id, or a prefix of one of at least four characters. kNoInput: no record of the view matches. kUsage:
// several records match; the message names up to five of them.
Result<Explanation> Explain(Snapshot& snapshot, const std::string& id);

// Where a section of the current view comes from.
struct ExplainedSection {
  IssueId issue;
  DocumentDigest document;
  SectionId section;
  int ordinal = 0;
  std::string title;
  Span document_span;
};

// `id`: a section's id, as exports print it, or a prefix of one of at least four characters. Errors as for Explain.
Result<ExplainedSection> ExplainSection(Snapshot& snapshot, const std::string& id);

// The lines of a text that contain a span, with the spans in ⟦⟧. Spans above `longest` bytes are left out: a body's
// span would mark every line.
std::vector<std::string> MarkedLines(const std::string& text, const std::vector<FieldSpans>& fields,
                                     std::uint32_t longest = 400);

}  // namespace ytterby
