#include "common/log/embedded_log.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <random>

namespace ytterby {
namespace {

constexpr std::size_t kMaxQueueBytes = 8u << 20;
constexpr std::size_t kMaxBatchBytes = 4u << 20;
constexpr std::chrono::milliseconds kCrossProcessPoll{10};
constexpr int kPartitionBits = 10;
constexpr int kOffsetBits = 40;

// A record's row id holds topic, partition and offset, so the table is the index: topic << 50 | partition << 40 | offset.
std::int64_t RowId(std::int64_t topic, int partition, Offset offset) {
  return ((topic << kPartitionBits | partition) << kOffsetBits) | offset;
}
Offset OffsetOf(std::int64_t row_id) { return row_id & ((std::int64_t{1} << kOffsetBits) - 1); }

// Headers as length-prefixed pairs: `klen:vlen:` then key and value, one after the other.
std::string EncodeHeaders(const Headers& headers) {
  std::string out;
  for (const auto& [key, value] : headers) {
    out += std::to_string(key.size()) + ':' + std::to_string(value.size()) + ':';
    out += key;
    out += value;
  }
  return out;
}

Headers DecodeHeaders(std::string_view text) {
  Headers headers;
  while (!text.empty()) {
    std::size_t sizes[2] = {0, 0};
    for (std::size_t& size : sizes) {
      while (!text.empty() && text[0] != ':') {
        size = size * 10 + static_cast<std::size_t>(text[0] - '0');
        text.remove_prefix(1);
      }
      if (!text.empty()) text.remove_prefix(1);
    }
    if (sizes[0] + sizes[1] > text.size()) break;
    headers.emplace_back(text.substr(0, sizes[0]), text.substr(sizes[0], sizes[1]));
    text.remove_prefix(sizes[0] + sizes[1]);
  }
  return headers;
}

constexpr const char* kSelectRecords =
    "SELECT id, timestamp, key, headers, value FROM records WHERE id >= ? AND id < ? ORDER BY id LIMIT ?";
constexpr const char* kFindTopic = "SELECT id, partitions FROM topics WHERE name = ?";

LogRecord RecordFrom(const Statement& row, const TopicPartition& at) {
  LogRecord record;
  record.at = at;
  record.offset = OffsetOf(row.Int(0));
  record.timestamp = Timestamp(std::chrono::milliseconds(row.Int(1)));
  record.key = row.Text(2);
  record.headers = DecodeHeaders(row.Text(3));
  record.value = row.Text(4);
  return record;
}

// Reads until a limit is met; returns the bytes read.
Result<std::size_t> ReadInto(Statement& select, std::int64_t topic, const TopicPartition& at, Offset from, std::size_t max_records,
                             std::size_t max_bytes, std::vector<LogRecord>& out) {
  select.Bind(1, RowId(topic, at.partition, from)).Bind(2, RowId(topic, at.partition + 1, 0));
  select.Bind(3, static_cast<std::int64_t>(max_records));
  std::size_t bytes = 0;
  while (bytes < max_bytes) {
    auto row = select.Step();
    if (!row) return tl::unexpected<Error>(row.error());
    if (!*row) break;
    out.push_back(RecordFrom(select, at));
    bytes += out.back().value.size();
  }
  select.Reset();
  return bytes;
}

std::string RandomUuid() {
  std::random_device random;
  return fmt::format("{:08x}-{:04x}-4{:03x}-{:04x}-{:08x}{:04x}", random(), random() & 0xffff, random() & 0xfff,
                     0x8000 | (random() & 0x3fff), random(), random() & 0xffff);
}

}  // namespace

Result<std::unique_ptr<EmbeddedLog>> EmbeddedLog::Open(const std::filesystem::path& file, const Clock& clock) {
  std::error_code ec;
  std::filesystem::create_directories(file.parent_path(), ec);
  std::unique_ptr<EmbeddedLog> log(new EmbeddedLog(file, clock));
  const SqliteOptions options{.page_bytes = 16384, .cache_kib = 4096, .checkpoint_pages = 250};
  YT_ASSIGN(writer, Database::Open(file, options));
  log->writer_ = std::move(writer);
  YT_CHECK(log->writer_.RequireFormat(1));
  YT_CHECK(log->writer_.Begin());
  YT_CHECK(log->writer_.Execute(
      "CREATE TABLE IF NOT EXISTS meta(key TEXT PRIMARY KEY, value TEXT NOT NULL);"
      "CREATE TABLE IF NOT EXISTS topics(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, partitions INTEGER NOT NULL);"
      "CREATE TABLE IF NOT EXISTS records(id INTEGER PRIMARY KEY, timestamp INTEGER NOT NULL, key BLOB NOT NULL, "
      "headers BLOB NOT NULL, value BLOB NOT NULL);"
      "INSERT OR IGNORE INTO meta VALUES('log_id', '" +
      RandomUuid() +
      "');"
      "INSERT OR IGNORE INTO meta VALUES('format', '1')"));
  YT_CHECK(log->writer_.Commit());
  YT_ASSIGN(meta, log->writer_.Prepare("SELECT value FROM meta WHERE key = 'log_id'"));
  YT_ASSIGN(found, meta.Step());
  if (!found) return Fail(ErrorKind::kInternal, file.string() + ": a log without an id");
  log->id_ = meta.Text(0);
  meta.Reset();
  YT_ASSIGN(insert, log->writer_.Prepare("INSERT INTO records VALUES(?, ?, ?, ?, ?)"));
  YT_ASSIGN(last, log->writer_.Prepare("SELECT id, timestamp FROM records WHERE id < ? AND id >= ? ORDER BY id DESC LIMIT 1"));
  log->insert_ = std::move(insert);
  log->last_ = std::move(last);
  YT_ASSIGN(find_to_write, log->writer_.Prepare(kFindTopic));
  log->find_topic_to_write_ = std::move(find_to_write);
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
    return Fail(ErrorKind::kTryLater, fmt::format("{}: appends still waiting after {} ms", file_.string(), limit.count()));
  }
  return {};
}

