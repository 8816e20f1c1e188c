// How records lie in the embedded log's file. Only the embedded log and its group member look in here.
#pragma once

#include <vector>

#include "common/log/record_log.hpp"
#include "common/sqlite.hpp"

namespace ytterby::embedded {

constexpr int kPartitionBits = 10;
constexpr int kOffsetBits = 40;

// A record's row id holds topic, partition and offset, so the table is the index: topic << 50 | partition << 40 | offset.
inline std::int64_t RowId(std::int64_t topic, int partition, Offset offset) {
  return ((topic << kPartitionBits | partition) << kOffsetBits) | offset;
}
inline Offset OffsetOf(std::int64_t row_id) { return row_id & ((std::int64_t{1} << kOffsetBits) - 1); }

inline constexpr const char* kSelectRecords =
    "SELECT id, timestamp, key, headers, value FROM records WHERE id >= ? AND id < ? ORDER BY id LIMIT ?";
inline constexpr const char* kFindTopic = "SELECT id, partitions FROM topics WHERE name = ?";

// Reads from `from` on until a limit is met; `select` is kSelectRecords. Returns the bytes read.
Result<std::size_t> ReadInto(Statement& select, std::int64_t topic, const TopicPartition& at, Offset from, std::size_t max_records,
                             std::size_t max_bytes, std::vector<LogRecord>& out);

}  // namespace ytterby::embedded
