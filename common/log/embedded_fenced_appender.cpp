#include "common/log/embedded_fenced_appender.hpp"

#include <fmt/format.h>

namespace ytterby {

Result<void> EmbeddedFencedAppender::Open() {
  YT_ASSIGN(db, Database::Open(log_.file_, SqliteOptions{.page_bytes = 16384, .cache_kib = 1024, .part = Part::kLog}));
  db_ = std::move(db);
  YT_ASSIGN(rows, embedded::RowAppender::Prepare(db_));
  rows_ = std::move(rows);
  YT_ASSIGN(
      take,
      db_.Prepare(
          "INSERT INTO fences VALUES(?, 1) ON CONFLICT(name) DO UPDATE SET holder = holder + 1 RETURNING holder"));
  take.BindText(1, name_);
  YT_ASSIGN(taken, take.Step());
  if (!taken) return Fail(ErrorKind::kInternal, fmt::format("the embedded log issued no holder number for {}", name_));
  holder_ = take.Int(0);
  YT_ASSIGN(more, take.Step());
  if (more) return Fail(ErrorKind::kInternal, fmt::format("the embedded log issued two holder numbers for {}", name_));
  return {};
}

Result<BatchStarts> EmbeddedFencedAppender::Append(const std::vector<OutgoingRecord>& records) {
  auto written = Write(records);
  if (written) {
    log_.Wake();
  } else {
    db_.Rollback();
  }
  return written;
}

// This guarantees that a holder that was asleep appends nothing: one transaction checks the holder and adds the
// records.
Result<BatchStarts> EmbeddedFencedAppender::Write(const std::vector<OutgoingRecord>& records) {
  YT_CHECK(db_.Begin());
  YT_ASSIGN(select, db_.Prepare("SELECT holder FROM fences WHERE name = ?"));
  select.BindText(1, name_);
  YT_ASSIGN(found, select.Step());
  const bool mine = found && select.Int(0) == holder_;
  select.Reset();
  if (!mine) return Fail(ErrorKind::kConflict, fmt::format("{}: another process took over", name_));
  std::vector<const OutgoingRecord*> pointers;
  pointers.reserve(records.size());
  for (const OutgoingRecord& record : records) pointers.push_back(&record);
  YT_ASSIGN(places, rows_.Add(pointers, log_.clock_.Now()));
  YT_CHECK(db_.Commit());
  BatchStarts starts;
  for (const Appended& place : places) starts.try_emplace(place.at, place.offset);
  return starts;
}

}  // namespace ytterby
