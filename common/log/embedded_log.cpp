#include "common/log/embedded_log.hpp"

#include <fmt/format.h>

#include "common/log/embedded_fenced_appender.hpp"
#include "common/log/embedded_group_member.hpp"
#include "common/log/embedded_rows.hpp"
#include "common/uuid.hpp"

namespace ytterby {

using namespace embedded;

namespace {

constexpr std::size_t kMaxQueueBytes = 8u << 20;
constexpr std::size_t kMaxBatchBytes = 4u << 20;
constexpr std::chrono::milliseconds kCrossProcessPoll{10};
constexpr int kCheckpointPages = 250;

}  // namespace

Result<std::unique_ptr<EmbeddedLog>> EmbeddedLog::Open(const std::filesystem::path& file, const Clock& clock) {
  std::error_code ec;
  std::filesystem::create_directories(file.parent_path(), ec);
  std::unique_ptr<EmbeddedLog> log(new EmbeddedLog(file, clock));
  const SqliteOptions options{.page_bytes = 16384, .cache_kib = 4096, .part = Part::kLog};
  YT_ASSIGN(writer, Database::Open(file, options));
  log->writer_ = std::move(writer);
  YT_CHECK(log->writer_.RequireFormat(1));
  YT_CHECK(log->writer_.Begin());
  YT_CHECK(log->writer_.Execute(
      "CREATE TABLE IF NOT EXISTS meta(key TEXT PRIMARY KEY, value TEXT NOT NULL);"
      "CREATE TABLE IF NOT EXISTS topics(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, partitions INTEGER NOT "
      "NULL);"
      "CREATE TABLE IF NOT EXISTS records(id INTEGER PRIMARY KEY, timestamp INTEGER NOT NULL, key BLOB NOT NULL, "
      "headers BLOB NOT NULL, value BLOB NOT NULL, checksum INTEGER);"
      "CREATE TABLE IF NOT EXISTS fences(name TEXT PRIMARY KEY, holder INTEGER NOT NULL);"
      "INSERT OR IGNORE INTO meta VALUES('log_id', '" +
      RandomUuid() +
      "');"
      "INSERT OR IGNORE INTO meta VALUES('format', '1')"));
  {
    YT_ASSIGN(column, log->writer_.Prepare("SELECT 1 FROM pragma_table_info('records') WHERE name = 'checksum'"));
    YT_ASSIGN(there, column.Step());
    column.Reset();
    // A log of an older program: its records stay as they are, without one.
    if (!there) YT_CHECK(log->writer_.Execute("ALTER TABLE records ADD COLUMN checksum INTEGER"));
  }
  YT_CHECK(log->writer_.Commit());
  YT_ASSIGN(meta, log->writer_.Prepare("SELECT value FROM meta WHERE key = 'log_id'"));
  YT_ASSIGN(found, meta.Step());
  if (!found) return Fail(ErrorKind::kInternal, file.string() + ": a log without an id");
  log->id_ = meta.Text(0);
  meta.Reset();
  YT_ASSIGN(rows, RowAppender::Prepare(log->writer_));
  log->rows_ = std::move(rows);
  YT_ASSIGN(checkpointer, SqliteCheckpointer::Watch(log->writer_, file, kCheckpointPages));
  log->checkpointer_ = std::move(checkpointer);
  YT_ASSIGN(reader, Database::Open(file, options));
  log->reader_ = std::move(reader);
  YT_ASSIGN(find, log->reader_.Prepare(kFindTopic));
  log->find_topic_ = std::move(find);
  EmbeddedLog* self = log.get();
  log->thread_ = std::jthread([self](std::stop_token stop) { self->WriteUntilStopped(std::move(stop)); });
  return log;
}

EmbeddedLog::~EmbeddedLog() {
  thread_.request_stop();
  {
    std::lock_guard lock(mutex_);
    queue_changed_.notify_all();
  }
  if (thread_.joinable()) thread_.join();
}

Result<void> EmbeddedLog::Append(OutgoingRecord record, Acknowledge acknowledge) {
  std::unique_lock lock(mutex_);
  drained_.wait(lock, [this] { return queue_bytes_ < kMaxQueueBytes; });
  queue_bytes_ += record.value.size() + 256;
  queue_.push_back({std::move(record), std::move(acknowledge)});
  queue_changed_.notify_one();
  return {};
}

Result<void> EmbeddedLog::Flush(std::chrono::milliseconds limit) {
  std::unique_lock lock(mutex_);
  if (!drained_.wait_for(lock, limit, [this] { return queue_.empty() && in_flight_ == 0; })) {
    return Fail(ErrorKind::kTryLater,
                fmt::format("{}: appends still waiting after {} ms", file_.string(), limit.count()));
  }
  return {};
}

// This guarantees "durable on acknowledgement": acknowledgements run after the commit, which syncs.
void EmbeddedLog::WriteUntilStopped(std::stop_token stop) {
  while (true) {
    std::deque<Pending> batch;
    {
      std::unique_lock lock(mutex_);
      queue_changed_.wait(lock, [&] { return !queue_.empty() || stop.stop_requested(); });
      if (queue_.empty()) return;
      std::size_t bytes = 0;
      while (!queue_.empty() && bytes < kMaxBatchBytes) {
        bytes += queue_.front().record.value.size() + 256;
        batch.push_back(std::move(queue_.front()));
        queue_.pop_front();
      }
      queue_bytes_ -= bytes;
      in_flight_ = batch.size();
    }
    auto written = WriteBatch(batch);
    if (!written) writer_.Rollback();
    {
      std::lock_guard lock(mutex_);
      if (written) ++appended_;
      appended_changed_.notify_all();
    }
    for (std::size_t i = 0; i < batch.size(); ++i) {
      if (written) {
        batch[i].acknowledge((*written)[i]);
      } else {
        batch[i].acknowledge(tl::unexpected<Error>(written.error()));
      }
    }
    std::lock_guard lock(mutex_);
    in_flight_ = 0;
    drained_.notify_all();
  }
}

Result<std::vector<Appended>> EmbeddedLog::WriteBatch(const std::deque<Pending>& batch) {
  std::vector<const OutgoingRecord*> records;
  records.reserve(batch.size());
  for (const Pending& pending : batch) records.push_back(&pending.record);
  YT_CHECK(writer_.Begin());
  YT_ASSIGN(places, rows_.Add(records, clock_.Now()));
  YT_CHECK(writer_.Commit());
  return places;
}

Result<Topic> EmbeddedLog::Find(const std::string& name) {
  std::lock_guard lock(read_mutex_);
  return FindTopic(find_topic_, name);
}

Result<std::vector<LogRecord>> EmbeddedLog::Read(const TopicPartition& at, Offset from, const ReadLimits& limits) {
  YT_ASSIGN(topic, Find(at.topic));
  std::lock_guard lock(read_mutex_);
  YT_ASSIGN(select, reader_.Prepare(kSelectRecords));
  std::vector<LogRecord> records;
  YT_CHECK(ReadInto(select, topic.id, at, from, limits.records, limits.bytes, records));
  return records;
}

Result<Offset> EmbeddedLog::OffsetForTime(const TopicPartition& at, Timestamp time) {
  YT_ASSIGN(topic, Find(at.topic));
  YT_ASSIGN(marks, GetWatermarks(at));
  std::lock_guard lock(read_mutex_);
  YT_ASSIGN(select, reader_.Prepare("SELECT timestamp FROM records WHERE id = ?"));
  Offset low = marks.low, high = marks.high;
  while (low < high) {
    const Offset middle = low + (high - low) / 2;
    select.Bind(1, RowId(topic.id, at.partition, middle));
    YT_ASSIGN(found, select.Step());
    const bool before = found && select.Int(0) < ToMillis(time);
    select.Reset();
    if (before) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

Result<Watermarks> EmbeddedLog::GetWatermarks(const TopicPartition& at) {
  YT_ASSIGN(topic, Find(at.topic));
  std::lock_guard lock(read_mutex_);
  YT_ASSIGN(select, reader_.Prepare("SELECT id FROM records WHERE id < ? AND id >= ? ORDER BY id DESC LIMIT 1"));
  select.Bind(1, RowId(topic.id, at.partition + 1, 0)).Bind(2, RowId(topic.id, at.partition, 0));
  YT_ASSIGN(found, select.Step());
  return Watermarks{0, found ? OffsetOf(select.Int(0)) + 1 : 0};
}

Result<int> EmbeddedLog::PartitionCount(const std::string& topic) {
  YT_ASSIGN(found, Find(topic));
  return found.partitions;
}

Result<std::map<std::string, TopicState>> EmbeddedLog::DescribeTopics(const std::vector<std::string>& names) {
  std::map<std::string, TopicState> states;
  for (const std::string& name : names) {
    YT_ASSIGN(topic, Find(name));
    TopicState state;
    state.exists = topic.partitions > 0;
    state.partitions = topic.partitions;
    // The embedded log keeps everything and stamps on append; it has no other settings.
    state.settings = {{"cleanup.policy", "delete"},
                      {"retention.ms", "-1"},
                      {"retention.bytes", "-1"},
                      {"message.timestamp.type", "LogAppendTime"}};
    states[name] = state;
  }
  return states;
}

Result<void> EmbeddedLog::ApplyTopics(const std::vector<TopicSpec>& specs) {
  std::vector<const TopicSpec*> changed;
  for (const TopicSpec& spec : specs) {
    YT_ASSIGN(topic, Find(spec.name));
    if (spec.keeps_partitions && topic.partitions > 0) continue;
    if (topic.partitions > spec.partitions) {
      return Fail(ErrorKind::kConfiguration, fmt::format("topic {} has {} partitions and cannot shrink to {}",
                                                         spec.name, topic.partitions, spec.partitions));
    }
    if (spec.partitions >= 1 << kPartitionBits) {
      return Fail(ErrorKind::kConfiguration,
                  fmt::format("topic {}: at most {} partitions", spec.name, (1 << kPartitionBits) - 1));
    }
    if (topic.partitions < spec.partitions) changed.push_back(&spec);
  }
  if (changed.empty()) return {};
  std::lock_guard lock(read_mutex_);
  const auto apply = [&]() -> Result<void> {
    YT_CHECK(reader_.Begin());
    YT_ASSIGN(upsert,
              reader_.Prepare("INSERT INTO topics(name, partitions) VALUES(?, ?) "
                              "ON CONFLICT(name) DO UPDATE SET partitions = max(partitions, excluded.partitions)"));
    for (const TopicSpec* spec : changed) {
      upsert.BindText(1, spec->name).Bind(2, spec->partitions);
      YT_CHECK(upsert.Run());
    }
    return reader_.Commit();
  };
  auto applied = apply();
  if (!applied) reader_.Rollback();
  return applied;
}

void EmbeddedLog::Wake() {
  std::lock_guard lock(mutex_);
  ++appended_;
  appended_changed_.notify_all();
}

Result<std::unique_ptr<FencedAppender>> EmbeddedLog::OpenFenced(const std::string& name) {
  auto appender = std::make_unique<EmbeddedFencedAppender>(*this, name);
  YT_CHECK(appender->Open());
  return std::unique_ptr<FencedAppender>(std::move(appender));
}

std::uint64_t EmbeddedLog::appended() {
  std::lock_guard lock(mutex_);
  return appended_;
}

void EmbeddedLog::WaitForAppend(std::uint64_t seen, Database& reader, std::int64_t data_version,
                                std::chrono::milliseconds wait) {
  const auto deadline = std::chrono::steady_clock::now() + wait;
  std::unique_lock lock(mutex_);
  while (appended_ == seen && std::chrono::steady_clock::now() < deadline) {
    appended_changed_.wait_until(lock, std::min(deadline, std::chrono::steady_clock::now() + kCrossProcessPoll));
    if (appended_ != seen) return;
    lock.unlock();
    if (reader.DataVersion() != data_version) return;
    lock.lock();
  }
}

Result<std::unique_ptr<GroupMember>> EmbeddedLog::Join(const std::string&, const std::vector<std::string>& topics,
                                                       StartPosition start) {
  auto member = std::make_unique<EmbeddedGroupMember>(*this, topics, std::move(start));
  YT_CHECK(member->Open());
  return member;
}

}  // namespace ytterby
