// The events on the record topics, for downstream services: a normalised fact as it is in the current view, or the news
// that it has left the view.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "schemas/events/section.hpp"
#include "schemas/records/record.hpp"

namespace ytterby {

// For a record that is gone, `gone` is set and there is no value: a tombstone, which compaction removes in time.
struct RecordEvent {
  RecordKind kind = RecordKind::kFinding;
  std::string id;  // the record id: key of the message
  IssueId issue;
  // Rises with each event of a record, from any store that publishes to these topics.
  std::int64_t sequence = 0;
  std::string value;  // JSON object as schemas/json/KIND.schema.json says
  bool gone = false;
};

// The kinds that have a topic: prices, indices, patents, policies, quotas, standards, findings.
const std::vector<RecordKind>& PublishedKinds();
// bulletin.<export name>
std::string RecordTopic(RecordKind kind);
// CloudEvents 1.0 in Kafka binary mode with the extensions `sequence` and `sequencetype`. ce_id follows from topic,
// record id and sequence, so that a repeated event has the id of the first. `time`: RFC 3339, when the log took the
// section.
OutgoingRecord EncodeRecordEvent(const RecordEvent& event, std::string_view time);
// kBadData names what is wrong with the message.
Result<RecordEvent> DecodeRecordEvent(const LogRecord& record);

}  // namespace ytterby
