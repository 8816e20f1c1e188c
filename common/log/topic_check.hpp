// Topics as configuration: what they must be, what would change, and the refusal to start on a topic that may lose
// records.
#pragma once

#include <string>
#include <vector>

#include "common/log/record_log.hpp"

namespace ytterby {

// The settings of a topic that keeps everything: nothing compacted, no retention limit, the log's own timestamps.
const std::map<std::string, std::string>& KeepForeverSettings();

struct TopicChange {
  TopicSpec spec;
  std::vector<std::string> changes;  // one line each; empty if the topic is as it must be
  bool impossible = false;           // it would have to shrink
  int replication = 0;               // the actual one if it differs from the configured one, else 0
  int kept_partitions = 0;           // the actual number if the topic keeps it and it differs, else 0
};

Result<std::vector<TopicChange>> PlanTopics(RecordLog& log, const std::vector<TopicSpec>& specs);

// The settings of a topic that keeps the last event of each key, for downstream services.
const std::map<std::string, std::string>& KeepLatestSettings();

// kConfiguration if a topic is missing, may lose what it must keep, or if partition counts differ among `equal`. Of the
// settings, only those in the two lists above are checked.
Result<void> CheckTopics(RecordLog& log, const std::vector<TopicSpec>& specs, const std::vector<std::string>& equal);

}  // namespace ytterby
