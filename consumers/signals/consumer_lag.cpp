#include "consumers/signals/consumer_lag.hpp"

#include <algorithm>
#include <utility>

namespace ytterby {

ConsumerLag::ConsumerLag(ConsumerEvents& events, const Clock& clock, std::string group, const StoredOffsets& stored)
    : events_(events), clock_(clock), group_(std::move(group)), stored_(stored) {
  events_.LagSeconds(group_, 0);
}

void ConsumerLag::Read(const std::vector<LogRecord>& records) {
  std::optional<Timestamp> oldest;
  for (const LogRecord& record : records) {
    oldest = std::min(oldest.value_or(record.timestamp), record.timestamp);
    Offset& end = ends_[record.at];
    end = std::max(end, record.offset + 1);
    if (!reported_.contains(record.at)) last_report_ = {};
  }
  if (oldest) waiting_since_ = oldest;
}

void ConsumerLag::Stored(const std::vector<LogRecord>& records) {
  // What still waits is newer.
  for (const LogRecord& record : records)
    waiting_since_ = std::max(waiting_since_.value_or(record.timestamp), record.timestamp);
}

void ConsumerLag::Report(const GroupMember& member) {
  const auto now = std::chrono::steady_clock::now();
  if (now - last_report_ < std::chrono::seconds(1)) return;
  last_report_ = now;
  if (!member.HasAssignment()) return;
  const std::vector<TopicPartition> held = member.Assignment();
  for (const TopicPartition& at : held) {
    if (const auto marks = member.KnownWatermarks(at)) Know(at, *marks);
  }
  Limit({held.begin(), held.end()});
  Publish();
}

void ConsumerLag::ReportUnassigned(const std::map<TopicPartition, Watermarks>& marks) {
  std::set<TopicPartition> all;
  for (const auto& [at, known] : marks) {
    Know(at, known);
    all.insert(at);
  }
  Limit(std::move(all));
  Publish();
}

// Messages that the log no longer has do not count as lag.
void ConsumerLag::Know(const TopicPartition& at, const Watermarks& marks) {
  lows_[at] = marks.low;
  ends_[at] = marks.high;
}

// Other members report the other partitions.
void ConsumerLag::Limit(std::set<TopicPartition> held) {
  for (const TopicPartition& at : std::exchange(reported_, std::move(held))) {
    if (!reported_.contains(at)) events_.LagIsAnothers(group_, at);
  }
}

void ConsumerLag::Publish() {
  bool behind = false;
  for (const TopicPartition& at : reported_) {
    const auto end = ends_.find(at);
    if (end == ends_.end()) continue;
    const auto stored = stored_.find(at);
    const auto low = lows_.find(at);
    Offset next = stored == stored_.end() ? 0 : stored->second.value_or(0);
    if (low != lows_.end()) next = std::max(next, low->second);
    const Offset lag = std::max<Offset>(0, end->second - next);
    events_.Lag(group_, at, lag);
    behind = behind || lag > 0;
  }
  // A message that is not read yet has waited since it was first noticed, at the latest.
  if (!behind) waiting_since_.reset();
  if (behind && !waiting_since_) waiting_since_ = clock_.Now();
  const double age = behind ? std::chrono::duration<double>(clock_.Now() - *waiting_since_).count() : 0;
  events_.LagSeconds(group_, std::max(0.0, age));
}

}  // namespace ytterby
