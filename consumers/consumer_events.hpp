// What happens in a consumer: each function counts the metric, tells the process's health, and writes the log line, so
// the three never disagree. All metric names of the consumers stand in consumer_events.cpp.
#pragma once

#include <string>
#include <vector>

#include "common/health.hpp"
#include "common/log/record_log.hpp"
#include "common/metrics.hpp"
#include "schemas/records/record.hpp"

namespace ytterby {

// The stages whose failure makes a message a dead letter.
inline constexpr const char* kLetterStages[] = {"decode", "normalise", "store"};

// Thread-safe. One for all consumers of a process.
class ConsumerEvents {
 public:
  // Declares every series of these consumers at 0.
  ConsumerEvents(Metrics& metrics, Health& health, const std::vector<std::string>& consumers);

  // What one transaction stored, records by their kind.
  void Stored(const std::string& consumer, std::size_t sections, const std::map<RecordKind, std::size_t>& records);
  // An issue of a series is stored: the newest label seen shows in ytterby_newest_issue.
  void IssueSeen(const std::string& series, const std::string& label);
  // A finding by its check and severity.
  void FindingStored(const std::string& check, const std::string& severity);
  // From the producer's fetch to the visible row.
  void Visible(const std::string& consumer, double seconds);
  void DeadLettered(const std::string& consumer, const std::string& stage, const TopicPartition& at, Offset offset,
                    const std::string& error);
  // Letters of one stage that wait for a person, and the age of the oldest in seconds.
  void Letters(const std::string& consumer, const std::string& stage, std::int64_t count, double oldest);

  // The consumer works: it holds its partitions and its last round went well.
  void Works(const std::string& consumer);
  // It waits for its group, which is no trouble of log or store.
  void Waits(const std::string& consumer, const std::string& why);
  // A part was away, or refused something; the consumer retries. The part is the error's own.
  void Failed(const std::string& consumer, const Error& error);
  // The store took something again.
  void StoreWorks(const std::string& consumer);

  void PositionLost(const std::string& consumer, const std::string& message);
  void LogChanged(const std::string& consumer, const std::string& message);
  void Gap(const std::string& consumer, const std::string& message);
  // The log handed out a record before one that stands in front of it. What is done about it is another event.
  void LeftOut();

  // Messages between the stored offset and the partition's last known end.
  void Lag(const std::string& group, const TopicPartition& at, Offset lag);
  // Age of the oldest message known to wait; 0 where none does.
  void LagSeconds(const std::string& group, double seconds);
  // Another member holds the partition now, and reports its lag.
  void LagIsAnothers(const std::string& group, const TopicPartition& at);

 private:
  static std::string PartOf(const std::string& consumer) { return "consumer " + consumer; }

  Health& health_;
  ErrorCounters errors_;
  WaitingLetters letters_;
  prometheus::Family<prometheus::Counter>&sections_, &records_, &findings_, &dead_letters_;
  prometheus::Family<prometheus::Gauge>&lag_, &lag_seconds_, &newest_issue_;
  prometheus::Family<prometheus::Histogram>& latency_;
  std::mutex mutex_;
  std::map<std::string, std::string> newest_;   // label by series
  std::map<std::string, std::string> blocked_;  // by consumer, the error said last
};

}  // namespace ytterby
