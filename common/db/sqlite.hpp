// A thin, typed wrapper of SQLite for the three files that use it: the embedded log, the archive and the store. A
// connection belongs to one thread at a time; the owner of a Database ensures that.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/result.hpp"

struct sqlite3;
struct sqlite3_stmt;

namespace ytterby {

struct SqliteClose {
  void operator()(sqlite3* handle) const;
};
struct SqliteFinalize {
  void operator()(sqlite3_stmt* handle) const;
};

// A prepared statement. Bind positions count from 1, columns from 0, as in SQLite.
class Statement {
 public:
  Statement() = default;
  Statement(sqlite3_stmt* handle, Part part) : handle_(handle), part_(part) {}

  Statement& Bind(int position, std::int64_t value);
  // Bound bytes must live until the next Reset; nothing is copied.
  Statement& BindText(int position, std::string_view text);
  Statement& BindBlob(int position, std::string_view bytes);
  Statement& BindNull(int position);

  Result<bool> Step();  // true: a row is there; false: done
  // Runs a statement that returns no rows, and resets it.
  Result<void> Run();
  void Reset();

  std::int64_t Int(int column) const;
  std::string_view Text(int column) const;  // text or blob; valid until the next Step or Reset
  bool IsNull(int column) const;
  std::string_view File() const;  // the database's; empty for one in memory

 private:
  std::unique_ptr<sqlite3_stmt, SqliteFinalize> handle_;
  Part part_ = Part::kNone;
};

struct SqliteOptions {
  bool read_only = false;
  bool full_sync = true;  // commit is durable against power loss; false: against process death only
  int page_bytes = 4096;  // used when the file is created
  int cache_kib = 8192;
  int busy_timeout_ms = 10000;
  Part part = Part::kNone;  // the part whose file this is, for errors
};

class Database {
 public:
  // Opens (or creates) the file in WAL mode. kNoInput if read_only and missing, kDamaged if it is not a database or a
  // corrupt one, kIo otherwise.
  static Result<Database> Open(const std::filesystem::path& path, const SqliteOptions& options);

  Result<Statement> Prepare(std::string_view sql);
  Result<void> Execute(const std::string& sql);  // one or more statements without parameters
  Result<void> Begin() { return Execute("BEGIN IMMEDIATE"); }
  Result<void> Commit() { return Execute("COMMIT"); }
  void Rollback();
  // Refuses (kConfiguration) a file whose user_version is above `format`; writes `format` into an older one.
  Result<void> RequireFormat(int format);
  // Changes whenever another connection commits; for cheap polling across processes.
  std::int64_t DataVersion();
  // Number of rows the last statement changed.
  int Changes() const;
  std::int64_t LastRowId() const;
  sqlite3* handle() const { return handle_.get(); }

 private:
  std::unique_ptr<sqlite3, SqliteClose> handle_;
  Part part_ = Part::kNone;
  std::shared_ptr<Statement> data_version_;
};

// What SQLite's own check finds in a file, at most 20 lines that name it; none for a sound one. Changes nothing. Errors
// are of no part, so they do not advise to run this check. kNoInput: no such file.
Result<std::vector<std::string>> FindDamageInFile(const std::filesystem::path& file);

}  // namespace ytterby
