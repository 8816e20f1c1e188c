#include "schemas/records/record.hpp"

#include <algorithm>

namespace ytterby {

void Provenance::Add(FieldName field, Span span) { Add(field, std::vector<Span>{span}); }

void Provenance::Add(FieldName field, const std::vector<Span>& spans) {
  const bool known =
      std::any_of(spans_.begin(), spans_.end(), [&](const auto& entry) { return entry.first == field.view(); });
  if (known) return;
  for (Span span : spans) spans_.emplace_back(field.view(), span);
}

void Provenance::Rule(FieldName field, std::string_view rule) {
  const bool known =
      std::any_of(rules_.begin(), rules_.end(), [&](const auto& entry) { return entry.first == field.view(); });
  if (!known) rules_.emplace_back(field.view(), rule);
}

std::vector<Span> Without(Span span, const std::vector<Span>& holes) {
  std::vector<Span> left;
  for (Span hole : holes) {
    if (hole.end <= span.begin || hole.begin >= span.end) continue;
    if (hole.begin > span.begin) left.push_back({span.begin, hole.begin});
    span.begin = std::min(hole.end, span.end);
  }
  if (span.begin < span.end) left.push_back(span);
  return left;
}

std::string Provenance::Json() const {
  JsonWriter json;
  json.Key("spans").BeginObject();
  for (std::size_t i = 0; i < spans_.size();) {
    const std::string_view field = spans_[i].first;
    json.Key(field).BeginArray();
    for (; i < spans_.size() && spans_[i].first == field; ++i) {
      const Span span = spans_[i].second;
      json.BeginArray().Number(std::int64_t{span.begin}).Number(std::int64_t{span.end}).EndArray();
    }
    json.EndArray();
  }
  json.EndObject().Key("rules").BeginObject();
  for (const auto& [field, rule] : rules_) json.Field(field, rule);
  json.EndObject();
  return json.Take();
}

std::vector<Span> Provenance::SpansOf(std::string_view field) const {
  std::vector<Span> spans;
  for (const auto& [name, span] : spans_) {
    if (name == field) spans.push_back(span);
  }
  return spans;
}

std::uint32_t Provenance::First(std::uint32_t otherwise) const {
  std::uint32_t first = UINT32_MAX;
  for (const auto& [field, span] : spans_) first = std::min(first, span.begin);
  return first == UINT32_MAX ? otherwise : first;
}

std::string NaturalKey(const std::vector<std::string>& parts) {
  std::string key;
  for (const std::string& part : parts) {
    key += part;
    key += '\x1f';
  }
  return key;
}

}  // namespace ytterby
