#include "consumers/stores/stored_checksums.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <limits>

#include "common/checksum.hpp"
#include "schemas/events/event_json.hpp"
#include "schemas/records/shapes.hpp"

namespace ytterby {
namespace {

// Numbers as their bytes: formatting them would take longer than the checksum.
class Place {
 public:
  Place(const SectionId& section, int ordinal, RecordKind kind, std::uint32_t first_span, Timestamp known_at) {
    const std::int64_t numbers[] = {ordinal, static_cast<std::int64_t>(kind), first_span, ToMillis(known_at)};
    static_assert(sizeof numbers + sizeof section.digest.bytes == sizeof bytes_);
    std::memcpy(bytes_, numbers, sizeof numbers);
    std::memcpy(bytes_ + sizeof numbers, section.digest.bytes.data(), sizeof section.digest.bytes);
  }
  std::string_view bytes() const { return {bytes_, sizeof bytes_}; }

 private:
  char bytes_[64];
};

std::string NumbersOf(int splitter_version, int revision, int priority, bool text_layer, bool whole, int sections,
                      Timestamp known_at) {
  return fmt::format("{} {} {} {:d} {:d} {} {}", splitter_version, revision, priority, text_layer, whole, sections,
                     ToMillis(known_at));
}

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

bool IsReadable(const StoredRecord& record) {
  simdjson::dom::parser& parser = ThreadParser();
  simdjson::dom::element body;
  if (record.body.empty() || record.body.front() != '{' || record.body.back() != '}' ||
      parser.parse(record.body).get(body) != simdjson::SUCCESS || !HasFields(record.kind, body)) {
    return false;
  }
  simdjson::dom::element provenance;
  simdjson::dom::element spans, rules;
  return parser.parse("{" + record.provenance + "}").get(provenance) == simdjson::SUCCESS &&
         provenance["spans"].get(spans) == simdjson::SUCCESS && AreSpans(spans) &&
         provenance["rules"].get(rules) == simdjson::SUCCESS && AreTexts(rules);
}

}  // namespace

std::int64_t ChecksumOfRecord(const SectionId& section, int ordinal, std::string_view category, Timestamp known_at,
                              const Record& record) {
  return ChecksumOf({Place(section, ordinal, record.kind, record.first_span, known_at).bytes(), category,
                     record.natural_key, record.body, record.provenance});
}

bool IsIntact(std::int64_t stored, const StoredRecord& record, std::string_view category) {
  if (stored < 0) return IsReadable(record);
  // Earlier programs left the place out.
  if (IsOldChecksum(stored)) return IsIntact(stored, {record.natural_key, record.body, record.provenance});
  const Place place(record.section, record.ordinal, record.kind, record.first_span, record.known_at);
  return IsIntact(stored, {place.bytes(), category, record.natural_key, record.body, record.provenance});
}

std::int64_t ChecksumOfListing(const ManifestRow& row, const ManifestIssue& listed, std::string_view notices) {
  const Manifest& m = row.manifest;
  return ChecksumOf(
      {listed.issue.series, listed.issue.label, m.document.Raw(), m.text_digest.Raw(), m.feed, m.name, notices,
       NumbersOf(m.splitter_version, m.revision, m.priority, m.text_layer, listed.whole, listed.listed, row.known_at)});
}

bool IsIntact(std::int64_t stored, const IssueId& issue, const EditionRow& e) {
  return IsIntact(stored,
                  {issue.series, issue.label, e.document.Raw(), e.text_digest.Raw(), e.feed, e.name, e.notices,
                   NumbersOf(e.splitter_version, e.revision, e.priority, e.text_layer, e.whole, e.of_all, e.known_at)});
}

}  // namespace ytterby
