#include "common/db/sqlite_checkpointer.hpp"

#include <sqlite3.h>

#include <algorithm>

namespace ytterby {

Result<std::unique_ptr<SqliteCheckpointer>> SqliteCheckpointer::Watch(Database& writer,
                                                                      const std::filesystem::path& file, int pages) {
  std::unique_ptr<SqliteCheckpointer> checkpointer(new SqliteCheckpointer(writer, pages));
  YT_ASSIGN(copier, Database::Open(file, SqliteOptions{.cache_kib = 64}));
  checkpointer->copier_ = std::move(copier);
  // Replaces the automatic checkpoint, which is itself a hook.
  sqlite3_wal_hook(writer.handle(), &SqliteCheckpointer::OnCommit, checkpointer.get());
  SqliteCheckpointer* self = checkpointer.get();
  checkpointer->thread_ = std::jthread([self](std::stop_token stop) { self->CopyUntilStopped(std::move(stop)); });
  return checkpointer;
}

SqliteCheckpointer::~SqliteCheckpointer() {
  sqlite3_wal_hook(writer_.handle(), nullptr, nullptr);
  thread_.request_stop();
  if (thread_.joinable()) thread_.join();
}

int SqliteCheckpointer::OnCommit(void* self, sqlite3* db, const char* name, int in_log) {
  auto& checkpointer = *static_cast<SqliteCheckpointer*>(self);
  {
    std::lock_guard lock(checkpointer.mutex_);
    if (in_log < checkpointer.in_log_) checkpointer.copied_ = 0;  // the log was restarted
    checkpointer.in_log_ = in_log;
    if (in_log - checkpointer.copied_ >= checkpointer.pages_) checkpointer.changed_.notify_one();
  }
  // The commit is valid whether or not this copies anything. SQLite refuses one of two concurrent copies, so this waits
  // for the other.
  if (in_log >= 8 * checkpointer.pages_) {
    std::lock_guard copying(checkpointer.copying_);
    sqlite3_wal_checkpoint_v2(db, name, SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr);
  }
  return SQLITE_OK;
}

void SqliteCheckpointer::CopyUntilStopped(std::stop_token stop) {
  std::unique_lock lock(mutex_);
  while (changed_.wait(lock, stop, [&] { return in_log_ - copied_ >= pages_; })) {
    const int seen = in_log_;
    lock.unlock();
    std::unique_lock copying(copying_);
    // Pages that cannot be copied, because a reader still needs the old file or the disk is full, are retried with the
    // next ones.
    sqlite3_wal_checkpoint_v2(copier_.handle(), nullptr, SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr);
    copying.unlock();
    lock.lock();
    copied_ = std::min(seen, in_log_);
  }
}

}  // namespace ytterby
