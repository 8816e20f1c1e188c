#include "schemas/records/provenance_json.hpp"

#include <algorithm>

#include "schemas/events/event_json.hpp"

namespace ytterby {
namespace {

// False where there is no such member.
bool MemberOf(simdjson::dom::parser& parser, std::string_view provenance, const char* member,
              simdjson::dom::object& object) {
  const std::string json = "{" + std::string(provenance) + "}";
  return parser.parse(json)[member].get(object) == simdjson::SUCCESS;
}

}  // namespace

std::vector<FieldSpans> ReadSpans(std::string_view provenance) {
  std::vector<FieldSpans> fields;
  simdjson::dom::object spans;
  if (!MemberOf(ThreadParser(), provenance, "spans", spans)) return fields;
  for (const auto& [field, list] : spans) {
    FieldSpans one{std::string(field), {}};
    for (const simdjson::dom::element span : simdjson::dom::array(list)) one.spans.push_back(ReadSpan(span));
    fields.push_back(std::move(one));
  }
  return fields;
}

std::vector<Span> ReadSpansOf(std::string_view provenance, std::string_view field) {
  std::vector<FieldSpans> all = ReadSpans(provenance);
  const auto found = std::find_if(all.begin(), all.end(), [&](const FieldSpans& one) { return one.field == field; });
  return found == all.end() ? std::vector<Span>() : std::move(found->spans);
}

std::vector<std::pair<std::string, std::string>> ReadRules(std::string_view provenance) {
  std::vector<std::pair<std::string, std::string>> rules;
  simdjson::dom::object members;
  if (!MemberOf(ThreadParser(), provenance, "rules", members)) return rules;
  for (const auto& [field, rule] : members) rules.emplace_back(field, std::string_view(rule));
  return rules;
}

std::string WithRule(std::string_view provenance, std::string_view field, std::string_view rule) {
  JsonWriter json;
  json.Reserve(provenance.size() + field.size() + rule.size() + 8);
  json.Key("spans").BeginObject();
  for (const FieldSpans& one : ReadSpans(provenance)) {
    json.Key(one.field).BeginArray();
    for (Span span : one.spans) WriteSpan(json, span);
    json.EndArray();
  }
  json.EndObject().Key("rules").BeginObject();
  for (const auto& [name, text] : ReadRules(provenance)) json.Field(name, text);
  return json.Field(field, rule).EndObject().Take();
}

}  // namespace ytterby
