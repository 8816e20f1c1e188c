// What happens in the relay: metric, health and log line together. All its metric names stand in relay_events.cpp.
#pragma once

#include <string>

#include "common/health.hpp"
#include "common/metrics.hpp"
#include "common/result.hpp"

namespace ytterby {

class RelayEvents {
 public:
  RelayEvents(Metrics& metrics, Health& health);

  // Whether this process publishes; `records`: on the record topics, or dead letters only.
  void Held(bool held, bool records);
  // Issues that wait to be compared with the record topics.
  void Dirty(std::size_t issues);
  void RecordPublished(const std::string& topic, bool tombstone);
  void LettersCopied(std::size_t count);
  void RecordTopicRecreated(const std::string& message);
  // A step went well, or another process publishes.
  void Works();
  // A part was away; the relay retries.
  void Failed(const Error& error);
  // Something that is left out for good, or is no event of ours.
  void Skipped(const std::string& message);
  // Another store owns the record topics of this log.
  void NotOwner(const std::string& message);

 private:
  Health& health_;
  ErrorCounters errors_;
  prometheus::Gauge &held_, &dirty_, &owner_;
  prometheus::Family<prometheus::Counter>& published_;
  prometheus::Counter& copied_;
  bool said_held_ = false;
  std::string said_not_owner_;
};

}  // namespace ytterby
