#include "consumers/relay/relay_events.hpp"

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <spdlog/spdlog.h>

#include <utility>

#include "schemas/events/record_event.hpp"

namespace ytterby {
namespace {

constexpr const char* kPart = "relay";

}  // namespace

RelayEvents::RelayEvents(Metrics& metrics, Health& health)
    : health_(health),
      errors_(metrics),
      held_(Series(metrics.Gauges("ytterby_relay_held", "1 while this process publishes for its store"), {})),
      dirty_(Series(metrics.Gauges("ytterby_relay_dirty_issues",
                                   "Issues waiting to be compared with the record topics, as far as one step looks"),
                    {})),
      owner_(Series(metrics.Gauges("ytterby_record_topics_owner",
                                   "1 while this process publishes as the owner of its log's record topics, else 0"),
                    {})),
      published_(metrics.Counters("ytterby_record_events_total", "Events appended to the record topics")),
      copied_(
          Series(metrics.Counters("ytterby_dead_letters_copied_total", "Dead letters copied to their topics"), {})) {
  health_.Expect(kPart, kPart, "not started yet", Health::Lines::kNone);
  for (RecordKind kind : PublishedKinds()) {
    for (const char* type : {"record", "tombstone"}) Series(published_, {{"topic", RecordTopic(kind)}, {"type", type}});
  }
}

void RelayEvents::Publishes(std::int64_t term, bool records) {
  held_.Set(1);
  owner_.Set(records ? 1 : 0);
  if (!records) return;
  said_not_owner_.clear();
  if (std::exchange(said_term_, term) != term) spdlog::info("relay: this process publishes on the record topics");
}

void RelayEvents::Stops() {
  held_.Set(0);
  owner_.Set(0);
}

void RelayEvents::StandsBy() {
  Stops();
  if (std::exchange(said_term_, 0) != 0) spdlog::info("relay: another process of this store publishes");
}

void RelayEvents::Dirty(std::size_t issues) { dirty_.Set(static_cast<double>(issues)); }

void RelayEvents::RecordPublished(const std::string& topic, bool tombstone) {
  Series(published_, {{"topic", topic}, {"type", tombstone ? "tombstone" : "record"}}).Increment();
}

void RelayEvents::LettersCopied(std::size_t count) { copied_.Increment(static_cast<double>(count)); }

void RelayEvents::RecordTopicRecreated(const std::string& message) {
  errors_.Count("relay", "log-changed");
  spdlog::warn(
      "relay: {}: a record topic was recreated; reading the record topics again and publishing what is missing there",
      message);
}

void RelayEvents::Works() {
  if (!std::exchange(said_blocked_, {}).empty()) spdlog::info("relay: works again");
  health_.Up(kPart, kPart);
  health_.Up("log", kPart);
  health_.Up("store", kPart);
}

void RelayEvents::Failed(const Error& error) {
  errors_.Count("relay", WaitsForOperator(error.kind) ? "refused" : "retriable");
  const bool refused = WaitsForOperator(error.kind) && error.kind != ErrorKind::kDamaged;
  const std::string blocked = "blocked until this is fixed; retrying: " + error.message;
  health_.Down(kPart, kPart, refused ? blocked : error.message);
  if (refused) {
    if (std::exchange(said_blocked_, error.message) != error.message) spdlog::error("relay: {}", blocked);
    return;
  }
  if (error.part == Part::kLog) health_.Down("log", kPart, error.message);
  if (error.part == Part::kStore) health_.Down("store", kPart, error.message);
}

void RelayEvents::Blocked(const std::optional<std::string>& why) {
  if (why) {
    health_.Down("store", "damage", *why);
  } else {
    health_.Up("store", "damage");
  }
}

void RelayEvents::Skipped(const std::string& message) {
  errors_.Count("relay", "refused");
  spdlog::warn("relay: {}", message);
}

void RelayEvents::NotOwner(const std::string& message) {
  owner_.Set(0);
  held_.Set(0);
  if (said_not_owner_ == message) return;
  said_not_owner_ = message;
  said_term_ = 0;
  errors_.Count("relay", "not-owner");
  spdlog::warn("relay: {}", message);
}

}  // namespace ytterby
