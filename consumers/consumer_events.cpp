#include "consumers/consumer_events.hpp"

#include <spdlog/spdlog.h>

#include "common/shared_metrics.hpp"

namespace ytterby {
namespace {

constexpr const char* kLag = "kafka_consumergroup_lag";

Labels LagLabels(const std::string& group, const TopicPartition& at) {
  return {{"consumergroup", group}, {"topic", at.topic}, {"partition", std::to_string(at.partition)}};
}

}  // namespace
void ConsumerEvents::Stored(const std::string& consumer, std::size_t sections, std::size_t records, std::size_t findings) {
  metrics_.Count("ytterby_sections_stored_total", "Sections stored, by consumer", {{"consumer", consumer}}, static_cast<double>(sections));
  metrics_.Count("ytterby_records_stored_total", "Records stored, by consumer", {{"consumer", consumer}}, static_cast<double>(records));
  metrics_.Count("ytterby_findings_stored_total", "Findings stored, by consumer", {{"consumer", consumer}}, static_cast<double>(findings));
}

void ConsumerEvents::Visible(const std::string& consumer, double seconds) {
  metrics_.Observe("ytterby_end_to_end_latency_seconds", "From a document's fetch to its visible rows", {{"consumer", consumer}}, seconds);
}

void ConsumerEvents::DeadLettered(const std::string& consumer, const std::string& stage, const TopicPartition& at, Offset offset,
                                  const std::string& error) {
  CountError(metrics_, stage, "poison");
  metrics_.Count("ytterby_dead_letters_total", "Messages set aside, by consumer and stage", {{"consumer", consumer}, {"stage", stage}});
  spdlog::error("{}: {}/{} offset {} is a dead letter ({}): {}", consumer, at.topic, at.partition, offset, stage, error);
}

void ConsumerEvents::Letters(const std::string& consumer, const std::string& stage, std::int64_t count, double oldest) {
  SetWaitingLetters(metrics_, consumer, stage, count, oldest);
}

void ConsumerEvents::Refused(const std::string& consumer, const std::string& message) {
  CountError(metrics_, "consume", "refused");
  spdlog::error("{}: cannot go on until this is mended, trying again: {}", consumer, message);
}

void ConsumerEvents::StoreRetried(const std::string& consumer, const std::string& message) {
  CountError(metrics_, "store", "retriable");
  spdlog::warn("{}: the store did not take a batch, trying again: {}", consumer, message);
}

void ConsumerEvents::PositionLost(const std::string& consumer, const std::string& message) {
  CountError(metrics_, "store", "conflict");
  spdlog::warn("{}: another member stored first, reading from its position: {}", consumer, message);
}

void ConsumerEvents::LogChanged(const std::string& consumer, const std::string& message) {
  CountError(metrics_, "consume", "log-changed");
  spdlog::warn("{}: {}", consumer, message);
}

void ConsumerEvents::LeftOut() { CountError(metrics_, "consume", "left-out"); }

void ConsumerEvents::Gap(const std::string& consumer, const std::string& message) {
  CountError(metrics_, "consume", "gap");
  spdlog::warn("{}: {}", consumer, message);
}

void ConsumerEvents::RelayHeld(bool held) {
  if (held) spdlog::info("relay: this process publishes on the record topics");
  metrics_.Set("ytterby_relay_held", "1 while this process publishes on the record topics", {}, held ? 1 : 0);
}

void ConsumerEvents::RelayDirty(std::size_t issues) {
  metrics_.Set("ytterby_relay_dirty_issues", "Issues that wait to be compared with the record topics, as far as one step looks", {},
               static_cast<double>(issues));
}

void ConsumerEvents::RecordPublished(const std::string& topic, bool tombstone) {
  metrics_.Count("ytterby_record_events_total", "Events appended to the record topics",
                 {{"topic", topic}, {"type", tombstone ? "tombstone" : "record"}});
}

void ConsumerEvents::LettersCopied(std::size_t count) {
  metrics_.Count("ytterby_dead_letters_copied_total", "Dead letters copied to their topics", {}, static_cast<double>(count));
}

void ConsumerEvents::RecordTopicMadeAnew(const std::string& message) {
  CountError(metrics_, "relay", "log-changed");
  spdlog::warn("relay: {}: a record topic was made anew; they are read again, and what is missing there is published", message);
}

void ConsumerEvents::RelayTrouble(const std::string& message) {
  CountError(metrics_, "relay", "retriable");
  spdlog::warn("relay: {}", message);
}

void ConsumerEvents::Lag(const std::string& group, const TopicPartition& at, Offset lag) {
  metrics_.Set(kLag, "Messages between the group's stored offset and the end of the partition", LagLabels(group, at),
               static_cast<double>(lag));
}

void ConsumerEvents::LagIsAnothers(const std::string& group, const TopicPartition& at) { metrics_.RemoveGauge(kLag, LagLabels(group, at)); }

}  // namespace ytterby
