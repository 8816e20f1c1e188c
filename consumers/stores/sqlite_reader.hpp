// A read connection of the SQLite store with its prepared statements.
#pragma once

#include <filesystem>
#include <map>
#include <mutex>
#include <string>

#include "common/db/sqlite.hpp"

namespace ytterby {

// Hold `mutex` around Query and the use of its statement.
class SqliteReader {
 public:
  // `must_exist`: read only.
  Result<void> Open(const std::filesystem::path& file, bool must_exist, int cache_kib) {
    YT_ASSIGN(db, Database::Open(file, SqliteOptions{.read_only = must_exist,
                                                     .full_sync = false,
                                                     .page_bytes = 16384,
                                                     .cache_kib = cache_kib,
                                                     .part = Part::kStore}));
    db_ = std::move(db);
    return {};
  }
  // The statement, prepared once, reset and ready to bind.
  Result<Statement*> Query(const std::string& sql) {
    auto known = queries_.find(sql);
    if (known == queries_.end()) {
      YT_ASSIGN(statement, db_.Prepare(sql));
      known = queries_.emplace(sql, std::move(statement)).first;
    }
    known->second.Reset();
    return &known->second;
  }
  Database& db() { return db_; }

  std::mutex mutex;

 private:
  Database db_;
  std::map<std::string, Statement> queries_;
};

}  // namespace ytterby
