#include "common/db/sqlite.hpp"

#include <fmt/format.h>
#include <sqlite3.h>
#include <sys/statvfs.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <thread>

namespace ytterby {
namespace {

// SQLite's message, with the system's if a file could not be opened or written.
std::string Words(sqlite3* db) {
  const int code = sqlite3_errcode(db) & 0xff, system = sqlite3_system_errno(db);
  const bool of_system = (code == SQLITE_CANTOPEN || code == SQLITE_IOERR) && system != 0;
  return of_system ? fmt::format("{} ({})", sqlite3_errmsg(db), std::strerror(system)) : sqlite3_errmsg(db);
}

// A full disk and I/O errors are kIo; a lock not granted in time is kUnavailable, which callers retry; a value that the
// schema rejects is kBadData; a corrupt file is kDamaged, which no retry fixes.
Error SqliteError(sqlite3* db, Part part) {
  const int code = sqlite3_extended_errcode(db) & 0xff;
  ErrorKind kind = ErrorKind::kIo;
  if (code == SQLITE_BUSY || code == SQLITE_LOCKED) kind = ErrorKind::kUnavailable;
  if (code == SQLITE_CONSTRAINT || code == SQLITE_MISMATCH || code == SQLITE_TOOBIG) kind = ErrorKind::kBadData;
  std::string remedy;
  if (code == SQLITE_CORRUPT || code == SQLITE_NOTADB) {
    kind = ErrorKind::kDamaged;
    if (part == Part::kStore) remedy = "; `ytterby store check` says what is damaged and how to rebuild the store";
    if (part == Part::kArchive) remedy = "; restore it, or let the feeds deliver again (runbook, \"A damaged file\")";
    if (part == Part::kLog) remedy = "; rebuild the embedded log from the archive (runbook, \"A damaged file\")";
  }
  const char* name = sqlite3_db_filename(db, "main");
  return {kind, fmt::format("{}: {}{}", name && *name ? name : "sqlite", Words(db), remedy), part};
}

bool IsOnReadOnlyDisk(const std::filesystem::path& path) {
  struct statvfs system {};
  const bool known = statvfs(path.c_str(), &system) == 0 || statvfs(path.parent_path().c_str(), &system) == 0;
  return known && (system.f_flag & ST_RDONLY) != 0;
}

// On a read-only disk the write-ahead log's files cannot be created; if none is left from before, the database file is
// complete.
bool IsUnchanging(const std::filesystem::path& path) {
  std::error_code ec;
  return IsOnReadOnlyDisk(path) && !std::filesystem::exists(path.string() + "-wal", ec);
}

// The path as a URI, with the characters that have a meaning in URIs escaped.
std::string UriOf(const std::filesystem::path& path) {
  std::string uri = "file:";
  for (char c : path.string()) uri += c == '%' || c == '?' || c == '#' ? fmt::format("%{:02X}", c) : std::string(1, c);
  return uri + "?immutable=1";
}

}  // namespace

void SqliteClose::operator()(sqlite3* handle) const { sqlite3_close_v2(handle); }
void SqliteFinalize::operator()(sqlite3_stmt* handle) const { sqlite3_finalize(handle); }

Statement& Statement::Bind(int position, std::int64_t value) {
  sqlite3_bind_int64(handle_.get(), position, value);
  return *this;
}

Statement& Statement::BindText(int position, std::string_view text) {
  sqlite3_bind_text(handle_.get(), position, text.data() ? text.data() : "", static_cast<int>(text.size()),
                    SQLITE_STATIC);
  return *this;
}

Statement& Statement::BindBlob(int position, std::string_view bytes) {
  sqlite3_bind_blob(handle_.get(), position, bytes.data() ? bytes.data() : "", static_cast<int>(bytes.size()),
                    SQLITE_STATIC);
  return *this;
}

Statement& Statement::BindNull(int position) {
  sqlite3_bind_null(handle_.get(), position);
  return *this;
}

Result<bool> Statement::Step() {
  const int code = sqlite3_step(handle_.get());
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  const Error error = SqliteError(sqlite3_db_handle(handle_.get()), part_);
  sqlite3_reset(handle_.get());
  return tl::unexpected<Error>(error);
}

Result<void> Statement::Run() {
  auto stepped = Step();
  if (!stepped) return tl::unexpected<Error>(stepped.error());
  Reset();
  return {};
}

std::string_view Statement::File() const {
  const char* name = sqlite3_db_filename(sqlite3_db_handle(handle_.get()), "main");
  return name ? name : "";
}

void Statement::Reset() { sqlite3_reset(handle_.get()); }

std::int64_t Statement::Int(int column) const { return sqlite3_column_int64(handle_.get(), column); }

std::string_view Statement::Text(int column) const {
  const void* bytes = sqlite3_column_blob(handle_.get(), column);
  return {static_cast<const char*>(bytes ? bytes : ""),
          static_cast<std::size_t>(sqlite3_column_bytes(handle_.get(), column))};
}

bool Statement::IsNull(int column) const { return sqlite3_column_type(handle_.get(), column) == SQLITE_NULL; }

Result<Database> Database::Open(const std::filesystem::path& path, const SqliteOptions& options) {
  if (options.read_only && !std::filesystem::exists(path)) {
    return Fail(ErrorKind::kNoInput, fmt::format("{}: no such database", path.string()), options.part);
  }
  std::error_code ec;
  const auto status = std::filesystem::status(path, ec);
  if (std::filesystem::exists(status) && !std::filesystem::is_regular_file(status))
    return Fail(ErrorKind::kIo, fmt::format("{}: not a regular file", path.string()), options.part);
  if (!options.read_only && IsOnReadOnlyDisk(path))
    return Fail(ErrorKind::kIo, fmt::format("{}: {}", path.string(), std::strerror(EROFS)), options.part);
  Database database;
  database.part_ = options.part;
  sqlite3* handle = nullptr;
  const int flags =
      (options.read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE) | SQLITE_OPEN_NOMUTEX;
  int code = sqlite3_open_v2(path.c_str(), &handle, flags, nullptr);
  database.handle_.reset(handle);
  if (code == SQLITE_OK && options.read_only && IsUnchanging(path) &&
      !database.Execute("SELECT count(*) FROM sqlite_master")) {
    code = sqlite3_open_v2(UriOf(path).c_str(), &handle, flags | SQLITE_OPEN_URI, nullptr);
    database.handle_.reset(handle);
  }
  if (code != SQLITE_OK) {
    return Fail(ErrorKind::kIo, fmt::format("{}: {}", path.string(), handle ? Words(handle) : "no memory"),
                options.part);
  }
  sqlite3_busy_timeout(handle, options.busy_timeout_ms);
  if (options.read_only) {
    YT_CHECK(database.Execute(fmt::format("PRAGMA cache_size=-{}", options.cache_kib)));
    return database;
  }
  // When two processes create the file at once, SQLite refuses the change to WAL without waiting, so it is retried.
  const std::string settings = fmt::format(
      "PRAGMA page_size={}; PRAGMA journal_mode=WAL; PRAGMA synchronous={}; PRAGMA cache_size=-{}; PRAGMA "
      "foreign_keys=ON",
      options.page_bytes, options.full_sync ? "FULL" : "NORMAL", options.cache_kib);
  Result<void> set;
  for (int waited_ms = 0; waited_ms <= options.busy_timeout_ms; waited_ms += 20) {
    set = database.Execute(settings);
    if (set || set.error().kind != ErrorKind::kUnavailable) break;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  if (!set) return tl::unexpected<Error>(set.error());
  return database;
}

Result<void> Database::RequireFormat(int format) {
  YT_ASSIGN(select, Prepare("PRAGMA user_version"));
  YT_ASSIGN(found, select.Step());
  const int version = found ? static_cast<int>(select.Int(0)) : 0;
  select.Reset();
  if (version > format) {
    return Fail(ErrorKind::kConfiguration,
                fmt::format("{}: format {}, newer than this program's {}; use the newer program",
                            sqlite3_db_filename(handle_.get(), "main"), version, format));
  }
  if (version == format) return {};
  return Execute(fmt::format("PRAGMA user_version = {}", format));
}

Result<Statement> Database::Prepare(std::string_view sql) {
  sqlite3_stmt* statement = nullptr;
  const int code = sqlite3_prepare_v3(handle_.get(), sql.data(), static_cast<int>(sql.size()),
                                      SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
  if (code != SQLITE_OK) return tl::unexpected<Error>(SqliteError(handle_.get(), part_));
  return Statement(statement, part_);
}

Result<void> Database::Execute(const std::string& sql) {
  if (sqlite3_exec(handle_.get(), sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) {
    return tl::unexpected<Error>(SqliteError(handle_.get(), part_));
  }
  return {};
}

void Database::Rollback() {
  if (!sqlite3_get_autocommit(handle_.get())) sqlite3_exec(handle_.get(), "ROLLBACK", nullptr, nullptr, nullptr);
}

std::int64_t Database::DataVersion() {
  if (!data_version_) {
    auto statement = Prepare("PRAGMA data_version");
    if (!statement) return 0;
    data_version_ = std::make_shared<Statement>(std::move(*statement));
  }
  const auto row = data_version_->Step();
  const std::int64_t version = row && *row ? data_version_->Int(0) : 0;
  data_version_->Reset();
  return version;
}

int Database::Changes() const { return sqlite3_changes(handle_.get()); }

std::int64_t Database::LastRowId() const { return sqlite3_last_insert_rowid(handle_.get()); }

Result<std::vector<std::string>> FindDamageInFile(const std::filesystem::path& file) {
  std::vector<std::string> lines;
  const auto checked = [&]() -> Result<void> {
    YT_ASSIGN(db, Database::Open(file, SqliteOptions{.read_only = true}));
    YT_ASSIGN(check, db.Prepare("PRAGMA integrity_check(20)"));
    while (true) {
      YT_ASSIGN(found, check.Step());
      if (!found) return {};
      if (check.Text(0) != "ok") lines.push_back(fmt::format("{}: {}", file.string(), check.Text(0)));
    }
  }();
  if (checked) return lines;
  if (checked.error().kind != ErrorKind::kDamaged) return tl::unexpected<Error>(checked.error());
  lines.push_back(checked.error().message);
  return lines;
}

}  // namespace ytterby
