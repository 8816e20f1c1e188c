// Copies a database's write-ahead log into its file on a thread beside the writer, so that a commit does not wait for
// it.
#pragma once

#include <condition_variable>
#include <filesystem>
#include <memory>
#include <mutex>
#include <thread>

#include "common/db/sqlite.hpp"

namespace ytterby {

class SqliteCheckpointer {
 public:
  // Watches the commits of `writer`, which must outlive the result. Copies whenever `pages` more pages have been
  // written to the log. If the writer is too fast, it copies by itself at eight times as many. That bounds the log,
  // unless another process copies or reads the whole time.
  static Result<std::unique_ptr<SqliteCheckpointer>> Watch(Database& writer, const std::filesystem::path& file,
                                                           int pages);
  ~SqliteCheckpointer();

 private:
  SqliteCheckpointer(Database& writer, int pages) : writer_(writer), pages_(pages) {}
  static int OnCommit(void* self, sqlite3* db, const char* name, int in_log);
  void CopyUntilStopped(std::stop_token stop);

  Database& writer_;
  const int pages_;
  Database copier_;

  std::mutex copying_;  // held while copying
  std::mutex mutex_;    // guards the members below
  std::condition_variable_any changed_;
  int in_log_ = 0;  // pages in the log after the last commit
  int copied_ = 0;  // pages in the log when it was last copied
  std::jthread thread_;
};

}  // namespace ytterby
