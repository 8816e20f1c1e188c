// The PostgreSQL store's dead letters.
#include "consumers/stores/postgres_rows.hpp"
#include "consumers/stores/postgres_store.hpp"
#include "consumers/stores/store_sql.hpp"

namespace ytterby {

Result<std::vector<DeadLetter>> PostgresStore::List(const LetterQuery& query) {
  PgParameters parameters;
  parameters.Text(query.consumer);
  if (query.after) {
    const DeadLetter& after = *query.after;
    parameters.Text(after.at.topic).Text(after.at.topic).Int(after.at.partition);
    parameters.Text(after.at.topic).Int(after.at.partition).Int(after.offset);
    parameters.Text(after.at.topic).Int(after.at.partition).Int(after.offset).Bytes(after.id.Raw());
  }
  parameters.Int(static_cast<std::int64_t>(query.limit));
  YT_ASSIGN(rows, Ask(letters_, sql::LetterPage(query.every_state, query.after.has_value()), parameters));
  std::vector<DeadLetter> letters;
  ForEachRow(rows, [&](const PgRow& row) { letters.push_back(ReadLetter(row)); });
  YT_CHECK(CheckIntact(letters));
  return letters;
}

Result<std::optional<DeadLetter>> PostgresStore::Find(const std::string& consumer, const Digest& id) {
  YT_ASSIGN(rows, Ask(letters_, sql::kLetter, PgParameters().Text(consumer).Bytes(id.Raw())));
  return rows.size() == 0 ? std::optional<DeadLetter>() : ReadLetter(PgRow(rows, 0));
}

Result<std::vector<LetterCount>> PostgresStore::CountLetters(const std::string& consumer) {
  YT_ASSIGN(rows, Ask(letters_, sql::kLetterCounts, PgParameters().Text(consumer)));
  std::vector<LetterCount> counts;
  ForEachRow(rows, [&](const PgRow& row) { counts.push_back({TextIn(row, 0), row.Int(1), FromMillis(row.Int(2))}); });
  return counts;
}

Result<bool> PostgresStore::MoveLetter(const std::string& consumer, const Digest& id,
                                       const std::vector<std::string>& from, const std::string& to,
                                       const std::string& note, Timestamp at) {
  Channel& channel = ChannelOf(consumer);
  std::lock_guard lock(channel.mutex);
  PgConnection& db = channel.connection;
  // Waiving a section, or undoing it, may change which edition of its issue is complete.
  const auto move = [&]() -> Result<bool> {
    YT_CHECK(db.Execute("BEGIN"));
    YT_ASSIGN(rows, db.Query(Numbered(sql::MoveLetter(from)),
                             PgParameters().Text(to).Text(note).Int(ToMillis(at)).Bytes(id.Raw()).Text(consumer)));
    if (rows.touched() > 0) YT_CHECK(db.Query(Numbered(sql::TouchByLetter(consumer)), PgParameters().Bytes(id.Raw())));
    YT_CHECK(db.Execute("COMMIT"));
    return rows.touched() > 0;
  };
  auto moved = move();
  if (!moved) return tl::unexpected<Error>(Recover(db, std::move(moved).error()));
  return moved;
}

}  // namespace ytterby
