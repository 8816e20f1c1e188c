// Describes and alters topics on Kafka.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "common/log/kafka_handles.hpp"
#include "common/log/record_log.hpp"

namespace ytterby {

class KafkaAdmin {
 public:
  KafkaAdmin(rd_kafka_t* client, int timeout_ms) : client_(client), timeout_ms_(timeout_ms) {}
  struct Size {
    int partitions = 0, replication = 0;
  };
  Result<std::map<std::string, Size>> Sizes();
  Result<std::map<std::string, TopicState>> Describe(const std::vector<std::string>& names);
  // Like RecordLog::ApplyTopics.
  Result<void> Apply(std::vector<TopicSpec> specs);

 private:
  Result<void> Create(const std::vector<const TopicSpec*>& specs);
  Result<void> AddPartitions(const std::string& topic, int total);
  // librdkafka 2.0.2 has only the legacy call, which resets every setting it is not given: `settings` must be the
  // complete set.
  Result<void> WriteSettings(const std::string& topic, const std::map<std::string, std::string>& settings);
  // Waits until the broker shows the topics as specified: it confirms a change before its metadata shows it.
  Result<void> AwaitApplied(const std::vector<TopicSpec>& specs);
  Result<KafkaPtr<rd_kafka_event_t>> Wait(rd_kafka_queue_t* queue, const char* doing) const;

  rd_kafka_t* client_;
  int timeout_ms_;
};

}  // namespace ytterby
