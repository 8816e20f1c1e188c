// Reading a record's stored provenance, `"spans":{…},"rules":{…}`.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/text/span.hpp"

namespace ytterby {

struct FieldSpans {
  std::string field;
  std::vector<Span> spans;
};

// In stored order; empty for a provenance without spans.
std::vector<FieldSpans> ReadSpans(std::string_view provenance);
// The spans of one field.
std::vector<Span> ReadSpansOf(std::string_view provenance, std::string_view field);
// The rule of each field that has one, in stored order.
std::vector<std::pair<std::string, std::string>> ReadRules(std::string_view provenance);
// The same provenance with one more rule.
std::string WithRule(std::string_view provenance, std::string_view field, std::string_view rule);

}  // namespace ytterby