// The guarantee "durable on acknowledgement" is made here: acknowledgements run after the commit, which syncs.
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
  struct End {
    std::int64_t topic = 0;
    Offset next = 0;
    std::int64_t timestamp = 0;
  };
  YT_CHECK(writer_.Begin());
  std::map<std::string, Topic> topics;
  std::map<TopicPartition, End> ends;
  std::vector<Appended> places;
  places.reserve(batch.size());
  const std::int64_t now = clock_.Now().time_since_epoch().count();
  for (const Pending& pending : batch) {
    auto [known, unknown] = topics.try_emplace(pending.record.topic);
    if (unknown) {
      YT_ASSIGN(found, FindTopicWith(find_topic_to_write_, pending.record.topic));
      known->second = found;
    }
    const Topic& topic = known->second;
    if (topic.partitions == 0) {
      return Fail(ErrorKind::kConfiguration, fmt::format("{}: no topic {}", file_.string(), pending.record.topic));
    }
    const TopicPartition at{pending.record.topic, PartitionForKey(pending.record.key, topic.partitions)};
    auto [end, fresh] = ends.try_emplace(at);
    if (fresh) {
      end->second.topic = topic.id;
      last_.Bind(1, RowId(topic.id, at.partition + 1, 0)).Bind(2, RowId(topic.id, at.partition, 0));
      YT_ASSIGN(found, last_.Step());
      if (found) {
        end->second.next = OffsetOf(last_.Int(0)) + 1;
        end->second.timestamp = last_.Int(1);
      }
      last_.Reset();
    }
    // Log time never runs backwards within a partition, so a search by time stays a binary search.
    end->second.timestamp = std::max(now, end->second.timestamp);
    const std::string headers = EncodeHeaders(pending.record.headers);
    insert_.Bind(1, RowId(topic.id, at.partition, end->second.next)).Bind(2, end->second.timestamp);
    insert_.BindBlob(3, pending.record.key).BindBlob(4, headers).BindBlob(5, pending.record.value);
    YT_CHECK(insert_.Run());
    places.push_back({at, end->second.next++});
  }
  YT_CHECK(writer_.Commit());
  return places;
}

Result<EmbeddedLog::Topic> EmbeddedLog::FindTopic(const std::string& name) {
  std::lock_guard lock(read_mutex_);
  return FindTopicWith(find_topic_, name);
}

