// The store in a SQLite file.
#pragma once

#include <condition_variable>
#include <filesystem>
#include <map>
#include <mutex>

#include "common/sqlite.hpp"
#include "common/sqlite_checkpointer.hpp"
#include "consumers/stores/sqlite_writer.hpp"
#include "consumers/stores/store.hpp"

namespace ytterby {

// A mutex that serves its callers in the order they came, so that no consumer starves.
class FairMutex {
 public:
  void lock();
  void unlock();

 private:
  std::mutex mutex_;
  std::condition_variable turn_;
  std::uint64_t next_ = 0, serving_ = 0;
};

class SqliteStore final : public Store {
 public:
  static Result<std::unique_ptr<Store>> Open(const std::filesystem::path& file, bool read_only);

  const std::string& Id() const override { return id_; }
  Result<void> Write(const std::string& consumer, const std::string& log_id, const StoreBatch& batch) override;
  Result<std::optional<StoredOffset>> OffsetOf(const std::string& consumer, const std::string& log_id, const TopicPartition& at) override;
  Result<void> HoldSnapshot() override;
  Result<std::vector<IssueId>> Issues(const std::string& consumer) override;
  Result<std::vector<IssueId>> IssuesAmong(const std::string& consumer, const std::vector<IssueId>& issues) override;
  Result<std::vector<std::vector<EditionRow>>> Editions(const std::string& consumer, const std::vector<IssueId>& issues,
                                                        const std::vector<Category>& categories) override;
  Result<std::vector<std::vector<StoredRecord>>> Rows(const std::string& consumer, const std::vector<EditionKey>& editions,
                                                      std::optional<RecordKind> kind) override;
  Result<StoreCounts> Count(const std::string& consumer) override;
  Result<std::vector<DeadLetter>> DeadLetters(const std::string& consumer) override;
  Result<std::vector<LetterCount>> CountLetters(const std::string& consumer) override;
  Result<bool> MoveLetter(const std::string& consumer, const Digest& id, const std::vector<std::string>& from, const std::string& to,
                          const std::string& note) override;

  Result<std::optional<RelayLease>> TakeRelay(const std::string& holder, std::chrono::milliseconds lease) override;
  Result<std::vector<DirtyIssue>> DirtyIssues(std::size_t limit) override;
  Result<std::vector<std::vector<PublishedRecord>>> PublishedOf(const std::vector<IssueId>& issues) override;
  Result<std::vector<IssueId>> PublishedIssues() override;
  Result<std::vector<PublishedRecord>> Noted() override;
  Result<std::vector<DeadLetter>> LettersToCopy(std::size_t limit) override;
  Result<void> ForgetPublished() override;
  Result<void> WriteRelay(std::int64_t term, const RelayBatch& batch) override;

 private:
  SqliteStore() = default;
  Result<void> Migrate(const std::filesystem::path& file, bool read_only);
  // Both within a transaction that the caller begins and ends.
  Result<bool> MoveLetterRow(const std::string& consumer, const Digest& id, const std::vector<std::string>& from, const std::string& to,
                             const std::string& note);
  Result<void> WriteRelayRows(std::int64_t term, const RelayBatch& batch);
  // A prepared statement of the read connection, reset and ready to bind. Call with read_mutex_ held.
  Result<Statement*> Query(const std::string& sql);

  std::string id_;
  FairMutex write_mutex_;  // guards write_db_ and writers_
  Database write_db_;
  std::map<std::string, SqliteWriter> writers_;  // by consumer
  std::unique_ptr<SqliteCheckpointer> checkpointer_;
  std::mutex read_mutex_;  // guards read_db_ and queries_
  Database read_db_;
  std::map<std::string, Statement> queries_;
};

}  // namespace ytterby
