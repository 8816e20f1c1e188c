#include "schemas/events/record_event.hpp"

#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>
#include <charconv>

#include "schemas/events/cloud_event.hpp"
#include "schemas/records/shapes.hpp"

namespace ytterby {
namespace {

constexpr std::string_view kSource = "/views/current";

}  // namespace

const std::vector<RecordKind>& PublishedKinds() {
  static const std::vector<RecordKind> kinds = [] {
    std::vector<RecordKind> published;
    for (const KindShape& shape : AllShapes()) {
      if (shape.published) published.push_back(shape.kind);
    }
    return published;
  }();
  return kinds;
}

std::string RecordTopic(RecordKind kind) { return "bulletin." + std::string(ExportName(kind)); }

OutgoingRecord EncodeRecordEvent(const RecordEvent& event, std::string_view time) {
  const std::string topic = RecordTopic(event.kind), sequence = std::to_string(event.sequence);
  const std::string id = Sha256Of({"record", topic, event.id, sequence}).Hex();
  const std::string type = fmt::format("ytterby.record.{}.v1", ShapeOf(event.kind).name);
  const std::string schema = fmt::format("schemas/json/{}.schema.json", ShapeOf(event.kind).name);
  Headers headers = CloudEventHeaders({id, kSource, type, time, event.issue.Key(), schema});
  headers.emplace_back("ce_sequence", sequence);
  headers.emplace_back("ce_sequencetype", "Integer");
  return {topic, event.id, event.value, std::move(headers), event.gone};
}

Result<RecordEvent> DecodeRecordEvent(const LogRecord& record) {
  const auto bad = [&](std::string_view what) {
    return Fail(ErrorKind::kBadData,
                fmt::format("{}/{} offset {}: {}", record.at.topic, record.at.partition, record.offset, what));
  };
  RecordEvent event;
  const auto& kinds = PublishedKinds();
  const auto kind =
      std::find_if(kinds.begin(), kinds.end(), [&](RecordKind one) { return RecordTopic(one) == record.at.topic; });
  if (kind == kinds.end()) return bad("not a record topic");
  event.kind = *kind;
  event.id = record.key;
  // A store could not accept other text.
  const auto is_text = [](const std::string& text) {
    return simdjson::validate_utf8(text) && text.find('\0') == std::string::npos;
  };
  if (event.id.empty() || !is_text(event.id)) return bad("the key is not a record id");
  const std::string* subject = FindHeader(record.headers, "ce_subject");
  if (subject && !is_text(*subject)) return bad("ce_subject is not valid text");
  const std::size_t slash = subject ? subject->find('/') : std::string::npos;
  if (slash == std::string::npos) return bad("ce_subject is not series/issue");
  event.issue = {subject->substr(0, slash), subject->substr(slash + 1)};
  const std::string* sequence = FindHeader(record.headers, "ce_sequence");
  if (!sequence) return bad("no ce_sequence");
  const auto [end, error] = std::from_chars(sequence->data(), sequence->data() + sequence->size(), event.sequence);
  if (error != std::errc() || end != sequence->data() + sequence->size() || event.sequence < 1)
    return bad("ce_sequence is not a number");
  event.value = record.value;
  event.gone = record.tombstone;
  return event;
}

}  // namespace ytterby
