#include "consumers/stores/sqlite_store.hpp"

#include <fmt/format.h>

#include "common/uuid.hpp"
#include "consumers/stores/sqlite_home.hpp"
#include "consumers/stores/sqlite_rows.hpp"
#include "consumers/stores/sqlite_snapshot.hpp"
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
  store->file_ = file;
  store->read_only_ = read_only;
  if (!read_only) {
    std::error_code ec;
    std::filesystem::create_directories(file.parent_path(), ec);
    // There is no sync at every commit: a power failure may lose the last transactions, rows and offsets together, and
    // the consumers read them from the log again. A killed process loses none.
    YT_ASSIGN(db, Database::Open(
                      file, SqliteOptions{
                                .full_sync = false, .page_bytes = 16384, .cache_kib = 16384, .part = Part::kStore}));
    store->write_db_ = std::move(db);
    YT_ASSIGN(checkpointer, SqliteCheckpointer::Watch(store->write_db_, file, kCheckpointPages));
    store->checkpointer_ = std::move(checkpointer);
  }
  YT_CHECK(store->Migrate(read_only));
  YT_CHECK(store->positions_.Open(file, read_only, 1024));
  YT_CHECK(store->relay_.Open(file, read_only, 2048));
  YT_ASSIGN(id, store->positions_.Query(sql::kStoreId));
  YT_ASSIGN(found, id->Step());
  if (!found)
    return Fail(ErrorKind::kConfiguration, fmt::format("{}: not a store of this program", file.string()), Part::kStore);
  store->id_ = id->Text(0);
  id->Reset();
  if (!read_only) YT_CHECK(store->KeepHome());
  return std::unique_ptr<Store>(std::move(store));
}

// A store that was moved follows; a copy keeps the home of the first until a person decides.
Result<void> SqliteStore::KeepHome() {
  const StoreHome now = HomeOf(file_);
  YT_ASSIGN(written, WrittenHome(write_db_));
  if (written && !IsSameHome(*written, now)) return {};
  if (written && written->inode == now.inode && written->host == now.host && written->path == now.path) return {};
  return WriteHome(write_db_, now);
}

Result<void> SqliteStore::CheckHome() {
  std::lock_guard lock(write_mutex_);
  YT_ASSIGN(written, WrittenHome(write_db_));
  if (!written || IsSameHome(*written, HomeOf(file_))) return {};
  return Fail(
      ErrorKind::kConfiguration,
      fmt::format("{}: this store lived in {} on {} and was moved or copied. Two copies with one id would share "
                  "their consumer groups, and each would get half of the messages. If it was moved, run "
                  "`ytterby store adopt`; if it is a copy, `ytterby store adopt --copy` gives it an id of its own",
                  file_.string(), written->path, written->host),
      Part::kStore);
}

Result<std::unique_ptr<Snapshot>> SqliteStore::OpenSnapshot(const Scope& scope) {
  return SqliteSnapshot::Open(file_, read_only_, scope);
}

// Migrates the schema to this program's version; refuses a newer store.
Result<void> SqliteStore::Migrate(bool read_only) {
  Database check;
  if (read_only) {
    YT_ASSIGN(db, Database::Open(file_, SqliteOptions{.read_only = true, .part = Part::kStore}));
    check = std::move(db);
  }
  Database& db = read_only ? check : write_db_;
  YT_ASSIGN(select, db.Prepare("PRAGMA user_version"));
  YT_ASSIGN(found, select.Step());
  int version = found ? static_cast<int>(select.Int(0)) : 0;
  select.Reset();
  if (read_only) return RequireCurrentSchema(file_.string(), version);
  YT_ASSIGN(state, CompareSchema(file_.string(), version));
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

Result<std::optional<StoredOffset>> SqliteStore::OffsetOf(const std::string& consumer, const std::string& log_id,
                                                          const TopicPartition& at) {
  std::lock_guard lock(positions_.mutex);
  YT_ASSIGN(select, positions_.Query(sql::kOffset));
  select->BindText(1, log_id).BindText(2, consumer).BindText(3, at.topic).Bind(4, at.partition);
  YT_ASSIGN(found, select->Step());
  std::optional<StoredOffset> offset;
  if (found) offset = StoredOffset{select->Int(0), {std::string(select->Text(1)), FromMillis(select->Int(2))}};
  select->Reset();
  return offset;
}

Result<void> SqliteStore::NoteHolder(const Holder& holder) {
  std::lock_guard lock(write_mutex_);
  YT_ASSIGN(note, write_db_.Prepare(sql::kNoteHolder));
  note.BindText(1, holder.consumer)
      .BindText(2, holder.id)
      .BindText(3, holder.host)
      .Bind(4, holder.pid)
      .Bind(5, ToMillis(holder.seen));
  return note.Run();
}

Result<void> SqliteStore::ForgetHolder(const Holder& holder) {
  std::lock_guard lock(write_mutex_);
  YT_ASSIGN(forget, write_db_.Prepare(sql::kForgetHolders));
  forget.BindText(1, holder.consumer).BindText(2, holder.id).Bind(3, ToMillis(holder.seen - kHolderKept));
  return forget.Run();
}

Result<std::vector<Holder>> SqliteStore::Holders() {
  std::lock_guard lock(positions_.mutex);
  YT_ASSIGN(select, positions_.Query(sql::kHolders));
  std::vector<Holder> holders;
  YT_CHECK(ForEachRow(*select, [&](const Statement& row) { holders.push_back(ReadHolder(row)); }));
  return holders;
}

}  // namespace ytterby
