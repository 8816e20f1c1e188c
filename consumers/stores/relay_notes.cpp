#include "consumers/stores/relay_notes.hpp"

#include <fmt/format.h>

#include "common/json_writer.hpp"
#include "schemas/events/event_json.hpp"

namespace ytterby {

std::string EncodeNoted(const std::vector<PublishedRecord>& records) {
  JsonWriter json;
  json.Reserve(records.size() * 200);
  json.BeginArray();
  for (const PublishedRecord& record : records) {
    json.BeginObject().Field("kind", static_cast<int>(record.kind)).Field("id", record.id);
    json.Field("series", record.issue.series).Field("label", record.issue.label).Field("sequence", record.sequence);
    if (record.content) json.Field("content", record.content->Hex());
    json.EndObject();
  }
  return json.EndArray().Take();
}

namespace {

tl::unexpected<Error> Damaged(const char* what) {
  return Fail(ErrorKind::kDamaged, fmt::format("the relay's note in the store {}", what), Part::kStore);
}

}  // namespace

Result<std::vector<PublishedRecord>> DecodeNoted(std::string_view text) {
  std::vector<PublishedRecord> records;
  if (text.empty()) return records;
  simdjson::dom::array noted;
  if (ThreadParser().parse(text.data(), text.size()).get(noted) != simdjson::SUCCESS) {
    return Damaged("cannot be read");
  }
  for (const simdjson::dom::element one : noted) {
    std::int64_t kind = 0, sequence = 0;
    std::string_view id, series, label, content;
    if (one["kind"].get(kind) != simdjson::SUCCESS || one["id"].get(id) != simdjson::SUCCESS ||
        one["series"].get(series) != simdjson::SUCCESS || one["label"].get(label) != simdjson::SUCCESS ||
        one["sequence"].get(sequence) != simdjson::SUCCESS) {
      return Damaged("lacks a field");
    }
    PublishedRecord record{static_cast<RecordKind>(kind),
                           std::string(id),
                           {std::string(series), std::string(label)},
                           std::nullopt,
                           sequence,
                           false};
    if (const auto digest = one["content"]; digest.error() != simdjson::NO_SUCH_FIELD) {
      if (digest.get(content) == simdjson::SUCCESS) record.content = Digest::FromHex(content);
      if (!record.content) return Damaged("has a content that is not a digest");
    }
    records.push_back(std::move(record));
  }
  return records;
}

}  // namespace ytterby
