#include "consumers/signals/consumer_events.hpp"

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <spdlog/spdlog.h>

#include "schemas/vocabulary/checks.hpp"

namespace ytterby {
namespace {

Labels LagLabels(const std::string& group, const TopicPartition& at) {
  return {{"consumergroup", group}, {"topic", at.topic}, {"partition", std::to_string(at.partition)}};
}

}  // namespace

ConsumerEvents::ConsumerEvents(Metrics& metrics, Health& health, const std::vector<std::string>& consumers)
    : health_(health),
      errors_(metrics),
      letters_(metrics),
      sections_(metrics.Counters("ytterby_sections_stored_total", "Sections stored, by consumer")),
      records_(metrics.Counters("ytterby_records_stored_total", "Records stored, by kind")),
      findings_(metrics.Counters("ytterby_findings_stored_total", "Findings stored, by check and severity")),
      dead_letters_(metrics.Counters("ytterby_dead_letters_total", "Messages set aside, by consumer and stage")),
      lag_(metrics.Gauges("kafka_consumergroup_lag",
                          "Messages between the group's stored offset and the partition's last known end")),
      lag_seconds_(metrics.Gauges("ytterby_consumer_lag_seconds",
                                  "Age of the oldest message known to be waiting, 0 if there is none")),
      newest_issue_(metrics.Gauges("ytterby_newest_issue", "1 for the newest issue stored by this process, by series")),
      latency_(
          metrics.Histograms("ytterby_end_to_end_latency_seconds", "From a document's fetch to its visible rows")) {
  for (const std::string& consumer : consumers) {
    Series(sections_, {{"consumer", consumer}});
    Series(latency_, {{"consumer", consumer}});
    // Log and store write their own log lines, and waiting for a group needs none.
    health_.Expect(PartOf(consumer), consumer, "not started yet", Health::Lines::kNone);
    for (const char* stage : kLetterStages) {
      Series(dead_letters_, {{"consumer", consumer}, {"stage", stage}});
      letters_.Set(consumer, stage, 0, 0);
    }
  }
  for (RecordKind kind : AllRecordKinds()) {
    if (kind != RecordKind::kFinding) Series(records_, {{"kind", std::string(ExportName(kind))}});
  }
  for (const Check& check : AllChecks()) {
    for (const char* severity : {"info", "warning", "error"}) {
      Series(findings_, {{"check", std::string(check.name)}, {"severity", severity}});
    }
  }
}

void ConsumerEvents::Stored(const std::string& consumer, std::size_t sections,
                            const std::map<RecordKind, std::size_t>& records) {
  Series(sections_, {{"consumer", consumer}}).Increment(static_cast<double>(sections));
  for (const auto& [kind, count] : records) {
    Series(records_, {{"kind", std::string(ExportName(kind))}}).Increment(static_cast<double>(count));
  }
}

void ConsumerEvents::IssueSeen(const std::string& series, const std::string& label) {
  std::lock_guard lock(mutex_);
  std::string& newest = newest_[series];
  if (label <= newest) return;
  if (!newest.empty()) newest_issue_.Remove(&Series(newest_issue_, {{"series", series}, {"issue", newest}}));
  newest = label;
  Series(newest_issue_, {{"series", series}, {"issue", label}}).Set(1);
}

void ConsumerEvents::FindingStored(const std::string& check, const std::string& severity) {
  Series(findings_, {{"check", check}, {"severity", severity}}).Increment();
}

void ConsumerEvents::Visible(const std::string& consumer, double seconds) {
  Series(latency_, {{"consumer", consumer}}).Observe(seconds);
}

void ConsumerEvents::DeadLettered(const std::string& consumer, const std::string& stage, const TopicPartition& at,
                                  Offset offset, const std::string& error) {
  errors_.Count(stage, "poison");
  Series(dead_letters_, {{"consumer", consumer}, {"stage", stage}}).Increment();
  spdlog::error("{}: {}/{} offset {} is a dead letter ({}): {}", consumer, at.topic, at.partition, offset, stage,
                error);
}

void ConsumerEvents::Letters(const std::string& consumer, const std::string& stage, std::int64_t count, double oldest) {
  letters_.Set(consumer, stage, count, oldest);
}

void ConsumerEvents::Works(const std::string& consumer) {
  {
    std::lock_guard lock(mutex_);
    if (blocked_.erase(consumer) > 0) spdlog::info("{}: works again", consumer);
  }
  health_.Up(PartOf(consumer), consumer);
  health_.Up("log", PartOf(consumer));
  health_.Up("store", PartOf(consumer));
}

void ConsumerEvents::Waits(const std::string& consumer, const std::string& why) {
  health_.Down(PartOf(consumer), consumer, why);
  health_.Up("log", PartOf(consumer));  // its own trouble with the log is over
}

void ConsumerEvents::StoreNotOpen(const Error& error) {
  errors_.Count("store", WaitsForOperator(error.kind) ? "refused" : "retriable");
  health_.Down("store", "start", error.message);
}

void ConsumerEvents::Failed(const std::string& consumer, const Error& error) {
  const bool refused = WaitsForOperator(error.kind);
  errors_.Count(error.part == Part::kStore ? "store" : "consume", refused ? "refused" : "retriable");
  const std::string blocked = "blocked until this is fixed; retrying: " + error.message;
  health_.Down(PartOf(consumer), consumer, refused ? blocked : error.message);
  // A right that is missing blocks this consumer; a corrupt file, or a part that is away, is that part's trouble.
  if (refused && error.kind != ErrorKind::kDamaged) {
    std::lock_guard lock(mutex_);
    if (std::exchange(blocked_[consumer], error.message) != error.message) spdlog::error("{}: {}", consumer, blocked);
  } else if (error.part == Part::kLog || error.part == Part::kStore) {
    health_.Down(error.part == Part::kLog ? "log" : "store", PartOf(consumer), error.message);
  }
}

void ConsumerEvents::StoreWorks(const std::string& consumer) { health_.Up("store", PartOf(consumer)); }

void ConsumerEvents::PositionLost(const std::string& consumer, const std::string& message) {
  errors_.Count("store", "conflict");
  spdlog::warn("{}: another member stored first; continuing from its position: {}", consumer, message);
}

void ConsumerEvents::LogChanged(const std::string& consumer, const std::string& message) {
  errors_.Count("consume", "log-changed");
  spdlog::warn("{}: {}", consumer, message);
}

void ConsumerEvents::LeftOut() { errors_.Count("consume", "left-out"); }

void ConsumerEvents::Gap(const std::string& consumer, const std::string& message) {
  errors_.Count("consume", "gap");
  spdlog::warn("{}: {}", consumer, message);
}

void ConsumerEvents::Lag(const std::string& group, const TopicPartition& at, Offset lag) {
  Series(lag_, LagLabels(group, at)).Set(static_cast<double>(lag));
}

void ConsumerEvents::LagSeconds(const std::string& group, double seconds) {
  Series(lag_seconds_, {{"consumergroup", group}}).Set(seconds);
}

void ConsumerEvents::LagIsAnothers(const std::string& group, const TopicPartition& at) {
  lag_.Remove(&Series(lag_, LagLabels(group, at)));
}

}  // namespace ytterby
