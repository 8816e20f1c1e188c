// Events of a consumer. Each function updates the metric, the process's health and the log together, so that the three
// never disagree. All metric names of the consumers are in consumer_events.cpp.
#pragma once

#include <string>
#include <vector>

#include "common/health.hpp"
#include "common/log/record_log.hpp"
#include "common/metrics.hpp"
#include "schemas/records/record.hpp"

namespace ytterby {

// A failure in one of these stages makes the message a dead letter.
inline constexpr const char* kLetterStages[] = {"decode", "normalise", "store"};

// Thread-safe. One for all consumers of a process.
class ConsumerEvents {
 public:
  // Declares every series of these consumers at 0.
  ConsumerEvents(Metrics& metrics, Health& health, const std::vector<std::string>& consumers);

  // What one transaction stored; `records` by kind.
  void Stored(const std::string& consumer, std::size_t sections, const std::map<RecordKind, std::size_t>& records);
  // An issue of a series was stored; ytterby_newest_issue shows the newest label.
  void IssueSeen(const std::string& series, const std::string& label);
  void FindingStored(const std::string& check, const std::string& severity);
  // Seconds from the producer's fetch to the visible row.
  void Visible(const std::string& consumer, double seconds);
  void DeadLettered(const std::string& consumer, const std::string& stage, const TopicPartition& at, Offset offset,
                    const std::string& error);
  // How many letters of one stage wait for a person, and the age of the oldest in seconds.
  void Letters(const std::string& consumer, const std::string& stage, std::int64_t count, double oldest);

  // The consumer holds partitions and its last round succeeded.
  void Works(const std::string& consumer);
  // It waits for its group; neither log nor store is at fault.
  void Waits(const std::string& consumer, const std::string& why);
  // The process cannot open its store yet.
  void StoreNotOpen(const Error& error);
  // The part named in the error was away or refused a request; the consumer retries.
  void Failed(const std::string& consumer, const Error& error);
  // The store accepted a write.
  void StoreWorks(const std::string& consumer);

  void PositionLost(const std::string& consumer, const std::string& message);
  void LogChanged(const std::string& consumer, const std::string& message);
  void Gap(const std::string& consumer, const std::string& message);
  // The log returned a record before an earlier one. Failed reports what follows.
  void LeftOut();

  // Messages between the stored offset and the partition's last known end.
  void Lag(const std::string& group, const TopicPartition& at, Offset lag);
  // Age of the oldest message known to be waiting; 0 if there is none.
  void LagSeconds(const std::string& group, double seconds);
  // Another member holds the partition now and reports its lag.
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
