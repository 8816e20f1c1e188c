// Events of the relay: each updates metric, health and log together. All its metric names are in relay_events.cpp.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "common/health.hpp"
#include "common/metrics.hpp"
#include "common/result.hpp"

namespace ytterby {

class RelayEvents {
 public:
  RelayEvents(Metrics& metrics, Health& health);

  // This process publishes, under this term of its store's lease. `records`: on the record topics too, not only dead
  // letters.
  void Publishes(std::int64_t term, bool records);
  // It does not at the moment: its step failed, or it has just lost the lease.
  void Stops();
  // Another process of this store has the lease.
  void StandsBy();
  // How many issues wait to be compared with the record topics.
  void Dirty(std::size_t issues);
  void RecordPublished(const std::string& topic, bool tombstone);
  void LettersCopied(std::size_t count);
  void RecordTopicRecreated(const std::string& message);
  // A step succeeded, or another process publishes.
  void Works();
  // A part was away; the relay retries.
  void Failed(const Error& error);
  // Damage keeps an issue from being published whole; nullopt: no more.
  void Blocked(const std::optional<std::string>& why);
  // A record or letter that can never be published, or a message on a record topic that is not one of our events.
  void Skipped(const std::string& message);
  // Another store owns the record topics of this log.
  void NotOwner(const std::string& message);

 private:
  Health& health_;
  ErrorCounters errors_;
  prometheus::Gauge &held_, &dirty_, &owner_;
  prometheus::Family<prometheus::Counter>& published_;
  prometheus::Counter& copied_;
  std::int64_t said_term_ = 0;  // under which it last said that it publishes
  std::string said_not_owner_, said_blocked_;
};

}  // namespace ytterby
