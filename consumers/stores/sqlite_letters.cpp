// The SQLite store's dead letters.
#include "consumers/stores/sqlite_rows.hpp"
#include "consumers/stores/sqlite_store.hpp"
#include "consumers/stores/store_sql.hpp"

namespace ytterby {

Result<std::vector<DeadLetter>> SqliteStore::List(const LetterQuery& query) {
  std::lock_guard lock(positions_.mutex);
  YT_ASSIGN(select, positions_.Query(sql::LetterPage(query.every_state, query.after.has_value())));
  select->BindText(1, query.consumer);
  int next = 2;
  std::string_view after_id;
  if (query.after) {
    const DeadLetter& after = *query.after;
    after_id = after.id.Raw();
    select->BindText(2, after.at.topic).BindText(3, after.at.topic).Bind(4, after.at.partition);
    select->BindText(5, after.at.topic).Bind(6, after.at.partition).Bind(7, after.offset);
    select->BindText(8, after.at.topic).Bind(9, after.at.partition).Bind(10, after.offset).BindBlob(11, after_id);
    next = 12;
  }
  select->Bind(next, static_cast<std::int64_t>(query.limit));
  std::vector<DeadLetter> letters;
  YT_CHECK(ForEachRow(*select, [&](const Statement& row) { letters.push_back(ReadLetter(row)); }));
  YT_CHECK(CheckIntact(letters));
  return letters;
}

Result<std::optional<DeadLetter>> SqliteStore::Find(const std::string& consumer, const Digest& id) {
  std::lock_guard lock(positions_.mutex);
  YT_ASSIGN(select, positions_.Query(sql::kLetter));
  select->BindText(1, consumer).BindBlob(2, id.Raw());
  std::optional<DeadLetter> letter;
  YT_CHECK(ForEachRow(*select, [&](const Statement& row) { letter = ReadLetter(row); }));
  return letter;
}

Result<std::vector<LetterCount>> SqliteStore::CountLetters(const std::string& consumer) {
  std::lock_guard lock(positions_.mutex);
  YT_ASSIGN(select, positions_.Query(sql::kLetterCounts));
  select->BindText(1, consumer);
  std::vector<LetterCount> counts;
  YT_CHECK(ForEachRow(*select, [&](const Statement& row) {
    counts.push_back({TextIn(row, 0), row.Int(1), FromMillis(row.Int(2))});
  }));
  return counts;
}

Result<bool> SqliteStore::MoveLetter(const std::string& consumer, const Digest& id,
                                     const std::vector<std::string>& from, const std::string& to,
                                     const std::string& note, Timestamp at) {
  std::lock_guard lock(write_mutex_);
  YT_CHECK(write_db_.Begin());
  auto moved = MoveLetterRow(consumer, id, from, to, note, at);
  if (moved) {
    if (auto committed = write_db_.Commit(); !committed) moved = tl::unexpected<Error>(committed.error());
  }
  if (!moved) write_db_.Rollback();
  return moved;
}

// Waiving a section, or undoing it, may change which edition of its issue is complete.
Result<bool> SqliteStore::MoveLetterRow(const std::string& consumer, const Digest& id,
                                        const std::vector<std::string>& from, const std::string& to,
                                        const std::string& note, Timestamp at) {
  YT_ASSIGN(update, write_db_.Prepare(sql::MoveLetter(from)));
  update.BindText(1, to).BindText(2, note).Bind(3, ToMillis(at)).BindBlob(4, id.Raw()).BindText(5, consumer);
  YT_CHECK(update.Run());
  if (write_db_.Changes() == 0) return false;
  YT_ASSIGN(touch, write_db_.Prepare(sql::TouchByLetter(consumer)));
  touch.BindBlob(1, id.Raw());
  YT_CHECK(touch.Run());
  return true;
}

}  // namespace ytterby
