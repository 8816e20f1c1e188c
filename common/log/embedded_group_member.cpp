#include "common/log/embedded_group_member.hpp"

#include <fmt/format.h>

#include "common/log/embedded_rows.hpp"

namespace ytterby {

using namespace embedded;

Result<void> EmbeddedGroupMember::Open() {
  YT_ASSIGN(reader,
            Database::Open(log_.file_, SqliteOptions{.page_bytes = 16384, .cache_kib = 1024, .part = Part::kLog}));
  reader_ = std::move(reader);
  YT_ASSIGN(select, reader_.Prepare(kSelectRecords));
  select_ = std::move(select);
  YT_ASSIGN(find, reader_.Prepare(kFindTopic));
  find_topic_ = std::move(find);
  return TakeAllPartitions();
}

Result<std::vector<LogRecord>> EmbeddedGroupMember::Poll(const PollLimits& limits) {
  const auto deadline = std::chrono::steady_clock::now() + limits.wait;
  while (true) {
    const std::uint64_t seen = log_.appended();
    const std::int64_t version = reader_.DataVersion();
    YT_CHECK(TakeAllPartitions());
    YT_ASSIGN(records, ReadOnce(limits.batch));
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    if (!records.empty() || left.count() <= 0) return records;
    log_.WaitForAppend(seen, reader_, version, left);
  }
}

Result<void> EmbeddedGroupMember::Seek(const TopicPartition& at, Offset offset) {
  for (Position& position : positions_) {
    if (position.at == at) {
      position.next = offset;
      return {};
    }
  }
  return Fail(ErrorKind::kInternal,
              fmt::format("seek in {}/{}, which this member does not hold", at.topic, at.partition));
}

std::vector<TopicPartition> EmbeddedGroupMember::Assignment() const {
  std::vector<TopicPartition> held;
  for (const Position& position : positions_) held.push_back(position.at);
  return held;
}

std::optional<Watermarks> EmbeddedGroupMember::KnownWatermarks(const TopicPartition& at) const {
  const auto marks = log_.GetWatermarks(at);
  if (!marks) return std::nullopt;
  return *marks;
}

// Adds the partitions that this member does not hold yet, each at the position that its consumer names.
Result<void> EmbeddedGroupMember::TakeAllPartitions() {
  for (const std::string& name : topics_) {
    YT_ASSIGN(topic, FindTopic(find_topic_, name));
    if (topic.partitions == 0) {
      return Fail(ErrorKind::kConfiguration,
                  fmt::format("{}: no topic {}; run `ytterby topics apply`", log_.file_.string(), name));
    }
    for (int& held = held_[name]; held < topic.partitions; ++held) {
      const TopicPartition at{name, held};
      YT_ASSIGN(next, start_(at));
      positions_.push_back({at, topic.id, next});
    }
  }
  return {};
}

// Reads the partitions in turn, starting with a different one each time, so that none waits forever.
Result<std::vector<LogRecord>> EmbeddedGroupMember::ReadOnce(const ReadLimits& limits) {
  std::vector<LogRecord> records;
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < positions_.size(); ++i) {
    if (records.size() >= limits.records || bytes >= limits.bytes) break;
    Position& position = positions_[(first_ + i) % positions_.size()];
    YT_ASSIGN(read, ReadInto(select_, position.topic, position.at, position.next, limits.records - records.size(),
                             limits.bytes - bytes, records));
    bytes += read;
    if (!records.empty() && records.back().at == position.at) position.next = records.back().offset + 1;
  }
  first_ = positions_.empty() ? 0 : (first_ + 1) % positions_.size();
  return records;
}

}  // namespace ytterby
