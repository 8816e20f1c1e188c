// The store in a PostgreSQL database.
#pragma once

#include <map>
#include <mutex>

#include "common/db/postgres.hpp"
#include "consumers/stores/store.hpp"

namespace ytterby {

// How to reach a PostgreSQL store.
struct PostgresOptions {
  std::string url;  // postgresql://…, without a password; TLS by its parameters (sslmode, …) or libpq's environment
  std::string password;  // empty: libpq's own sources
  PgPatience patience{};
};

// Keeps connections of finished snapshots for the next ones: a new session takes the server some milliseconds.
// Thread-safe.
class PostgresPool {
 public:
  explicit PostgresPool(PostgresOptions options) : options_(std::move(options)) {}
  std::unique_ptr<PgConnection> Take();
  void GiveBack(std::unique_ptr<PgConnection> connection);

 private:
  static constexpr std::size_t kIdle = 2;
  const PostgresOptions options_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<PgConnection>> idle_;
};

// Each consumer has its own connection, so that one that waits for a lock blocks no other; so do offsets, letters, the
// relay and each snapshot. The next call reopens a lost connection.
class PostgresStore final : public Store, private StoreWriter, private Letters, private RelayStore {
 public:
  // Creates or migrates the tables under an advisory lock, unless `read_only`.
  static Result<std::unique_ptr<Store>> Open(const PostgresOptions& options, bool read_only);

  const std::string& Id() const override { return id_; }
  StoreWriter& writer() override { return *this; }
  Letters& letters() override { return *this; }
  RelayStore& relay() override { return *this; }
  Result<std::unique_ptr<Snapshot>> OpenSnapshot(const Scope& scope) override;
  Result<void> CheckHome() override { return {}; }

 private:
  struct Channel {
    explicit Channel(const PostgresOptions& options) : connection(options.url, options.password, options.patience) {}
    std::mutex mutex;
    PgConnection connection;
  };

  explicit PostgresStore(PostgresOptions options)
      : options_(std::move(options)), pool_(options_), positions_(options_), letters_(options_), relay_(options_) {}
  Result<void> Migrate(bool read_only);
  Channel& ChannelOf(const std::string& consumer);
  // After a failure: rolls back. If another session's lock was the cause, also ends the sessions that keep locks
  // because their process is paused. Returns the failure, with what was done added to its message.
  static Error Recover(PgConnection& db, Error error);
  // Runs one query on a channel; its parameters are written as `?`.
  static Result<PgRows> Ask(Channel& channel, const std::string& sql, const PgParameters& parameters);

  Result<void> Write(const std::string& consumer, const std::string& log_id, const StoreBatch& batch) override;
  Result<std::optional<StoredOffset>> OffsetOf(const std::string& consumer, const std::string& log_id,
                                               const TopicPartition& at) override;
  Result<void> NoteHolder(const Holder& holder) override;
  Result<void> ForgetHolder(const Holder& holder) override;
  Result<std::vector<Holder>> Holders() override;

  // postgres_letters.cpp
  Result<std::vector<DeadLetter>> List(const LetterQuery& query) override;
  Result<std::optional<DeadLetter>> Find(const std::string& consumer, const Digest& id) override;
  Result<std::vector<LetterCount>> CountLetters(const std::string& consumer) override;
  Result<bool> MoveLetter(const std::string& consumer, const Digest& id, const std::vector<std::string>& from,
                          const std::string& to, const std::string& note, Timestamp at) override;

  // postgres_relay.cpp
  Result<std::optional<RelayLease>> TakeRelay(const std::string& holder, std::chrono::milliseconds lease) override;
  Result<std::vector<DirtyIssue>> DirtyIssues(std::size_t limit) override;
  Result<std::vector<std::vector<PublishedRecord>>> PublishedOf(const std::vector<IssueId>& issues) override;
  Result<std::vector<IssueId>> PublishedIssues() override;
  Result<std::vector<PublishedRecord>> Noted() override;
  Result<std::vector<DeadLetter>> LettersToCopy(std::size_t limit) override;
  Result<void> ForgetPublished() override;
  Result<void> WriteRelay(std::int64_t term, const RelayBatch& batch) override;

  PostgresOptions options_;
  std::string id_;
  PostgresPool pool_;
  Channel positions_;  // separate, because offsets are read while a consumer waits for a lock
  Channel letters_;
  Channel relay_;
  std::mutex channels_mutex_;
  std::map<std::string, std::unique_ptr<Channel>> channels_;
};

}  // namespace ytterby
