// The embedded log: a SQLite file in the data directory. Durable, replayable, needs no service; the default.
#pragma once

#include <condition_variable>
#include <deque>
#include <filesystem>
#include <memory>
#include <mutex>
#include <thread>

#include "common/db/sqlite.hpp"
#include "common/db/sqlite_checkpointer.hpp"
#include "common/log/embedded_rows.hpp"
#include "common/log/record_log.hpp"

namespace ytterby {

// One writer thread groups waiting appends into a transaction, so that one durable commit covers many records. The
// writer wakes readers in this process; readers in other processes check SQLite's data version every 10 ms. A group has
// one member: the caller holds the group's lease (common/lease.hpp) before it joins.
class EmbeddedLog final : public RecordLog {
 public:
  static Result<std::unique_ptr<EmbeddedLog>> Open(const std::filesystem::path& file, const Clock& clock);
  ~EmbeddedLog() override;

  const std::string& Id() const override { return id_; }
  Result<void> Append(OutgoingRecord record, Acknowledge acknowledge) override;
  Result<void> Flush(std::chrono::milliseconds limit) override;
  Result<std::vector<LogRecord>> Read(const TopicPartition& at, Offset from, const ReadLimits& limits) override;
  Result<Offset> OffsetForTime(const TopicPartition& at, Timestamp time) override;
  Result<Watermarks> GetWatermarks(const TopicPartition& at) override;
  Result<int> PartitionCount(const std::string& topic) override;
  Result<std::unique_ptr<GroupMember>> Join(const std::string& group, const std::vector<std::string>& topics,
                                            StartPosition start) override;
  Result<std::map<std::string, TopicState>> DescribeTopics(const std::vector<std::string>& names) override;
  Result<void> ApplyTopics(const std::vector<TopicSpec>& specs) override;
  Result<std::unique_ptr<FencedAppender>> OpenFenced(const std::string& name) override;

 private:
  friend class EmbeddedGroupMember;
  friend class EmbeddedFencedAppender;
  struct Pending {
    OutgoingRecord record;
    Acknowledge acknowledge;
  };

  explicit EmbeddedLog(std::filesystem::path file, const Clock& clock) : file_(std::move(file)), clock_(clock) {}
  void WriteUntilStopped(std::stop_token stop);
  Result<std::vector<Appended>> WriteBatch(const std::deque<Pending>& batch);
  Result<embedded::Topic> Find(const std::string& name);
  void Wake();  // something was appended
  // Waits until something was appended after `seen` (a value of appended_), another process committed, or `wait`
  // passed.
  void WaitForAppend(std::uint64_t seen, Database& reader, std::int64_t data_version, std::chrono::milliseconds wait);
  std::uint64_t appended();

  std::filesystem::path file_;
  const Clock& clock_;
  std::string id_;

  std::mutex read_mutex_;  // guards reader_ and find_topic_
  Database reader_;
  Statement find_topic_;

  Database writer_;  // belongs to the writer thread
  embedded::RowAppender rows_;
  std::unique_ptr<SqliteCheckpointer> checkpointer_;

  std::mutex mutex_;  // guards the members below
  std::condition_variable queue_changed_, drained_, appended_changed_;
  std::deque<Pending> queue_;
  std::size_t queue_bytes_ = 0;
  std::size_t in_flight_ = 0;
  std::uint64_t appended_ = 0;
  std::jthread thread_;
};

}  // namespace ytterby
