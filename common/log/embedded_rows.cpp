#include "common/log/embedded_rows.hpp"

#include <fmt/format.h>

#include <map>

#include "common/checksum.hpp"
#include "common/log/headers.hpp"

namespace ytterby::embedded {
namespace {

// Over everything that a reader takes from a record: otherwise a byte changed on the disk could be another price.
std::int64_t ChecksumOf(std::int64_t timestamp, std::string_view key, std::string_view headers,
                        std::string_view value) {
  return ytterby::ChecksumOf({std::to_string(timestamp), key, headers, value});
}

bool IsIntact(const Statement& row) {
  return ytterby::IsIntact(row.Int(6),
                           {std::to_string(row.Int(1)), row.Text(2), row.Text(3), row.Int(5) != 0 ? "" : row.Text(4)});
}

LogRecord RecordFrom(const Statement& row, const TopicPartition& at) {
  LogRecord record;
  record.at = at;
  record.offset = OffsetOf(row.Int(0));
  record.timestamp = FromMillis(row.Int(1));
  record.key = row.Text(2);
  record.headers = DecodeHeaders(row.Text(3));
  record.tombstone = row.Int(5) != 0;
  if (!record.tombstone) record.value = row.Text(4);
  return record;
}

}  // namespace

Result<Topic> FindTopic(Statement& find, const std::string& name) {
  find.BindText(1, name);
  YT_ASSIGN(found, find.Step());
  Topic topic;
  if (found) topic = {find.Int(0), static_cast<int>(find.Int(1))};
  find.Reset();
  return topic;
}

Result<RowAppender> RowAppender::Prepare(Database& db) {
  RowAppender appender;
  YT_ASSIGN(insert,
            db.Prepare("INSERT INTO records(id, timestamp, key, headers, value, checksum) VALUES(?, ?, ?, ?, ?, ?)"));
  YT_ASSIGN(last, db.Prepare("SELECT id, timestamp FROM records WHERE id < ? AND id >= ? ORDER BY id DESC LIMIT 1"));
  YT_ASSIGN(find, db.Prepare(kFindTopic));
  appender.insert_ = std::move(insert);
  appender.last_ = std::move(last);
  appender.find_topic_ = std::move(find);
  return appender;
}

Result<std::vector<Appended>> RowAppender::Add(const std::vector<const OutgoingRecord*>& records, Timestamp now) {
  struct End {
    std::int64_t topic = 0;
    Offset next = 0;
    std::int64_t timestamp = 0;
  };
  std::map<std::string, Topic> topics;
  std::map<TopicPartition, End> ends;
  std::vector<Appended> places;
  places.reserve(records.size());
  for (const OutgoingRecord* record : records) {
    auto [known, unknown] = topics.try_emplace(record->topic);
    if (unknown) {
      YT_ASSIGN(found, FindTopic(find_topic_, record->topic));
      known->second = found;
    }
    const Topic& topic = known->second;
    if (topic.partitions == 0)
      return Fail(ErrorKind::kConfiguration, fmt::format("the embedded log has no topic {}", record->topic));
    const TopicPartition at{record->topic, PartitionForKey(record->key, topic.partitions)};
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
    // Log time never runs backwards within a partition, so a search by time can be a binary search.
    end->second.timestamp = std::max(ToMillis(now), end->second.timestamp);
    const std::string headers = EncodeHeaders(record->headers);
    insert_.Bind(1, RowId(topic.id, at.partition, end->second.next)).Bind(2, end->second.timestamp);
    insert_.BindBlob(3, record->key).BindBlob(4, headers);
    if (record->tombstone) {
      insert_.Bind(5, 0);
    } else {
      insert_.BindBlob(5, record->value);
    }
    insert_.Bind(6, ChecksumOf(end->second.timestamp, record->key, headers,
                               record->tombstone ? std::string_view() : std::string_view(record->value)));
    YT_CHECK(insert_.Run());
    places.push_back({at, end->second.next++});
  }
  return places;
}

Result<std::size_t> ReadInto(Statement& select, std::int64_t topic, const TopicPartition& at, Offset from,
                             std::size_t max_records, std::size_t max_bytes, std::vector<LogRecord>& out) {
  select.Bind(1, RowId(topic, at.partition, from)).Bind(2, RowId(topic, at.partition + 1, 0));
  select.Bind(3, static_cast<std::int64_t>(max_records));
  std::size_t bytes = 0;
  while (bytes < max_bytes) {
    auto row = select.Step();
    if (!row) return tl::unexpected<Error>(row.error());
    if (!*row) break;
    if (!IsIntact(select)) {
      const Offset offset = OffsetOf(select.Int(0));
      select.Reset();
      return Fail(
          ErrorKind::kDamaged,
          fmt::format("{}: {}/{} offset {}: its bytes are not those that were written; rebuild the embedded log "
                      "from the archive (runbook, \"A damaged file\")",
                      select.File(), at.topic, at.partition, offset),
          Part::kLog);
    }
    out.push_back(RecordFrom(select, at));
    bytes += out.back().value.size();
  }
  select.Reset();
  return bytes;
}

}  // namespace ytterby::embedded
