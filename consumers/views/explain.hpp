// One record of the current view with the bytes it came from, its rules, and what the checks say of it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "consumers/views/current_view.hpp"
#include "schemas/records/provenance_json.hpp"

namespace ytterby {

struct ExplainedField {
  std::string name, value;
  std::string rule;  // empty: it is printed as it stands
};

struct ExplainedCheck {
  std::string name;
  enum class Verdict { kPassed, kNotContradicted, kNoted, kFailed } verdict;
  std::string message;  // of the finding, else what the check asks
};

struct Explanation {
  ViewRecord record;
  std::vector<ExplainedField> fields;
  std::vector<FieldSpans> spans;
  std::string section_title;
  std::string section_text;  // empty: not in this store, or the record belongs to no section
  std::vector<ExplainedCheck> checks;
};

// `id`: a record id or the beginning of one, of four characters or more. kNoInput: no record of the view has it.
// kUsage: several have, which the message names.
Result<Explanation> Explain(Snapshot& snapshot, const std::string& id);

// The lines of a text that hold a span, the spans in ⟦⟧. Spans above `longest` bytes are left out: a body is the lines
// themselves.
std::vector<std::string> MarkedLines(const std::string& text, const std::vector<FieldSpans>& fields,
                                     std::uint32_t longest = 400);

}  // namespace ytterby
