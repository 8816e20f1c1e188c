// A record log in memory that can be told to fail: refuse appends, lose records, hide a committed batch.
#pragma once

#include <algorithm>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <utility>

#include "common/log/record_log.hpp"

namespace ytterby::testing {

class FakeLog final : public RecordLog {
 public:
  std::string id = "fake";
  int fail_appends = 0;  // how many of the next appends are refused in their acknowledgement
  ErrorKind refusal = ErrorKind::kUnavailable;
  int fail_fenced = 0;                                         // how many of the next fenced batches are refused
  std::function<void()> before_fenced;                         // runs once, before the next fenced batch is handled
  std::optional<Error> refuse_join;                            // the error returned to the next member that joins
  std::function<void()> before_poll;                           // runs once, before the next poll of a member
  std::optional<std::pair<TopicPartition, Offset>> leave_out;  // the next poll that reaches this record skips it
  int die_after_fenced = 0;  // the fenced batch with this number, from 1, is stored but reported as failed
  std::function<bool(const OutgoingRecord&)> never_takes;  // a fenced batch with such a record is always refused
  bool late_marks = false;        // the first watermarks after a fenced batch do not include it, as on Kafka
  std::string refuse_watermarks;  // the next call for this topic's watermarks fails
  std::set<TopicPartition>
      without_position;  // partitions whose committed positions are lost, as after a topic is recreated
  std::map<TopicPartition, Watermarks> known_marks;  // of the partitions that members say they hold; none by default
  bool unassigned = false;                           // the group has given its members no partitions yet
  bool away = false;                                 // polls and joins fail
  std::map<TopicPartition, std::vector<LogRecord>> records;  // for tests, while nothing else uses the log

  const std::string& Id() const override { return id; }
  Result<void> Append(OutgoingRecord record, Acknowledge acknowledge) override {
    if (fail_appends > 0) {
      --fail_appends;
      acknowledge(Fail(refusal, "fake: refused"));
      return {};
    }
    const TopicPartition at{record.topic, 0};
    LogRecord stored;
    stored.at = at;
    stored.key = record.key;
    stored.value = record.value;
    stored.headers = record.headers;
    stored.tombstone = record.tombstone;
    acknowledge(Appended{at, Store(std::move(stored))});
    return {};
  }
  Result<void> Flush(std::chrono::milliseconds) override { return {}; }
  Result<std::vector<LogRecord>> Read(const TopicPartition& at, Offset from, const ReadLimits& limits) override {
    std::vector<LogRecord> read;
    std::lock_guard lock(mutex_);
    for (const LogRecord& record : RecordsOf(at)) {
      if (record.offset >= from && read.size() < limits.records) read.push_back(record);
    }
    return read;
  }
  Result<Offset> OffsetForTime(const TopicPartition&, Timestamp) override { return 0; }
  Result<Watermarks> GetWatermarks(const TopicPartition& at) override {
    if (!refuse_watermarks.empty() && at.topic == refuse_watermarks) {
      refuse_watermarks.clear();
      return Fail(ErrorKind::kUnavailable, "fake: not now");
    }
    std::lock_guard lock(mutex_);
    const std::vector<LogRecord>& all = RecordsOf(at);
    if (all.empty()) return Watermarks{0, 0};
    Watermarks marks{all.front().offset, all.back().offset + 1};
    if (const auto late = late_.extract(at); late && late_marks) marks.high = late.mapped();
    return marks;
  }
  Result<int> PartitionCount(const std::string&) override { return 1; }
  Result<std::unique_ptr<GroupMember>> Join(const std::string&, const std::vector<std::string>& topics,
                                            StartPosition start) override {
    if (away) return Fail(ErrorKind::kUnavailable, "fake: away");
    if (const auto refused = std::exchange(refuse_join, std::nullopt)) return tl::unexpected<Error>(*refused);
    auto member = std::make_unique<Member>(*this);
    for (const std::string& topic : topics) {
      YT_ASSIGN(offset, start({topic, 0}));
      member->next[{topic, 0}] = offset;
    }
    return std::unique_ptr<GroupMember>(std::move(member));
  }
  Result<std::map<std::string, TopicState>> DescribeTopics(const std::vector<std::string>&) override {
    return std::map<std::string, TopicState>();
  }
  Result<void> ApplyTopics(const std::vector<TopicSpec>&) override { return {}; }
  Result<std::unique_ptr<FencedAppender>> OpenFenced(const std::string& name) override {
    return std::unique_ptr<FencedAppender>(new Fenced(*this, name, ++holders_[name]));
  }