// Another process may have grown the topic, so nothing is remembered.
Result<EmbeddedLog::Topic> EmbeddedLog::FindTopicWith(Statement& find, const std::string& name) {
  find.BindText(1, name);
  YT_ASSIGN(found, find.Step());
  Topic topic;
  if (found) topic = {find.Int(0), static_cast<int>(find.Int(1))};
  find.Reset();
  return topic;
}

Result<std::vector<LogRecord>> EmbeddedLog::Read(const TopicPartition& at, Offset from, const ReadLimits& limits) {
  YT_ASSIGN(topic, FindTopic(at.topic));
  std::lock_guard lock(read_mutex_);
  YT_ASSIGN(select, reader_.Prepare(kSelectRecords));
  std::vector<LogRecord> records;
  YT_CHECK(ReadInto(select, topic.id, at, from, limits.records, limits.bytes, records));
  return records;
}

Result<Offset> EmbeddedLog::OffsetForTime(const TopicPartition& at, Timestamp time) {
  YT_ASSIGN(topic, FindTopic(at.topic));
  YT_ASSIGN(marks, GetWatermarks(at));
  std::lock_guard lock(read_mutex_);
  YT_ASSIGN(select, reader_.Prepare("SELECT timestamp FROM records WHERE id = ?"));
  Offset low = marks.low, high = marks.high;
  while (low < high) {
    const Offset middle = low + (high - low) / 2;
    select.Bind(1, RowId(topic.id, at.partition, middle));
    YT_ASSIGN(found, select.Step());
    const bool before = found && select.Int(0) < time.time_since_epoch().count();
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
  YT_ASSIGN(topic, FindTopic(at.topic));
  std::lock_guard lock(read_mutex_);
  YT_ASSIGN(select, reader_.Prepare("SELECT id FROM records WHERE id < ? AND id >= ? ORDER BY id DESC LIMIT 1"));
  select.Bind(1, RowId(topic.id, at.partition + 1, 0)).Bind(2, RowId(topic.id, at.partition, 0));
  YT_ASSIGN(found, select.Step());
  return Watermarks{0, found ? OffsetOf(select.Int(0)) + 1 : 0};
}

Result<int> EmbeddedLog::PartitionCount(const std::string& topic) {
  YT_ASSIGN(found, FindTopic(topic));
  return found.partitions;
}

Result<std::map<std::string, TopicState>> EmbeddedLog::DescribeTopics(const std::vector<std::string>& names) {
  std::map<std::string, TopicState> states;
  for (const std::string& name : names) {
    YT_ASSIGN(topic, FindTopic(name));
    TopicState state;
    state.exists = topic.partitions > 0;
    state.partitions = topic.partitions;
    // The embedded log keeps everything and stamps on append; it has no other settings.
    state.settings = {
        {"cleanup.policy", "delete"}, {"retention.ms", "-1"}, {"retention.bytes", "-1"}, {"message.timestamp.type", "LogAppendTime"}};
    states[name] = state;
  }
  return states;
}

Result<void> EmbeddedLog::ApplyTopic(const TopicSpec& spec) {
  YT_ASSIGN(topic, FindTopic(spec.name));
  if (topic.partitions > spec.partitions) {
    return Fail(ErrorKind::kConfiguration,
                fmt::format("topic {} has {} partitions and cannot shrink to {}", spec.name, topic.partitions, spec.partitions));
  }
  if (topic.partitions == spec.partitions) return {};
  if (spec.partitions >= 1 << kPartitionBits) {
    return Fail(ErrorKind::kConfiguration, fmt::format("topic {}: at most {} partitions", spec.name, (1 << kPartitionBits) - 1));
  }
  std::lock_guard lock(read_mutex_);
  YT_ASSIGN(upsert, reader_.Prepare("INSERT INTO topics(name, partitions) VALUES(?, ?) "
                                    "ON CONFLICT(name) DO UPDATE SET partitions = max(partitions, excluded.partitions)"));
  upsert.BindText(1, spec.name).Bind(2, spec.partitions);
  YT_CHECK(upsert.Run());
  return {};
}

std::uint64_t EmbeddedLog::appended() {
  std::lock_guard lock(mutex_);
  return appended_;
}

void EmbeddedLog::WaitForAppend(std::uint64_t seen, Database& reader, std::int64_t data_version, std::chrono::milliseconds wait) {
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

// The one member of a group: it holds every partition, also those a topic grows by later, and has a connection of its own.
class EmbeddedGroupMember final : public GroupMember {
 public:
  EmbeddedGroupMember(EmbeddedLog& log, std::vector<std::string> topics, StartPosition start)
      : log_(log), topics_(std::move(topics)), start_(std::move(start)) {}

  Result<void> Open() {
    YT_ASSIGN(reader, Database::Open(log_.file_, SqliteOptions{.page_bytes = 16384, .cache_kib = 1024}));
    reader_ = std::move(reader);
    YT_ASSIGN(select, reader_.Prepare(kSelectRecords));
    select_ = std::move(select);
    YT_ASSIGN(find, reader_.Prepare(kFindTopic));
    find_topic_ = std::move(find);
    return TakeAllPartitions();
  }

  Result<std::vector<LogRecord>> Poll(const ReadLimits& limits, std::chrono::milliseconds wait) override {
    const auto deadline = std::chrono::steady_clock::now() + wait;
    while (true) {
      const std::uint64_t seen = log_.appended();
      const std::int64_t version = reader_.DataVersion();
      YT_CHECK(TakeAllPartitions());
      YT_ASSIGN(records, ReadOnce(limits));
      const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
      if (!records.empty() || left.count() <= 0) return records;
      log_.WaitForAppend(seen, reader_, version, left);
    }
  }

  Result<void> Seek(const TopicPartition& at, Offset offset) override {
    for (Position& position : positions_) {
      if (position.at == at) {
        position.next = offset;
        return {};
      }
    }
    return Fail(ErrorKind::kInternal, fmt::format("seek in {}/{}, which this member does not hold", at.topic, at.partition));
  }

  Result<void> CommitForTools(const std::map<TopicPartition, Offset>&) override { return {}; }

  std::vector<TopicPartition> Assignment() const override {
    std::vector<TopicPartition> held;
    for (const Position& position : positions_) held.push_back(position.at);
    return held;
  }

  std::optional<Watermarks> KnownWatermarks(const TopicPartition& at) const override {
    const auto marks = log_.GetWatermarks(at);
    if (!marks) return std::nullopt;
    return *marks;
  }

 private:
  struct Position {
    TopicPartition at;
    std::int64_t topic = 0;
    Offset next = 0;
  };

  // Adds the partitions that this member does not hold yet, each at the position that its consumer names.
  Result<void> TakeAllPartitions() {
    for (const std::string& name : topics_) {
      YT_ASSIGN(topic, EmbeddedLog::FindTopicWith(find_topic_, name));
      if (topic.partitions == 0) {
        return Fail(ErrorKind::kConfiguration, fmt::format("{}: no topic {}; run `ytterby topics apply`", log_.file_.string(), name));
      }
      for (int& held = held_[name]; held < topic.partitions; ++held) {
        const TopicPartition at{name, held};
        YT_ASSIGN(next, start_(at));
        positions_.push_back({at, topic.id, next});
      }
    }
    return {};
  }

  // Takes from the partitions in turn, starting with another one each time so that none waits for ever.
  Result<std::vector<LogRecord>> ReadOnce(const ReadLimits& limits) {
    std::vector<LogRecord> records;
    std::size_t bytes = 0;
    for (std::size_t i = 0; i < positions_.size(); ++i) {
      if (records.size() >= limits.records || bytes >= limits.bytes) break;
      Position& position = positions_[(first_ + i) % positions_.size()];
      YT_ASSIGN(read, ReadInto(select_, position.topic, position.at, position.next, limits.records - records.size(), limits.bytes - bytes,
                               records));
      bytes += read;
      if (!records.empty() && records.back().at == position.at) position.next = records.back().offset + 1;
    }
    first_ = positions_.empty() ? 0 : (first_ + 1) % positions_.size();
    return records;
  }

  EmbeddedLog& log_;
  std::vector<std::string> topics_;
  StartPosition start_;
  Database reader_;
  Statement select_, find_topic_;
  std::vector<Position> positions_;
  std::map<std::string, int> held_;  // partitions held of each topic
  std::size_t first_ = 0;
};

Result<std::unique_ptr<GroupMember>> EmbeddedLog::Join(const std::string&, const std::vector<std::string>& topics, StartPosition start) {
  auto member = std::make_unique<EmbeddedGroupMember>(*this, topics, std::move(start));
  YT_CHECK(member->Open());
  return member;
}

}  // namespace ytterby
