// The store in a SQLite file.
#pragma once

#include <condition_variable>
#include <filesystem>
#include <map>
#include <mutex>

#include "common/db/sqlite.hpp"
#include "common/db/sqlite_checkpointer.hpp"
#include "consumers/stores/sqlite_reader.hpp"
#include "consumers/stores/sqlite_writer.hpp"
#include "consumers/stores/store.hpp"

namespace ytterby {

// A mutex that serves callers in order of arrival, so that no consumer starves.
class FairMutex {
 public:
  void lock();
  void unlock();

 private:
  std::mutex mutex_;
  std::condition_variable turn_;
  std::uint64_t next_ = 0, serving_ = 0;
};

// All writers of the process take turns on one write connection. Short reads, the relay's reads and each snapshot have
// their own connections and wait for nothing.
class SqliteStore final : public Store, private StoreWriter, private Letters, private RelayStore {
 public:
  static Result<std::unique_ptr<Store>> Open(const std::filesystem::path& file, bool read_only);

  const std::string& Id() const override { return id_; }
  StoreWriter& writer() override { return *this; }
  Letters& letters() override { return *this; }
  RelayStore& relay() override { return *this; }
  Result<std::unique_ptr<Snapshot>> OpenSnapshot(const Scope& scope) override;
  Result<void> CheckHome() override;

 private:
  SqliteStore() = default;
  Result<void> Migrate(bool read_only);
  Result<void> KeepHome();

  Result<void> Write(const std::string& consumer, const std::string& log_id, const StoreBatch& batch) override;
  Result<std::optional<StoredOffset>> OffsetOf(const std::string& consumer, const std::string& log_id,
                                               const TopicPartition& at) override;
  Result<void> NoteHolder(const Holder& holder) override;
  Result<void> ForgetHolder(const Holder& holder) override;
  Result<std::vector<Holder>> Holders() override;

  // sqlite_letters.cpp
  Result<std::vector<DeadLetter>> List(const LetterQuery& query) override;
  Result<std::optional<DeadLetter>> Find(const std::string& consumer, const Digest& id) override;
  Result<std::vector<LetterCount>> CountLetters(const std::string& consumer) override;
  Result<bool> MoveLetter(const std::string& consumer, const Digest& id, const std::vector<std::string>& from,
                          const std::string& to, const std::string& note, Timestamp at) override;
  // Within a transaction that the caller begins and ends.
  Result<bool> MoveLetterRow(const std::string& consumer, const Digest& id, const std::vector<std::string>& from,
                             const std::string& to, const std::string& note, Timestamp at);

  // sqlite_relay.cpp
  Result<std::optional<RelayLease>> TakeRelay(const std::string& holder, std::chrono::milliseconds lease) override;
  Result<std::vector<DirtyIssue>> DirtyIssues(std::size_t limit) override;
  Result<std::vector<std::vector<PublishedRecord>>> PublishedOf(const std::vector<IssueId>& issues) override;
  Result<std::vector<IssueId>> PublishedIssues() override;
  Result<std::vector<PublishedRecord>> Noted() override;
  Result<std::vector<DeadLetter>> LettersToCopy(std::size_t limit) override;
  Result<void> ForgetPublished() override;
  Result<void> WriteRelay(std::int64_t term, const RelayBatch& batch) override;
  Result<void> WriteRelayRows(std::int64_t term, const RelayBatch& batch);

  std::filesystem::path file_;
  bool read_only_ = false;
  std::string id_;
  FairMutex write_mutex_;  // guards write_db_ and writers_
  Database write_db_;
  std::map<std::string, SqliteWriter> writers_;  // by consumer
  std::unique_ptr<SqliteCheckpointer> checkpointer_;
  SqliteReader positions_;  // offsets and letters: short queries
  SqliteReader relay_;
};

}  // namespace ytterby
