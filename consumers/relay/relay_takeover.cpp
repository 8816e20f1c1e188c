// What a relay does first with a new lease: it fences off the former holder, takes over that holder's notes, and learns
// what is on the record topics. It retracts none of it before the consumers have stored what is in the log.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "consumers/relay/relay.hpp"

namespace ytterby {

Result<void> Relay::Begin(const RelayLease& lease) {
  term_ = lease.term;
  lease_mark_ = lease.mark;
  behind_.clear();
  todo_.clear();
  appender_.reset();
  owner_.reset();
  // From here on an earlier holder of the store's lease is fenced off.
  YT_ASSIGN(letters, log_.OpenFenced(letters_name_));
  letters_appender_ = std::move(letters);
  worked_ = true;  // so that the topics are checked even if there is nothing to do
  sent_ = false;
  if (!options_.records) events_.Publishes(term_, false);
  return {};
}

// This is where the guarantee "one store publishes on the record topics of a log" is made: claims are appended under
// the same fenced name as records, so that one of two simultaneous claims fails, and a former owner cannot append
// another batch.
Result<bool> Relay::OwnsTopics() {
  const auto now = std::chrono::steady_clock::now();
  if (owner_ && now - owner_read_ < options_.owner_check) return appender_ != nullptr;
  YT_ASSIGN(owner, ReadOwner(log_));
  owner_read_ = now;
  const bool changed = !owner_ || owner_->offset != owner.offset;
  owner_ = owner;
  if (!owner.owner) {
    YT_ASSIGN(claim, ClaimRecordTopics(log_, store_.Id()));
    owner_ = claim;
  }
  if (!owner_->owner || owner_->owner->store != store_.Id()) {
    appender_.reset();
    if (owner_->owner) events_.NotOwner(NotOwnerMessage(*owner_->owner, log_.Id()));
    return false;
  }
  if (changed || !appender_) YT_CHECK(BeginToPublish());
  return true;
}

Result<void> Relay::BeginToPublish() {
  mark_ = target_ = lease_mark_;
  // From here on an earlier holder of the name is fenced off.
  YT_ASSIGN(appender, log_.OpenFenced(std::string(kRecordTopicsAppender)));
  appender_ = std::move(appender);
  events_.Publishes(term_, true);
  // A predecessor may have sent what it noted: it counts as published, and is sent again until it is acknowledged.
  YT_ASSIGN(noted, store_.relay().Noted());
  if (!noted.empty()) YT_CHECK(store_.relay().WriteRelay(term_, {.published = std::move(noted)}));
  target_.view = std::to_string(kViewVersion);
  // If this is not the claim under which this store last published, another store may have published in between.
  const std::string known_log = fmt::format("{} claim {}", log_.Id(), owner_->offset);
  if (mark_.log_id != known_log) {
    target_.log_id = known_log;
    YT_CHECK(ReadRecordTopics());
    at_start_.clear();
    for (const Normaliser& consumer : Normalisers()) {
      behind_.emplace(consumer.consumer);
      for (const std::string& topic : TopicsOf(consumer)) {
        YT_ASSIGN(partitions, log_.PartitionCount(topic));
        for (int partition = 0; partition < partitions; ++partition) {
          const TopicPartition at{topic, partition};
          if (at_start_.contains(at)) continue;
          YT_ASSIGN(marks, log_.GetWatermarks(at));
          if (marks.high > marks.low) at_start_[at] = marks.high;
        }
      }
    }
  } else if (mark_.view != target_.view) {
    YT_CHECK(CompareAll(PublishedKinds()));
  }
  return {};
}

Result<void> Relay::ReadRecordTopics() {
  // The sequences of records that the topics do not show start after all that this store ever assigned, and after all
  // that were ever published there.
  YT_CHECK(store_.relay().WriteRelay(term_, {.forget = true}));
  YT_ASSIGN(lease, store_.relay().TakeRelay(holder_, options_.lease));
  if (!lease || lease->term != term_) return Fail(ErrorKind::kConflict, "the relay's lease was lost");
  target_.first_sequence = lease->mark.first_sequence;
  Offset ends = 0;
  ends_.clear();
  starts_.clear();
  for (RecordKind kind : PublishedKinds()) {
    const std::string topic = RecordTopic(kind);
    YT_ASSIGN(partitions, log_.PartitionCount(topic));
    if (partitions == 0) return FailLog(ErrorKind::kUnavailable, "topic " + topic + " does not exist");
    for (int partition = 0; partition < partitions; ++partition) {
      const TopicPartition at{topic, partition};
      YT_ASSIGN(marks, log_.GetWatermarks(at));
      ends += marks.high;
      YT_ASSIGN(foreign, ReadPartition(kind, at, marks, nullptr));
      // Where a stranger wrote last, our last event is still the record's, but subscribers no longer see it.
      if (!foreign.empty()) YT_CHECK(ReadPartition(kind, at, marks, &foreign));
    }
  }
  // There were at most `ends` events: a record whose last event is compacted away starts after all of them.
  if (ends > 0) target_.first_sequence = std::max(target_.first_sequence, ends + 1);
  return {};
}

Result<std::set<std::string>> Relay::ReadPartition(RecordKind kind, const TopicPartition& at, const Watermarks& marks,
                                                   const std::set<std::string>* only) {
  std::set<std::string> foreign;
  for (Offset next = marks.low; next < marks.high;) {
    YT_CHECK(RenewLease());
    YT_ASSIGN(records, log_.Read(at, next, {}));
    if (records.empty()) break;  // only transaction markers are left
    next = records.back().offset + 1;
    std::map<std::string, PublishedRecord> latest;
    for (const LogRecord& record : records) {
      const auto event = DecodeRecordEvent(record);
      if (!event) {
        if (!only) events_.Skipped(event.error().message);
        foreign.insert(record.key);
        continue;
      }
      foreign.erase(event->id);
      if (only && !only->contains(event->id)) continue;
      const auto before = latest.find(event->id);
      if (before != latest.end() && before->second.sequence > event->sequence) continue;
      latest[event->id] = {kind,
                           event->id,
                           event->issue,
                           event->gone ? std::nullopt : std::optional(Sha256(event->value)),
                           event->sequence,
                           only == nullptr};
    }
    RelayBatch batch;
    for (auto& [id, record] : latest) batch.published.push_back(std::move(record));
    if (!batch.published.empty()) YT_CHECK(store_.relay().WriteRelay(term_, batch));
  }
  return foreign;
}

Result<void> Relay::CheckTopics() {
  YT_ASSIGN(recreated, RecreatedTopic());
  if (!recreated) return {};
  return ReadAgain(*recreated);
}

Result<void> Relay::ReadAgain(const std::string& why) {
  YT_CHECK(store_.relay().ForgetPublished());
  ends_.clear();
  starts_.clear();
  events_.RecordTopicRecreated(why);
  return Fail(ErrorKind::kConflict, "reading the record topics again");
}

Result<void> Relay::CheckStarts(const BatchStarts& starts) {
  for (const auto& [at, start] : starts) {
    const auto before = starts_.find(at);
    const auto end = ends_.find(at);
    const Offset least =
        std::max(before == starts_.end() ? 0 : before->second + 1, end == ends_.end() ? 0 : end->second);
    if (start < least)
      return ReadAgain(fmt::format("{}/{} continues at {}, not at {}", at.topic, at.partition, start, least));
  }
  for (const auto& [at, start] : starts) starts_[at] = start;
  return {};
}

Result<std::optional<std::string>> Relay::RecreatedTopic() {
  const auto now = std::chrono::steady_clock::now();
  if (now - topics_checked_ < options_.recreated_check) return std::optional<std::string>();
  Offset all = 0;
  std::map<TopicPartition, Offset> ends;
  for (RecordKind kind : PublishedKinds()) {
    const std::string topic = RecordTopic(kind);
    YT_ASSIGN(partitions, log_.PartitionCount(topic));
    if (partitions == 0) return FailLog(ErrorKind::kUnavailable, "topic " + topic + " does not exist");
    for (int partition = 0; partition < partitions; ++partition) {
      YT_CHECK(RenewLease());
      const TopicPartition at{topic, partition};
      YT_ASSIGN(marks, log_.GetWatermarks(at));
      all += marks.high;
      ends[at] = marks.high;
      const auto before = ends_.find(at);
      if (before != ends_.end() && marks.high < before->second) {
        return std::optional<std::string>(
            fmt::format("{}/{} ends at {}, not at {}", topic, partition, marks.high, before->second));
      }
    }
  }
  ends_ = std::move(ends);
  topics_checked_ = now;
  // What this process has just sent may not be visible yet.
  if (all > 0 || sent_) return std::optional<std::string>();
  YT_ASSIGN(published, store_.relay().PublishedIssues());
  if (published.empty()) return std::optional<std::string>();
  return std::optional<std::string>("the record topics are empty");
}

Result<void> Relay::UpdateBehind() {
  if (behind_.empty()) return {};
  for (const Normaliser& consumer : Normalisers()) {
    const std::string name(consumer.consumer);
    if (!behind_.contains(name)) continue;
    YT_ASSIGN(all, HasStoredAll(name));
    if (!all) continue;
    behind_.erase(name);
    YT_CHECK(CompareAll(KindsOf(consumer)));
  }
  if (behind_.empty()) YT_CHECK(CompareAll({RecordKind::kFinding}));
  return {};
}

Result<bool> Relay::HasStoredAll(const std::string& consumer) {
  for (const std::string& topic : TopicsOf(*FindNormaliser(consumer))) {
    for (auto at = at_start_.lower_bound({topic, 0}); at != at_start_.end() && at->first.topic == topic; ++at) {
      YT_ASSIGN(offset, store_.writer().OffsetOf(consumer, log_.Id(), at->first));
      if (!offset || offset->next < at->second) return false;
    }
  }
  return true;
}

Result<void> Relay::CompareAll(const std::vector<RecordKind>& kinds) {
  YT_ASSIGN(snapshot, store_.OpenSnapshot());
  YT_CHECK(ReadAllIssues(*snapshot));  // includes those that only consumers that were behind have touched
  YT_ASSIGN(published, store_.relay().PublishedIssues());
  for (const std::vector<IssueId>* issues : {&std::as_const(*issues_), &std::as_const(published)}) {
    for (const IssueId& issue : *issues) todo_[issue].insert(kinds.begin(), kinds.end());
  }
  return {};
}

}  // namespace ytterby
