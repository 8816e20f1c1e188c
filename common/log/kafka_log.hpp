// The record log on Kafka, through librdkafka.
#pragma once

#include <librdkafka/rdkafka.h>

#include <map>
#include <memory>
#include <mutex>
#include <thread>

#include "common/log/kafka_handles.hpp"
#include "common/log/record_log.hpp"

namespace ytterby {

struct KafkaOptions {
  std::string brokers;
  // Passed to librdkafka as they are; a setting it rejects is an error at start.
  std::map<std::string, std::string> properties;
  // How long a one-shot command waits for a broker; zero: for ever (daemons).
  std::chrono::milliseconds timeout{60'000};
  // Asked while a daemon waits for its first broker: true gives up.
  std::function<bool()> stop = nullptr;
};

class KafkaLog final : public RecordLog {
 public:
  static Result<std::unique_ptr<KafkaLog>> Open(KafkaOptions options);
  // kConfiguration for a setting that librdkafka rejects or that the program fixes; asks no broker.
  static Result<void> CheckSettings(KafkaOptions options);
  ~KafkaLog() override;

  const std::string& Id() const override { return id_; }
  Result<void> Append(OutgoingRecord record, Acknowledge acknowledge) override;
  Result<void> Flush(std::chrono::milliseconds limit) override;
  Result<std::vector<LogRecord>> Read(const TopicPartition& at, Offset from, const ReadLimits& limits) override;
  Result<Offset> OffsetForTime(const TopicPartition& at, Timestamp time) override;
  Result<Watermarks> GetWatermarks(const TopicPartition& at) override;
  Result<int> PartitionCount(const std::string& topic) override;
  Result<std::unique_ptr<GroupMember>> Join(const std::string& group, const std::vector<std::string>& topics, StartPosition start) override;
  Result<std::map<std::string, TopicState>> DescribeTopics(const std::vector<std::string>& names) override;
  Result<void> ApplyTopic(const TopicSpec& spec) override;

 private:
  explicit KafkaLog(KafkaOptions options) : options_(std::move(options)) {}
  Result<KafkaPtr<rd_kafka_conf_t>> NewConf(std::map<std::string, std::string> settings) const;
  Result<KafkaPtr<rd_kafka_t>> NewHandle(rd_kafka_type_t type, KafkaPtr<rd_kafka_conf_t> conf) const;
  int CallTimeoutMs() const;

  KafkaOptions options_;
  std::string id_;
  KafkaPtr<rd_kafka_t> producer_;
  std::mutex reader_mutex_;
  KafkaPtr<rd_kafka_t> reader_;  // made at the first Read
  std::jthread poller_;          // serves delivery reports
};

// Describes and alters topics (kafka_admin.cpp).
class KafkaAdmin {
 public:
  KafkaAdmin(rd_kafka_t* client, int timeout_ms) : client_(client), timeout_ms_(timeout_ms) {}
  struct Size {
    int partitions = 0, replication = 0;
  };
  Result<std::map<std::string, Size>> Sizes();
  Result<std::map<std::string, TopicState>> Describe(const std::vector<std::string>& names);
  Result<void> Create(const TopicSpec& spec);
  Result<void> AddPartitions(const std::string& topic, int total);
  // librdkafka 2.0.2 has only the legacy call, which resets every setting it is not given: `settings` is the whole set.
  Result<void> WriteSettings(const std::string& topic, const std::map<std::string, std::string>& settings);
  // Waits until the broker shows the topic as `spec` has it: it answers that a change is made before its metadata shows it.
  Result<void> AwaitApplied(const TopicSpec& spec);

 private:
  Result<KafkaPtr<rd_kafka_event_t>> Wait(rd_kafka_queue_t* queue, const char* doing) const;
  rd_kafka_t* client_;
  int timeout_ms_;
};

}  // namespace ytterby
