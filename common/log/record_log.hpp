// The record log: topics with partitions and offsets. Start reading here.
//
// Producers append, one-shot commands read from positions, consumers join a group. Two adapters stand behind this port,
// under one conformance test: the embedded log (a SQLite file) and Kafka. Nothing else in the program knows which.
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

// What an appender hands over. The partition follows from the key (murmur2, as Java clients do).
struct OutgoingRecord {
  std::string topic;
  std::string key;
  std::string value;
  Headers headers;
  bool tombstone = false;  // no value at all: what stands under the key is gone
};

struct LogRecord {
  TopicPartition at;
  Offset offset = 0;
  Timestamp timestamp{};  // given by the log when it took the record
  std::string key;
  std::string value;
  Headers headers;
  bool tombstone = false;
};

// Called once per appended record, from a thread of the log: where it now lies durably, or why it does not.
struct Appended {
  TopicPartition at;
  Offset offset = 0;
};
using Acknowledge = std::function<void(Result<Appended>)>;

// Where a batch begins in each partition that it touches.
using BatchStarts = std::map<TopicPartition, Offset>;

struct Watermarks {
  Offset low = 0;   // the first offset still there
  Offset high = 0;  // one past the last
};

struct ReadLimits {
  std::size_t records = 500;
  std::size_t bytes = 4u << 20;  // at least one record is returned, however large
};

struct PollLimits {
  ReadLimits batch = {};
  std::chrono::milliseconds wait{0};  // for the first record
  // Who appends records together appends one of this topic last: a poll that has it does not wait for more. Empty:
  // there is none.
  std::string_view last_topic = {};
};

// A stay in a consumer group. Not thread-safe: one consumer loop owns it.
class GroupMember {
 public:
  virtual ~GroupMember() = default;

  // Records of the partitions this member holds, at their positions. Empty when none came.
  virtual Result<std::vector<LogRecord>> Poll(const PollLimits& limits) = 0;
  // Moves the position of a partition this member holds.
  virtual Result<void> Seek(const TopicPartition& at, Offset offset) = 0;
  // Tells the log what the store has committed, for tools that show lag. Never a source of truth.
  virtual Result<void> CommitForTools(const std::map<TopicPartition, Offset>& next) = 0;
  // Of these partitions, those for which the log has no position told by CommitForTools: it never got one, or lost it
  // with a topic that was deleted, or cannot say. What is read there now may be another log. None where topics cannot
  // be deleted.
  virtual std::vector<TopicPartition> WithoutPosition(const std::vector<TopicPartition>&) { return {}; }
  virtual std::vector<TopicPartition> Assignment() const = 0;
  // The group has told this member which partitions are its own, perhaps none. False between joining and that, and
  // while the group divides them again.
  virtual bool HasAssignment() const { return true; }
  // What is known of a held partition's marks without asking anyone; nullopt before the first answer. Never waits for a
  // broker.
  virtual std::optional<Watermarks> KnownWatermarks(const TopicPartition& at) const = 0;
};

// Appends batches that are seen whole or not at all, under a name that has one holder at a time: whoever opens the name
// anew, in any process, fences off the holder before, however long that one was asleep. Not thread-safe.
class FencedAppender {
 public:
  virtual ~FencedAppender() = default;
  // Returns where it lies when the batch is durable. kConflict: fenced off, for good. kBadData: a record can never be
  // taken. Otherwise nothing of the batch is seen, or it is not known to be (kUnavailable): the holder opens its name
  // again and repeats the batch.
  virtual Result<BatchStarts> Append(const std::vector<OutgoingRecord>& records) = 0;
};

// Where a member starts in a partition it has just been given. Called from Poll or Join on the member's own thread.
using StartPosition = std::function<Result<Offset>(const TopicPartition&)>;

struct TopicSpec {
  std::string name;
  int partitions = 1;
  int replication = 1;
  std::map<std::string, std::string> settings;  // e.g. retention.ms = -1
  // Once made, the topic keeps its partitions: a key's later records must follow its earlier ones.
  bool keeps_partitions = false;
};

struct TopicState {
  bool exists = false;
  int partitions = 0;
  int replication = 0;                          // replicas of the first partition; 0 where there is no such thing
  std::map<std::string, std::string> settings;  // effective values
  std::map<std::string, std::string> explicit_settings;  // set on the topic itself, not inherited
};

// Thread-safe but for GroupMember.
class RecordLog {
 public:
  virtual ~RecordLog() = default;

  // Names this very log: offsets stored for another one mean nothing here.
  virtual const std::string& Id() const = 0;

  // Takes a record for appending. Waits while the queue is full; never drops. `acknowledge` runs when the record is
  // durable, or when it can never be. An error here means it was not taken and `acknowledge` will not run.
  virtual Result<void> Append(OutgoingRecord record, Acknowledge acknowledge) = 0;
  // Waits until everything appended so far is acknowledged. kTryLater when `limit` passes first.
  virtual Result<void> Flush(std::chrono::milliseconds limit) = 0;

  // Records of one partition from `from` on, in order. Empty at the end; kBadData below the low watermark.
  virtual Result<std::vector<LogRecord>> Read(const TopicPartition& at, Offset from, const ReadLimits& limits) = 0;
  // The first offset whose timestamp is `time` or later; the high watermark when there is none.
  virtual Result<Offset> OffsetForTime(const TopicPartition& at, Timestamp time) = 0;
  virtual Result<Watermarks> GetWatermarks(const TopicPartition& at) = 0;
  // Number of partitions, 0 for a topic that does not exist.
  virtual Result<int> PartitionCount(const std::string& topic) = 0;

  virtual Result<std::unique_ptr<GroupMember>> Join(const std::string& group, const std::vector<std::string>& topics,
                                                    StartPosition start) = 0;

  virtual Result<std::unique_ptr<FencedAppender>> OpenFenced(const std::string& name) = 0;

  virtual Result<std::map<std::string, TopicState>> DescribeTopics(const std::vector<std::string>& names) = 0;
  // Creates each topic, or adds partitions and writes the settings; done when the log shows them so. kConfiguration
  // when one would have to shrink: then none is changed.
  virtual Result<void> ApplyTopics(const std::vector<TopicSpec>& specs) = 0;
};

// An error that comes from the log itself.
inline tl::unexpected<Error> FailLog(ErrorKind kind, std::string message) {
  return Fail(kind, std::move(message), Part::kLog);
}

// Kafka's default partitioner for keyed records: positive murmur2 modulo the partition count.
int PartitionForKey(std::string_view key, int partitions);

}  // namespace ytterby
