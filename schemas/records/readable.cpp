#include "schemas/records/readable.hpp"

#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <string>

#include "schemas/events/event_json.hpp"
#include "schemas/records/shapes.hpp"

namespace ytterby {
namespace {

bool AreSpans(simdjson::dom::element spans) {
  simdjson::dom::object fields;
  if (spans.get(fields) != simdjson::SUCCESS) return false;
  for (const auto& [name, list] : fields) {
    simdjson::dom::array of_field;
    if (list.get(of_field) != simdjson::SUCCESS) return false;
    for (const simdjson::dom::element one : of_field) {
      std::uint64_t begin = 0, end = 0;
      if (one.at(0).get(begin) != simdjson::SUCCESS || one.at(1).get(end) != simdjson::SUCCESS || begin > end ||
          end > std::numeric_limits<std::uint32_t>::max()) {
        return false;
      }
    }
  }
  return true;
}

bool AreTexts(simdjson::dom::element rules) {
  simdjson::dom::object fields;
  if (rules.get(fields) != simdjson::SUCCESS) return false;
  return std::all_of(fields.begin(), fields.end(), [](const auto& field) { return field.value.is_string(); });
}

bool Fits(FieldType type, simdjson::dom::element value) {
  switch (type) {
    case FieldType::kText:
      return value.is_string();
    case FieldType::kInteger:
      return value.is_int64();
    case FieldType::kDecimal:  // a number in what normalisers before version 4 wrote
      return value.is_string() || value.is_number();
    case FieldType::kTexts:
    case FieldType::kSpan:
      return value.is_array();
    case FieldType::kTextOrNull:
    case FieldType::kIntegerOrNull:
    case FieldType::kDecimalOrNull:
      return !value.is_array() && !value.is_object();
  }
  return false;
}

// Fields that may be null may also be missing: an earlier normaliser did not know them.
bool HasFields(RecordKind kind, simdjson::dom::element body) {
  for (const FieldShape& field : ShapeOf(kind).fields) {
    simdjson::dom::element value;
    const bool there = body[field.name].get(value) == simdjson::SUCCESS;
    const bool may_miss = field.type == FieldType::kTextOrNull || field.type == FieldType::kIntegerOrNull ||
                          field.type == FieldType::kDecimalOrNull;
    if (there ? !Fits(field.type, value) : !may_miss) return false;
  }
  return true;
}

}  // namespace

bool IsReadable(RecordKind kind, std::string_view record, std::string_view provenance_members) {
  simdjson::dom::parser& parser = ThreadParser();
  simdjson::dom::element body;
  if (record.empty() || record.front() != '{' || record.back() != '}' ||
      parser.parse(std::string(record)).get(body) != simdjson::SUCCESS || !HasFields(kind, body)) {
    return false;
  }
  simdjson::dom::element provenance;
  simdjson::dom::element spans, rules;
  return parser.parse(fmt::format("{{{}}}", provenance_members)).get(provenance) == simdjson::SUCCESS &&
         provenance["spans"].get(spans) == simdjson::SUCCESS && AreSpans(spans) &&
         provenance["rules"].get(rules) == simdjson::SUCCESS && AreTexts(rules);
}

}  // namespace ytterby
