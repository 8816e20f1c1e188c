// What happens on the consumers' side: each function counts the metric and writes the log line, so the two never disagree.
// All metric names of this side stand in consumer_events.cpp.
#pragma once

#include <string>

#include "common/log/record_log.hpp"
#include "common/metrics.hpp"

namespace ytterby {

class ConsumerEvents {
 public:
  explicit ConsumerEvents(Metrics& metrics) : metrics_(metrics) {}

  void Stored(const std::string& consumer, std::size_t sections, std::size_t records, std::size_t findings);
  // From the producer's fetch to the visible row.
  void Visible(const std::string& consumer, double seconds);
  void DeadLettered(const std::string& consumer, const std::string& stage, const TopicPartition& at, Offset offset,
                    const std::string& error);
  // Letters of one stage that wait for someone, and the age of the oldest in seconds.
  void Letters(const std::string& consumer, const std::string& stage, std::int64_t count, double oldest);
  void Refused(const std::string& consumer, const std::string& message);
  void StoreRetried(const std::string& consumer, const std::string& message);
  void PositionLost(const std::string& consumer, const std::string& message);
  void LogChanged(const std::string& consumer, const std::string& message);
  void Gap(const std::string& consumer, const std::string& message);
  // The log handed out a record before one that stands in front of it. What is done about it is another event.
  void LeftOut();
  // The relay's part: whether this process publishes, what waits for it, what it published or copied.
  void RelayHeld(bool held);
  void RelayDirty(std::size_t issues);
  void RecordPublished(const std::string& topic, bool tombstone);
  void LettersCopied(std::size_t count);
  void RecordTopicMadeAnew(const std::string& message);
  void RelayTrouble(const std::string& message);
  void Lag(const std::string& group, const TopicPartition& at, Offset lag);
  void LagIsAnothers(const std::string& group, const TopicPartition& at);  // another member has the partition, and tells its lag

 private:
  Metrics& metrics_;
};

}  // namespace ytterby
