// The one member of a group on the embedded log.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "common/log/embedded_log.hpp"

namespace ytterby {

// Holds every partition, including those added to a topic later, and has its own connection.
class EmbeddedGroupMember final : public GroupMember {
 public:
  EmbeddedGroupMember(EmbeddedLog& log, std::vector<std::string> topics, StartPosition start)
      : log_(log), topics_(std::move(topics)), start_(std::move(start)) {}
  Result<void> Open();

  Result<std::vector<LogRecord>> Poll(const PollLimits& limits) override;
  Result<void> Seek(const TopicPartition& at, Offset offset) override;
  Result<void> CommitForTools(const std::map<TopicPartition, Offset>&) override { return {}; }
  std::vector<TopicPartition> Assignment() const override;
  std::optional<Watermarks> KnownWatermarks(const TopicPartition& at) const override;

 private:
  struct Position {
    TopicPartition at;
    std::int64_t topic = 0;
    Offset next = 0;
  };
  Result<void> TakeAllPartitions();
  Result<std::vector<LogRecord>> ReadOnce(const ReadLimits& limits);

  EmbeddedLog& log_;
  std::vector<std::string> topics_;
  StartPosition start_;
  Database reader_;
  Statement select_, find_topic_;
  std::vector<Position> positions_;
  std::map<std::string, int> held_;  // number of partitions held, by topic
  std::size_t first_ = 0;
};

}  // namespace ytterby
