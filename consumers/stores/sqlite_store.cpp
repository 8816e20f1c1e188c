#include "consumers/stores/sqlite_store.hpp"

#include <fmt/format.h>

#include "common/uuid.hpp"
#include "consumers/stores/sqlite_rows.hpp"
#include "consumers/stores/store_sql.hpp"

namespace ytterby {
namespace {

constexpr int kCheckpointPages = 500;
constexpr SqlDialect kDialect{"TEXT", "BLOB", "INTEGER PRIMARY KEY", false};

}  // namespace

void FairMutex::lock() {
  std::unique_lock lock(mutex_);
  const std::uint64_t mine = next_++;
  turn_.wait(lock, [&] { return serving_ == mine; });
}

void FairMutex::unlock() {
  std::lock_guard lock(mutex_);
  ++serving_;
  turn_.notify_all();
}

Result<std::unique_ptr<Store>> SqliteStore::Open(const std::filesystem::path& file, bool read_only) {
  std::unique_ptr<SqliteStore> store(new SqliteStore());
  if (!read_only) {
    std::error_code ec;
    std::filesystem::create_directories(file.parent_path(), ec);
    // Without a sync at every commit a power failure may take the last transactions, rows and offsets together: they are
    // read from the log again. A killed process takes none.
    YT_ASSIGN(db, Database::Open(file, SqliteOptions{.full_sync = false, .page_bytes = 16384, .cache_kib = 16384}));
    store->write_db_ = std::move(db);
    YT_ASSIGN(checkpointer, SqliteCheckpointer::Watch(store->write_db_, file, kCheckpointPages));
    store->checkpointer_ = std::move(checkpointer);
  }
  YT_CHECK(store->Migrate(file, read_only));
  YT_ASSIGN(reader,
            Database::Open(file, SqliteOptions{.read_only = read_only, .full_sync = false, .page_bytes = 16384, .cache_kib = 4096}));
  store->read_db_ = std::move(reader);
  YT_ASSIGN(id, store->Query(sql::kStoreId));
  YT_ASSIGN(found, id->Step());
  if (!found) return Fail(ErrorKind::kConfiguration, fmt::format("{}: not a store of this program", file.string()));
  store->id_ = id->Text(0);
  id->Reset();
  return std::unique_ptr<Store>(std::move(store));
}

// Brings the schema up to this program's number; refuses a store that is newer.
Result<void> SqliteStore::Migrate(const std::filesystem::path& file, bool read_only) {
  Database check;
  if (read_only) {
    YT_ASSIGN(db, Database::Open(file, SqliteOptions{.read_only = true}));
    check = std::move(db);
  }
  Database& db = read_only ? check : write_db_;
  YT_ASSIGN(select, db.Prepare("PRAGMA user_version"));
  YT_ASSIGN(found, select.Step());
  int version = found ? static_cast<int>(select.Int(0)) : 0;
  select.Reset();
  if (read_only) return RequireCurrentSchema(file.string(), version);
  YT_ASSIGN(state, CompareSchema(file.string(), version));
  if (state == SchemaState::kCurrent) return {};
  YT_CHECK(db.Begin());
  YT_ASSIGN(again, select.Step());  // another process may have migrated meanwhile
  version = again ? static_cast<int>(select.Int(0)) : 0;
  select.Reset();
  for (const Migration& migration : Migrations()) {
    if (migration.number <= version) continue;
    YT_CHECK(db.Execute(ExpandMigration(migration, kDialect, ConsumerNames())));
  }
  if (version == 0) YT_CHECK(db.Execute("INSERT INTO meta VALUES('store_id', '" + RandomUuid() + "')"));
  YT_CHECK(db.Execute(fmt::format("PRAGMA user_version = {}", Migrations().back().number)));
  return db.Commit();
}

Result<void> SqliteStore::Write(const std::string& consumer, const std::string& log_id, const StoreBatch& batch) {
  std::lock_guard lock(write_mutex_);
  auto writer = writers_.find(consumer);
  if (writer == writers_.end()) {
    YT_ASSIGN(prepared, SqliteWriter::Prepare(write_db_, consumer));
    writer = writers_.emplace(consumer, std::move(prepared)).first;
  }
  YT_CHECK(write_db_.Begin());
  auto written = writer->second.Write(log_id, batch);
  if (written) written = write_db_.Commit();
  if (!written) write_db_.Rollback();
  return written;
}

Result<Statement*> SqliteStore::Query(const std::string& sql) {
  auto known = queries_.find(sql);
  if (known == queries_.end()) {
    YT_ASSIGN(statement, read_db_.Prepare(sql));
    known = queries_.emplace(sql, std::move(statement)).first;
  }
  known->second.Reset();
  return &known->second;
}

Result<std::optional<StoredOffset>> SqliteStore::OffsetOf(const std::string& consumer, const std::string& log_id,
                                                          const TopicPartition& at) {
  std::lock_guard lock(read_mutex_);
  YT_ASSIGN(select, Query(sql::kOffset));
  select->BindText(1, log_id).BindText(2, consumer).BindText(3, at.topic).Bind(4, at.partition);
  YT_ASSIGN(found, select->Step());
  std::optional<StoredOffset> offset;
  if (found) offset = StoredOffset{select->Int(0), {std::string(select->Text(1)), FromMillis(select->Int(2))}};
  select->Reset();
  return offset;
}

Result<void> SqliteStore::HoldSnapshot() {
  std::lock_guard lock(read_mutex_);
  YT_CHECK(read_db_.Execute("BEGIN"));
  // The snapshot is taken by the first read.
  YT_ASSIGN(select, Query(sql::kStoreId));
  YT_ASSIGN(found, select->Step());
  select->Reset();
  if (!found) return Fail(ErrorKind::kInternal, "the store has lost its id");
  return {};
}

Result<std::vector<IssueId>> SqliteStore::Issues(const std::string& consumer) {
  std::lock_guard lock(read_mutex_);
  YT_ASSIGN(select, Query(sql::Issues(consumer)));
  std::vector<IssueId> issues;
  YT_CHECK(ForEachRow(*select, [&](const Statement& row) { issues.push_back({std::string(row.Text(0)), std::string(row.Text(1))}); }));
  return issues;
}

Result<std::vector<IssueId>> SqliteStore::IssuesAmong(const std::string& consumer, const std::vector<IssueId>& issues) {
  std::lock_guard lock(read_mutex_);
  YT_ASSIGN(select, Query(sql::IssuesAmong(consumer, "SELECT id, 1 AS asked FROM @_issue WHERE series = ? AND label = ?")));
  std::vector<IssueId> known;
  for (const IssueId& issue : issues) {
    select->BindText(1, issue.series).BindText(2, issue.label);
    YT_CHECK(ForEachRow(*select, [&](const Statement&) { known.push_back(issue); }));
  }
  return known;
}

Result<std::vector<std::vector<EditionRow>>> SqliteStore::Editions(const std::string& consumer, const std::vector<IssueId>& issues,
                                                                   const std::vector<Category>& categories) {
  std::lock_guard lock(read_mutex_);
  YT_ASSIGN(select, Query(sql::Editions(consumer, categories, "SELECT id, 1 AS asked FROM @_issue WHERE series = ? AND label = ?")));
  std::vector<std::vector<EditionRow>> editions(issues.size());
  const auto read = [&](const Statement& row) {
    EditionRow edition;
    edition.document = {Digest::FromRaw(row.Text(0)).value_or(Digest{})};
    edition.text_digest = {Digest::FromRaw(row.Text(1)).value_or(Digest{})};
    edition.splitter_version = static_cast<int>(row.Int(2));
    edition.feed = row.Text(3);
    edition.name = row.Text(4);
    edition.revision = static_cast<int>(row.Int(5));
    edition.priority = static_cast<int>(row.Int(6));
    edition.text_layer = row.Int(7) != 0;
    edition.whole = row.Int(8) != 0;
    edition.notices = row.Text(9);
    edition.listed = static_cast<int>(row.Int(10));
    edition.stored = static_cast<int>(row.Int(11));
    edition.counted_version = static_cast<int>(row.Int(12));
    return edition;
  };
  for (std::size_t i = 0; i < issues.size(); ++i) {
    select->BindText(1, issues[i].series).BindText(2, issues[i].label);
    YT_CHECK(ForEachRow(*select, [&](const Statement& row) { editions[i].push_back(read(row)); }));
  }
  return editions;
}

Result<std::vector<std::vector<StoredRecord>>> SqliteStore::Rows(const std::string& consumer, const std::vector<EditionKey>& editions,
                                                                 std::optional<RecordKind> kind) {
  std::lock_guard lock(read_mutex_);
  YT_ASSIGN(select, Query(sql::Rows(consumer, kind,
                                    "SELECT i.id AS issue, d.id AS document, ? AS text_digest, ? AS splitter_version, 1 AS asked FROM "
                                    "@_issue i, @_document d WHERE i.series = ? AND i.label = ? AND d.digest = ?")));
  std::vector<std::vector<StoredRecord>> records(editions.size());
  const auto read = [&](const Statement& row) {
    StoredRecord record;
    record.section = {Digest::FromRaw(row.Text(0)).value_or(Digest{})};
    record.ordinal = static_cast<int>(row.Int(1));
    record.kind = static_cast<RecordKind>(row.Int(7));
    record.first_span = static_cast<std::uint32_t>(row.Int(2));
    record.known_at = FromMillis(row.Int(3));
    record.natural_key = row.Text(4);
    record.body = row.Text(5);
    record.provenance = row.Text(6);
    return record;
  };
  for (std::size_t i = 0; i < editions.size(); ++i) {
    const EditionKey& edition = editions[i];
    select->BindBlob(1, edition.text_digest.Raw()).Bind(2, edition.splitter_version);
    select->BindText(3, edition.issue.series).BindText(4, edition.issue.label).BindBlob(5, edition.document.Raw());
    YT_CHECK(ForEachRow(*select, [&](const Statement& row) { records[i].push_back(read(row)); }));
  }
  return records;
}

Result<StoreCounts> SqliteStore::Count(const std::string& consumer) {
  std::lock_guard lock(read_mutex_);
  YT_ASSIGN(select, Query(sql::Count(consumer, "json_array_length(notices)")));
  YT_ASSIGN(found, select->Step());
  StoreCounts counts;
  if (found) counts = {select->Int(0), select->Int(1), select->Int(2), select->Int(3), select->Int(4), select->Int(5)};
  select->Reset();
  return counts;
}

Result<std::vector<DeadLetter>> SqliteStore::DeadLetters(const std::string& consumer) {
  std::lock_guard lock(read_mutex_);
  YT_ASSIGN(select, Query(sql::kDeadLetters));
  select->BindText(1, consumer);
  std::vector<DeadLetter> letters;
  YT_CHECK(ForEachRow(*select, [&](const Statement& row) { letters.push_back(LetterFrom(row)); }));
  return letters;
}

Result<std::vector<LetterCount>> SqliteStore::CountLetters(const std::string& consumer) {
  std::lock_guard lock(read_mutex_);
  YT_ASSIGN(select, Query(sql::kLetterCounts));
  select->BindText(1, consumer);
  std::vector<LetterCount> counts;
  YT_CHECK(ForEachRow(*select, [&](const Statement& row) {
    counts.push_back({std::string(row.Text(0)), row.Int(1), FromMillis(row.Int(2))});
  }));
  return counts;
}

Result<bool> SqliteStore::MoveLetter(const std::string& consumer, const Digest& id, const std::vector<std::string>& from,
                                     const std::string& to, const std::string& note) {
  std::lock_guard lock(write_mutex_);
  YT_CHECK(write_db_.Begin());
  auto moved = MoveLetterRow(consumer, id, from, to, note);
  if (moved) {
    if (auto committed = write_db_.Commit(); !committed) moved = tl::unexpected<Error>(committed.error());
  }
  if (!moved) write_db_.Rollback();
  return moved;
}

// A section that is waived, or is no longer, may change which edition of its issue is complete.
Result<bool> SqliteStore::MoveLetterRow(const std::string& consumer, const Digest& id, const std::vector<std::string>& from,
                                        const std::string& to, const std::string& note) {
  YT_ASSIGN(update, write_db_.Prepare(sql::MoveLetter(from)));
  update.BindText(1, to).BindText(2, note).BindBlob(3, id.Raw()).BindText(4, consumer);
  YT_CHECK(update.Run());
  if (write_db_.Changes() == 0) return false;
  YT_ASSIGN(touch, write_db_.Prepare(sql::TouchByLetter(consumer)));
  touch.BindBlob(1, id.Raw());
  YT_CHECK(touch.Run());
  return true;
}

}  // namespace ytterby
