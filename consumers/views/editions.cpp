#include "consumers/views/editions.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <tuple>

#include "schemas/events/event_json.hpp"
#include "schemas/records/shapes.hpp"

namespace ytterby {
namespace {

using Fields = std::vector<std::pair<std::string, std::string>>;

// One reading of one document; several deliveries may have brought it.
auto ReadingOf(const EditionRow& row) { return std::tie(row.document, row.text_digest, row.splitter_version); }
auto DeliveryOf(const EditionRow& row) {
  return std::tie(row.document, row.text_digest, row.splitter_version, row.feed, row.name);
}

Fields FieldsOf(const StoredRecord& record) {
  Fields fields;
  const simdjson::dom::element body = ThreadParser().parse(record.body);
  for (const auto& [name, value] : simdjson::dom::object(body)) {
    fields.emplace_back(name, value.is_string() ? std::string(std::string_view(value)) : simdjson::minify(value));
  }
  return fields;
}

// Empty if the field is missing or null.
std::string_view ValueOf(const Fields& fields, std::string_view name) {
  for (const auto& [field, text] : fields) {
    if (field == name && text != "null") return text;
  }
  return {};
}

std::string KeyOf(RecordKind kind, const Fields& fields) {
  const auto value = [&](std::string_view name) { return ValueOf(fields, name); };
  const std::vector<KeyForm>& forms = ShapeOf(kind).natural_key;
  const auto form = std::find_if(forms.begin(), forms.end() - 1,
                                 [&](const KeyForm& one) { return !value(one.parts.front().field).empty(); });
  std::string key;
  for (const KeyPart& part : form->parts) {
    std::string_view text = value(part.field);
    if (text.empty() && !part.otherwise.empty()) text = value(part.otherwise);
    if (!text.empty()) key += fmt::format("{}{}", key.empty() ? "" : ", ", text);
  }
  if (kind == RecordKind::kArticle) key += fmt::format(", {}", value("title"));  // category and place name none
  return key;
}

// What ranks `greater` before `other`; the order is that of RankEditions.
std::string WhatDecides(const EditionRow& greater, const EditionRow& other) {
  if (CanBeCurrent(greater) != CanBeCurrent(other)) {
    if (other.of_all == 0) return "its manifest lists no sections";
    return fmt::format("read by splitter {}; of this document the reading by splitter {} counts",
                       other.splitter_version, other.counted_version);
  }
  if (IsComplete(greater) != IsComplete(other))
    return fmt::format("{} of its {} sections are not stored", other.listed - other.stored, other.listed);
  if (greater.whole != other.whole) return "it is cut off, or lists fewer than half the sections of another edition";
  if (greater.priority != other.priority)
    return fmt::format("feed priority {} against {}", other.priority, greater.priority);
  if (greater.revision != other.revision)
    return fmt::format("revision {} against {}", other.revision, greater.revision);
  if (greater.text_layer != other.text_layer) return "it was recognised from an image (OCR)";
  if (greater.document != other.document)
    return "nothing but the document's digest: the two are equal in everything that ranks them";
  return "the same document, delivered under another name";
}

// Adds to `found`; both are in export order, but records are matched by id.
void Compare(RecordKind kind, const std::vector<ViewRecord>& current, const std::vector<ViewRecord>& other,
             std::vector<RecordDifference>& found) {
  using Side = RecordDifference::Side;
  std::map<std::string_view, const ViewRecord*> others;
  for (const ViewRecord& record : other) others.emplace(record.id, &record);
  for (const ViewRecord& record : current) {
    const Fields fields = FieldsOf(record.stored);
    const auto match = others.extract(record.id);
    if (!match) {
      found.push_back({Side::kCurrentOnly, kind, record.id, KeyOf(kind, fields), {}});
    } else if (match.mapped()->stored.body != record.stored.body) {
      RecordDifference difference{Side::kBoth, kind, record.id, KeyOf(kind, fields), {}};
      const Fields theirs = FieldsOf(match.mapped()->stored);
      for (const auto& [name, value] : fields) {
        const std::string_view ours = value == "null" ? std::string_view() : value, their = ValueOf(theirs, name);
        // Positions differ between any two documents and say nothing about the data.
        if (their != ours && name != "ordinal" && name != "document_span" && name != "text")
          difference.fields.push_back({name, std::string(ours), std::string(their)});
      }
      if (!difference.fields.empty()) found.push_back(std::move(difference));
    }
  }
  for (const ViewRecord& record : other) {
    if (others.contains(record.id))
      found.push_back({Side::kOtherOnly, kind, record.id, KeyOf(kind, FieldsOf(record.stored)), {}});
  }
}

}  // namespace

Result<std::vector<EditionStanding>> ReadEditions(Snapshot& snapshot, const IssueId& issue) {
  std::vector<EditionRow> all;
  std::map<std::string_view, EditionRow> chosen;  // by consumer
  for (const Normaliser& consumer : Normalisers()) {
    const std::string name(consumer.consumer);
    YT_ASSIGN(editions, snapshot.Editions(name, {issue}, consumer.categories));
    YT_CHECK(CheckIntact(snapshot, name, issue, editions.front()));
    for (const EditionRow& row : editions.front()) {
      const auto known = std::find_if(all.begin(), all.end(),
                                      [&](const EditionRow& one) { return DeliveryOf(one) == DeliveryOf(row); });
      if (known == all.end()) {
        all.push_back(row);
      } else if (row.listed > known->listed) {
        *known = row;
      }
    }
    if (const auto current = ChooseEdition(std::move(editions.front())))
      chosen.emplace(consumer.consumer, current->edition);
  }
  std::vector<EditionStanding> standings;
  const std::vector<EditionRow> ranked = RankEditions(std::move(all));
  for (const EditionRow& row : ranked) {
    EditionStanding standing{row, {}, {}, {}};
    if (!standings.empty()) standing.why = WhatDecides(ranked.front(), row);
    for (const Normaliser& consumer : Normalisers()) {
      const auto current = chosen.find(consumer.consumer);
      if (current == chosen.end()) continue;
      if (DeliveryOf(current->second) == DeliveryOf(row)) standing.current_for.push_back(consumer.consumer);
      if (standings.empty() || ReadingOf(current->second) == ReadingOf(row)) continue;
      for (RecordKind kind : consumer.kinds) {
        YT_ASSIGN(ours, RecordsOfEdition(snapshot, consumer, issue, current->second, kind));
        YT_ASSIGN(theirs, RecordsOfEdition(snapshot, consumer, issue, row, kind));
        Compare(kind, ours, theirs, standing.differences);
      }
    }
    standings.push_back(std::move(standing));
  }
  return standings;
}

}  // namespace ytterby
