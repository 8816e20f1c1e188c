// The record log: topics with partitions and offsets. Start reading here.
//
// Producers append, one-shot commands read from positions, consumers join a group. Two adapters implement this port,
// under one conformance test: the embedded log (a SQLite file) and Kafka. Nothing else in the program knows which one
// is in use.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/clock.hpp"
#include "common/result.hpp"

namespace ytterby {

using Offset = std::int64_t;

struct TopicPartition {
  std::string topic;
  int partition = 0;
  auto operator<=>(const TopicPartition&) const = default;
};

using Headers = std::vector<std::pair<std::string, std::string>>;

// The first header of that name, nullptr when there is none.
const std::string* FindHeader(const Headers& headers, std::string_view name);

// A record to append. Its key determines the partition (murmur2, as in Java clients).
struct OutgoingRecord {
  std::string topic;
  std::string key;
  std::string value;
  Headers headers;
  bool tombstone = false;  // no value at all: the record under this key is gone
};

struct LogRecord {
  TopicPartition at;
  Offset offset = 0;
  Timestamp timestamp{};  // assigned by the log when it took the record
  std::string key;
  std::string value;
  Headers headers;
  bool tombstone = false;
};

// Called once per appended record, from a thread of the log: where the record is now durable, or why it is not.
struct Appended {
  TopicPartition at;
  Offset offset = 0;
};
using Acknowledge = std::function<void(Result<Appended>)>;

// Where a batch begins in each partition that it touches.
using BatchStarts = std::map<TopicPartition, Offset>;

struct Watermarks {
  Offset low = 0;   // the first offset still stored
  Offset high = 0;  // one past the last
};

struct ReadLimits {
  std::size_t records = 500;
  std::size_t bytes = 4u << 20;  // at least one record is returned, however large
};

struct PollLimits {
  ReadLimits batch = {};
  std::chrono::milliseconds wait{0};  // for the first record
  // A producer that appends records together appends a record of this topic last, so a poll that has one does not wait
  // for more. Empty: no such topic.
  std::string_view last_topic = {};
};

// A membership in a consumer group. Not thread-safe: one consumer loop owns it.
class GroupMember {
 public:
  virtual ~GroupMember() = default;

  // Returns records of the partitions this member holds, from their positions on. Empty if none arrived.
  virtual Result<std::vector<LogRecord>> Poll(const PollLimits& limits) = 0;
  // Moves the position of a partition this member holds.
  virtual Result<void> Seek(const TopicPartition& at, Offset offset) = 0;
  // Tells the log what the store has committed, for tools that show lag. Never a source of truth.
  virtual Result<void> CommitForTools(const std::map<TopicPartition, Offset>& next) = 0;
  // Returns those of the given partitions for which the log has no position from CommitForTools: it never got one, lost
  // it when a topic was deleted, or cannot tell. What is read there now may be another log. Returns none where topics
  // cannot be deleted.
  virtual std::vector<TopicPartition> WithoutPosition(const std::vector<TopicPartition>&) { return {}; }
  virtual std::vector<TopicPartition> Assignment() const = 0;
  // True once the group has assigned this member its partitions, perhaps none. False between joining and that
  // assignment, and during a rebalance.
  virtual bool HasAssignment() const { return true; }
  // The last known watermarks of a held partition; nullopt before the first answer. Never waits for a broker.
  virtual std::optional<Watermarks> KnownWatermarks(const TopicPartition& at) const = 0;
};

// Appends batches that readers see whole or not at all, under a name that has one holder at a time: opening the name
// again, in any process, fences off the previous holder, however long that holder was asleep. Not thread-safe.
class FencedAppender {
 public:
  virtual ~FencedAppender() = default;
  // Returns where the batch begins once it is durable. kConflict: fenced off for good. kBadData: a record can never be
  // accepted. After any other error readers see nothing of the batch, or it is unknown whether they do (kUnavailable):
  // the holder opens its name again and repeats the batch.
  virtual Result<BatchStarts> Append(const std::vector<OutgoingRecord>& records) = 0;
};

// Where a member starts in a partition it has just been assigned. Called from Poll or Join on the member's own thread.
using StartPosition = std::function<Result<Offset>(const TopicPartition&)>;

struct TopicSpec {
  std::string name;
  int partitions = 1;
  int replication = 1;
  std::map<std::string, std::string> settings;  // e.g. retention.ms = -1
  // Once created, the topic keeps its number of partitions: a key's later records must follow its earlier ones.
  bool keeps_partitions = false;
};

struct TopicState {
  bool exists = false;
  int partitions = 0;
  int replication = 0;                                   // replicas of the first partition; 0 where the log has none
  std::map<std::string, std::string> settings;           // effective values
  std::map<std::string, std::string> explicit_settings;  // set on the topic itself, not inherited
};

// Thread-safe, except for the GroupMember and FencedAppender objects that it returns.
class RecordLog {
 public:
  virtual ~RecordLog() = default;

  // Identifies this log: offsets stored for another log mean nothing here.
  virtual const std::string& Id() const = 0;

  // Takes a record for appending. Waits while the queue is full; never drops. `acknowledge` runs when the record is
  // durable, or when it can never be. An error here means that the record was not taken and `acknowledge` will not run.
  virtual Result<void> Append(OutgoingRecord record, Acknowledge acknowledge) = 0;
  // Waits until everything appended so far is acknowledged. kTryLater when `limit` passes first.
  virtual Result<void> Flush(std::chrono::milliseconds limit) = 0;

  // Returns records of one partition from `from` on, in order. Empty at the end; kBadData below the low watermark.
  virtual Result<std::vector<LogRecord>> Read(const TopicPartition& at, Offset from, const ReadLimits& limits) = 0;
  // The first offset whose timestamp is `time` or later; the high watermark if there is none.
  virtual Result<Offset> OffsetForTime(const TopicPartition& at, Timestamp time) = 0;
  virtual Result<Watermarks> GetWatermarks(const TopicPartition& at) = 0;
  // Number of partitions, 0 for a topic that does not exist.
  virtual Result<int> PartitionCount(const std::string& topic) = 0;

  virtual Result<std::unique_ptr<GroupMember>> Join(const std::string& group, const std::vector<std::string>& topics,
                                                    StartPosition start) = 0;

  virtual Result<std::unique_ptr<FencedAppender>> OpenFenced(const std::string& name) = 0;

  virtual Result<std::map<std::string, TopicState>> DescribeTopics(const std::vector<std::string>& names) = 0;
  // Creates each topic, or adds partitions and writes the settings; returns when the log shows the result.
  // kConfiguration if a topic would have to shrink; then none is changed.
  virtual Result<void> ApplyTopics(const std::vector<TopicSpec>& specs) = 0;
};

// An error that comes from the log itself.
inline tl::unexpected<Error> FailLog(ErrorKind kind, std::string message) {
  return Fail(kind, std::move(message), Part::kLog);
}

// Kafka's default partitioner for keyed records: positive murmur2 modulo the partition count.
int PartitionForKey(std::string_view key, int partitions);

}  // namespace ytterby
