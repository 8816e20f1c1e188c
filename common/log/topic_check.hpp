// Topics as configuration: what they must be, what would change, and the refusal to start on a topic that may forget.
#pragma once

#include <string>
#include <vector>

#include "common/log/record_log.hpp"

namespace ytterby {

// The settings of a topic that keeps everything: nothing compacted, no retention limit, the log's own timestamps.
const std::map<std::string, std::string>& KeepForeverSettings();

struct TopicChange {
  TopicSpec spec;
  std::vector<std::string> changes;  // one line each; empty when the topic is as it must be
  bool impossible = false;           // it would have to shrink
  int replication = 0;               // what it is, where that is not as configured
  int kept_partitions = 0;           // what it has and keeps, where that is not as configured
};

Result<std::vector<TopicChange>> PlanTopics(RecordLog& log, const std::vector<TopicSpec>& specs);

// Of a topic that keeps the last event of each key: what downstream services read.
const std::map<std::string, std::string>& KeepLatestSettings();

// kConfiguration when a topic is missing, may forget what it must keep, or partition counts differ among `equal`. Of
// the settings only those of the two kinds above are looked at.
Result<void> CheckTopics(RecordLog& log, const std::vector<TopicSpec>& specs, const std::vector<std::string>& equal);

}  // namespace ytterby
