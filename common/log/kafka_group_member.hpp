// A member of a consumer group on Kafka.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "common/log/kafka_handles.hpp"
#include "common/log/record_log.hpp"

namespace ytterby {

class KafkaGroupMember final : public GroupMember {
 public:
  explicit KafkaGroupMember(StartPosition start) : start_(std::move(start)) {}
  ~KafkaGroupMember() override;
  Result<void> Subscribe(KafkaPtr<rd_kafka_t> handle, const std::vector<std::string>& topics);

  // The configuration's rebalance callback, with this member as opaque; runs inside Poll, on the member's own thread.
  static void OnRebalance(rd_kafka_t* handle, rd_kafka_resp_err_t error, rd_kafka_topic_partition_list_t* list,
                          void* opaque);

  Result<std::vector<LogRecord>> Poll(const PollLimits& limits) override;
  Result<void> Seek(const TopicPartition& at, Offset offset) override;
  Result<void> CommitForTools(const std::map<TopicPartition, Offset>& next) override;
  std::vector<TopicPartition> WithoutPosition(const std::vector<TopicPartition>& held) override;
  std::vector<TopicPartition> Assignment() const override;
  bool HasAssignment() const override { return assigned_; }
  std::optional<Watermarks> KnownWatermarks(const TopicPartition& at) const override;

 private:
  Result<void> Restart(const rd_kafka_message_t& message);
  // Call when the queue has room again.
  void WakeFetchers();

  StartPosition start_;
  std::optional<Error> error_;
  bool assigned_ = false;
  KafkaPtr<rd_kafka_t> handle_;
};

}  // namespace ytterby
