// The relay's part of the SQLite store.
#include <fmt/format.h>

#include "common/clock.hpp"
#include "consumers/stores/relay_notes.hpp"
#include "consumers/stores/sqlite_rows.hpp"
#include "consumers/stores/sqlite_store.hpp"
#include "consumers/stores/store_sql.hpp"

namespace ytterby {

Result<std::optional<RelayLease>> SqliteStore::TakeRelay(const std::string& holder, std::chrono::milliseconds lease) {
  std::lock_guard lock(write_mutex_);
  YT_ASSIGN(take, write_db_.Prepare(sql::TakeRelay(std::to_string(ToMillis(SystemClock().Now())))));
  take.BindText(1, holder).BindText(2, holder).Bind(3, lease.count()).BindText(4, holder);
  std::optional<RelayLease> taken;
  YT_CHECK(ForEachRow(take, [&](const Statement& row) {
    taken = RelayLease{row.Int(0), {TextIn(row, 1), TextIn(row, 2), row.Int(3)}};
  }));
  return taken;
}

Result<std::vector<DirtyIssue>> SqliteStore::DirtyIssues(std::size_t limit) {
  std::lock_guard lock(relay_.mutex);
  std::vector<DirtyIssue> issues;
  for (const std::string& consumer : ConsumerNames()) {
    YT_ASSIGN(select, relay_.Query(sql::Dirty(consumer)));
    select->Bind(1, static_cast<std::int64_t>(limit));
    YT_CHECK(ForEachRow(*select, [&](const Statement& row) {
      issues.push_back({consumer, {TextIn(row, 0), TextIn(row, 1)}, row.Int(2)});
    }));
  }
  return issues;
}

Result<std::vector<std::vector<PublishedRecord>>> SqliteStore::PublishedOf(const std::vector<IssueId>& issues) {
  std::lock_guard lock(relay_.mutex);
  YT_ASSIGN(select, relay_.Query(
                        sql::PublishedOf("SELECT id, 1 AS asked FROM published_issue WHERE series = ? AND label = ?")));
  std::vector<std::vector<PublishedRecord>> published(issues.size());
  for (std::size_t i = 0; i < issues.size(); ++i) {
    select->BindText(1, issues[i].series).BindText(2, issues[i].label);
    YT_CHECK(ForEachRow(*select, [&](const Statement& row) { published[i].push_back(ReadPublished(row, issues[i])); }));
  }
  return published;
}

Result<std::vector<IssueId>> SqliteStore::PublishedIssues() {
  std::lock_guard lock(relay_.mutex);
  YT_ASSIGN(select, relay_.Query(sql::kPublishedIssues));
  std::vector<IssueId> issues;
  YT_CHECK(ForEachRow(*select, [&](const Statement& row) { issues.push_back({TextIn(row, 0), TextIn(row, 1)}); }));
  return issues;
}

Result<std::vector<PublishedRecord>> SqliteStore::Noted() {
  std::lock_guard lock(relay_.mutex);
  YT_ASSIGN(select, relay_.Query(sql::kNoted));
  std::string noted;
  YT_CHECK(ForEachRow(*select, [&](const Statement& row) { noted = row.Text(0); }));
  return DecodeNoted(noted);
}

Result<std::vector<DeadLetter>> SqliteStore::LettersToCopy(std::size_t limit) {
  std::lock_guard lock(relay_.mutex);
  YT_ASSIGN(select, relay_.Query(sql::kLettersToCopy));
  select->Bind(1, static_cast<std::int64_t>(limit));
  std::vector<DeadLetter> letters;
  YT_CHECK(ForEachRow(*select, [&](const Statement& row) { letters.push_back(ReadLetter(row)); }));
  return letters;
}

Result<void> SqliteStore::ForgetPublished() {
  std::lock_guard lock(write_mutex_);
  return write_db_.Execute(sql::kForgetPublished);
}

Result<void> SqliteStore::WriteRelay(std::int64_t term, const RelayBatch& batch) {
  std::lock_guard lock(write_mutex_);
  // A note must be durable before its event is: this commit syncs, and with it all rows before it.
  const bool sync = !batch.noted.empty();
  if (sync) YT_CHECK(write_db_.Execute("PRAGMA synchronous = FULL"));
  auto written = write_db_.Begin();
  if (written) written = WriteRelayRows(term, batch);
  if (written) written = write_db_.Commit();
  if (!written) write_db_.Rollback();
  if (sync) YT_CHECK(write_db_.Execute("PRAGMA synchronous = NORMAL"));
  return written;
}

Result<void> SqliteStore::WriteRelayRows(std::int64_t term, const RelayBatch& batch) {
  YT_ASSIGN(check, write_db_.Prepare("UPDATE relay SET term = term WHERE id = 1 AND term = ?"));
  check.Bind(1, term);
  YT_CHECK(check.Run());
  if (write_db_.Changes() == 0) return Fail(ErrorKind::kConflict, "another process took the relay's lease");
  if (batch.forget) YT_CHECK(write_db_.Execute(sql::kForgetRows));
  if (!batch.noted.empty() || !batch.published.empty()) {
    YT_ASSIGN(note, write_db_.Prepare(sql::kNote));
    const std::string noted = batch.noted.empty() ? "" : EncodeNoted(batch.noted);
    note.BindText(1, noted);
    YT_CHECK(note.Run());
  }
  YT_ASSIGN(add_issue, write_db_.Prepare("INSERT OR IGNORE INTO published_issue(series, label) VALUES(?, ?)"));
  YT_ASSIGN(put, write_db_.Prepare(
                     "INSERT INTO published(issue, kind, record_id, content, sequence, acknowledged) SELECT i.id, ?1, "
                     "?2, ?5, ?6, ?7 "
                     "FROM published_issue i WHERE i.series = ?3 AND i.label = ?4 ON CONFLICT(issue, kind, record_id) "
                     "DO UPDATE SET "
                     "content = excluded.content, sequence = excluded.sequence, acknowledged = excluded.acknowledged"));
  for (const PublishedRecord& record : batch.published) {
    add_issue.BindText(1, record.issue.series).BindText(2, record.issue.label);
    YT_CHECK(add_issue.Run());
    put.Bind(1, static_cast<int>(record.kind))
        .BindText(2, record.id)
        .BindText(3, record.issue.series)
        .BindText(4, record.issue.label);
    if (record.content) {
      put.BindBlob(5, record.content->Raw());
    } else {
      put.BindNull(5);
    }
    put.Bind(6, record.sequence).Bind(7, record.acknowledged);
    YT_CHECK(put.Run());
  }
  for (const DirtyIssue& dirty : batch.cleared) {
    YT_ASSIGN(
        clear,
        write_db_.Prepare(ForConsumer(
            "DELETE FROM @_dirty WHERE counter = ? AND issue = (SELECT id FROM @_issue WHERE series = ? AND label = ?)",
            dirty.consumer)));
    clear.Bind(1, dirty.counter).BindText(2, dirty.issue.series).BindText(3, dirty.issue.label);
    YT_CHECK(clear.Run());
  }
  YT_ASSIGN(copied, write_db_.Prepare("UPDATE dead_letters SET copied = ? WHERE letter_id = ? AND consumer = ?"));
  for (const DeadLetter& letter : batch.copied) {
    copied.Bind(1, letter.attempts).BindBlob(2, letter.id.Raw()).BindText(3, letter.consumer);
    YT_CHECK(copied.Run());
  }
  if (!batch.mark) return {};
  YT_ASSIGN(mark, write_db_.Prepare("UPDATE relay SET log_id = ?, view = ?, first_sequence = ? WHERE id = 1"));
  mark.BindText(1, batch.mark->log_id).BindText(2, batch.mark->view).Bind(3, batch.mark->first_sequence);
  return mark.Run();
}

}  // namespace ytterby
