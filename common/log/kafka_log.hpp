// The record log on Kafka, through librdkafka.
#pragma once

#include <librdkafka/rdkafka.h>

#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>

#include "common/log/kafka_handles.hpp"
#include "common/log/kafka_refusal.hpp"
#include "common/log/record_log.hpp"

namespace ytterby {

struct KafkaOptions {
  std::string brokers;
  // Passed to librdkafka unchanged; a setting it rejects is an error at start.
  std::map<std::string, std::string> properties;
  // How long a one-shot command waits for a broker; zero: forever (daemons).
  std::chrono::milliseconds timeout{60'000};
  // Called while a daemon waits for its first broker; true ends the wait.
  std::function<bool()> stop = nullptr;
};

class KafkaLog final : public RecordLog {
 public:
  static Result<std::unique_ptr<KafkaLog>> Open(KafkaOptions options);
  // kConfiguration for a setting that librdkafka rejects or that the program fixes; contacts no broker.
  static Result<void> CheckSettings(KafkaOptions options);
  ~KafkaLog() override;

  const std::string& Id() const override { return id_; }
  Result<void> Append(OutgoingRecord record, Acknowledge acknowledge) override;
  Result<void> Flush(std::chrono::milliseconds limit) override;
  Result<std::vector<LogRecord>> Read(const TopicPartition& at, Offset from, const ReadLimits& limits) override;
  Result<Offset> OffsetForTime(const TopicPartition& at, Timestamp time) override;
  Result<Watermarks> GetWatermarks(const TopicPartition& at) override;
  Result<int> PartitionCount(const std::string& topic) override;
  Result<std::unique_ptr<GroupMember>> Join(const std::string& group, const std::vector<std::string>& topics,
                                            StartPosition start) override;
  Result<std::map<std::string, TopicState>> DescribeTopics(const std::vector<std::string>& names) override;
  Result<void> ApplyTopics(const std::vector<TopicSpec>& specs) override;
  Result<std::unique_ptr<FencedAppender>> OpenFenced(const std::string& name) override;

 private:
  struct Producer {
    KafkaRefusal refusal;  // outlives the handle
    KafkaPtr<rd_kafka_t> handle;
    std::jthread poller;  // serves delivery reports
    ~Producer();
  };

  explicit KafkaLog(KafkaOptions options) : options_(std::move(options)) {}
  Result<std::shared_ptr<Producer>> NewProducer() const;
  std::shared_ptr<Producer> Current() const;
  Result<void> Replace(const std::shared_ptr<Producer>& broken);
  std::map<std::string, std::string> MemberSettings(const std::string& group) const;
  Result<KafkaPtr<rd_kafka_conf_t>> NewConf(std::map<std::string, std::string> settings) const;
  Result<KafkaPtr<rd_kafka_t>> NewHandle(rd_kafka_type_t type, KafkaPtr<rd_kafka_conf_t> conf) const;
  int CallTimeoutMs() const;
  std::string HintAtRefusal() const;

  KafkaOptions options_;
  std::string id_;
  mutable std::mutex producer_mutex_;
  std::shared_ptr<Producer> producer_;
  std::mutex reader_mutex_;
  KafkaPtr<rd_kafka_t> reader_;          // created by the first Read
  std::set<std::string> reader_topics_;  // whose metadata the reader has requested
};

}  // namespace ytterby
