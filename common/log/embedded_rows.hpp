// How records are stored in the embedded log's file. Used only by the embedded log, its group member and its fenced
// appender.
#pragma once

#include <string>
#include <vector>

#include "common/db/sqlite.hpp"
#include "common/log/record_log.hpp"

namespace ytterby::embedded {

constexpr int kPartitionBits = 10;
constexpr int kOffsetBits = 40;

// A record's row id holds topic, partition and offset, so the table is the index: topic << 50 | partition << 40 |
// offset.
inline std::int64_t RowId(std::int64_t topic, int partition, Offset offset) {
  return ((topic << kPartitionBits | partition) << kOffsetBits) | offset;
}
inline Offset OffsetOf(std::int64_t row_id) { return row_id & ((std::int64_t{1} << kOffsetBits) - 1); }

// A tombstone's value is the integer 0; all other values are bytes. The checksum is -1 in rows of older programs.
inline constexpr const char* kSelectRecords =
    "SELECT id, timestamp, key, headers, value, typeof(value) = 'integer', coalesce(checksum, -1) FROM records "
    "WHERE id >= ? AND id < ? ORDER BY id LIMIT ?";
inline constexpr const char* kFindTopic = "SELECT id, partitions FROM topics WHERE name = ?";

struct Topic {
  std::int64_t id = 0;
  int partitions = 0;  // 0: no such topic
};

// `find` is kFindTopic. Another process may have grown the topic, so nothing is cached.
Result<Topic> FindTopic(Statement& find, const std::string& name);

// Reads from offset `from` until a limit is reached; `select` is kSelectRecords. Returns the bytes read. kDamaged: a
// record is not what was written.
Result<std::size_t> ReadInto(Statement& select, std::int64_t topic, const TopicPartition& at, Offset from,
                             std::size_t max_records, std::size_t max_bytes, std::vector<LogRecord>& out);

// Adds records at the ends of their partitions, within a transaction that the caller begins and ends.
class RowAppender {
 public:
  RowAppender() = default;
  static Result<RowAppender> Prepare(Database& db);
  // Returns where each record now is. kConfiguration: no such topic.
  Result<std::vector<Appended>> Add(const std::vector<const OutgoingRecord*>& records, Timestamp now);

 private:
  Statement insert_, last_, find_topic_;
};

}  // namespace ytterby::embedded
