#include "common/log/embedded_rows.hpp"

#include "common/log/headers.hpp"

namespace ytterby::embedded {
namespace {

LogRecord RecordFrom(const Statement& row, const TopicPartition& at) {
  LogRecord record;
  record.at = at;
  record.offset = OffsetOf(row.Int(0));
  record.timestamp = FromMillis(row.Int(1));
  record.key = row.Text(2);
  record.headers = DecodeHeaders(row.Text(3));
  record.value = row.Text(4);
  return record;
}

}  // namespace

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

}  // namespace ytterby::embedded