  std::size_t Count(const std::string& topic) const {
    std::lock_guard lock(mutex_);
    return RecordsOf({topic, 0}).size();
  }
  // Appends all records of all topics again: duplicate delivery.
  void RepeatEverything() {
    for (auto& [at, list] : records) {
      const std::vector<LogRecord> copy = list;
      for (LogRecord record : copy) {
        record.offset = static_cast<Offset>(list.size());
        list.push_back(record);
      }
    }
  }

 private:
  Offset Store(LogRecord stored) {
    std::lock_guard lock(mutex_);
    std::vector<LogRecord>& all = records[stored.at];
    stored.offset = static_cast<Offset>(all.size());
    stored.timestamp = Timestamp(std::chrono::milliseconds(1'700'000'000'000 + ++ticks_));
    all.push_back(std::move(stored));
    return all.back().offset;
  }
  const std::vector<LogRecord>& RecordsOf(const TopicPartition& at) const {
    static const std::vector<LogRecord> none;
    const auto found = records.find(at);
    return found == records.end() ? none : found->second;
  }

  class Member final : public GroupMember {
   public:
    explicit Member(FakeLog& log) : log_(log) {}
    Result<std::vector<LogRecord>> Poll(const PollLimits& limits) override {
      if (const auto before = std::exchange(log_.before_poll, nullptr)) before();
      if (log_.away) return Fail(ErrorKind::kUnavailable, "fake: away");
      if (log_.unassigned) return std::vector<LogRecord>();
      std::vector<LogRecord> all;
      for (auto& [at, offset] : next) {
        auto some = log_.Read(at, offset, limits.batch);
        if (!some->empty()) offset = some->back().offset + 1;
        if (log_.leave_out && log_.leave_out->first == at) {
          if (std::erase_if(*some, [&](const LogRecord& record) { return record.offset == log_.leave_out->second; }) >
              0)
            log_.leave_out.reset();
        }
        all.insert(all.end(), some->begin(), some->end());
      }
      return all;
    }
    Result<void> Seek(const TopicPartition& at, Offset offset) override {
      next[at] = offset;
      return {};
    }
    Result<void> CommitForTools(const std::map<TopicPartition, Offset>& told) override {
      if (log_.without_position.empty()) return {};  // no write here: several consumers may run at once
      for (const auto& [at, offset] : told) log_.without_position.erase(at);
      return {};
    }
    std::vector<TopicPartition> WithoutPosition(const std::vector<TopicPartition>& asked) override {
      std::vector<TopicPartition> without;
      for (const TopicPartition& at : asked) {
        if (log_.without_position.contains(at)) without.push_back(at);
      }
      return without;
    }
    std::vector<TopicPartition> Assignment() const override {
      std::vector<TopicPartition> held;
      for (const auto& [at, marks] : log_.known_marks) held.push_back(at);
      return held;
    }
    bool HasAssignment() const override { return !log_.unassigned; }
    std::optional<Watermarks> KnownWatermarks(const TopicPartition& at) const override {
      const auto known = log_.known_marks.find(at);
      return known == log_.known_marks.end() ? std::nullopt : std::optional<Watermarks>(known->second);
    }
    std::map<TopicPartition, Offset> next;

   private:
    FakeLog& log_;
  };

  class Fenced final : public FencedAppender {
   public:
    Fenced(FakeLog& log, std::string name, int holder) : log_(log), name_(std::move(name)), holder_(holder) {}
    Result<BatchStarts> Append(const std::vector<OutgoingRecord>& batch) override {
      if (const auto before = std::exchange(log_.before_fenced, nullptr)) before();
      if (log_.holders_[name_] != holder_) return Fail(ErrorKind::kConflict, "fake: fenced off");
      if (log_.fail_fenced > 0) {
        --log_.fail_fenced;
        return Fail(ErrorKind::kUnavailable, "fake: refused");
      }
      if (log_.never_takes && std::any_of(batch.begin(), batch.end(), log_.never_takes)) {
        return Fail(ErrorKind::kBadData, "fake: never");
      }
      BatchStarts starts;
      for (const OutgoingRecord& record : batch) {
        YT_CHECK(
            log_.Append(record, [&](const Result<Appended>& place) { starts.try_emplace(place->at, place->offset); }));
      }
      if (log_.late_marks) log_.late_ = starts;
      if (log_.die_after_fenced > 0 && --log_.die_after_fenced == 0)
        return Fail(ErrorKind::kUnavailable, "fake: gone after the commit");
      return starts;
    }

   private:
    FakeLog& log_;
    std::string name_;
    int holder_;
  };

  mutable std::mutex mutex_;  // guards the records
  std::map<std::string, int> holders_;
  BatchStarts late_;
  std::int64_t ticks_ = 0;
};

}  // namespace ytterby::testing
