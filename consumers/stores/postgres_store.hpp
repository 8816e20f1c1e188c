// The store in a PostgreSQL database.
#pragma once

#include <map>
#include <mutex>

#include "common/postgres.hpp"
#include "consumers/stores/store.hpp"

namespace ytterby {

// Where a PostgreSQL store is, without anything secret.
struct PostgresOptions {
  std::string url;       // postgresql://…; TLS by its parameters (sslmode, sslrootcert, …) or libpq's environment
  std::string password;  // empty: libpq's own sources
};

// Each consumer has a connection of its own, so that one that waits holds up no other; views have another. A lost connection is made
// again by the next call.
class PostgresStore final : public Store {
 public:
  // Makes or migrates the tables under an advisory lock, unless `read_only`.
  static Result<std::unique_ptr<Store>> Open(const PostgresOptions& options, bool read_only);

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
  struct Channel {
    explicit Channel(const PostgresOptions& options) : connection(options.url, options.password) {}
    std::mutex mutex;
    PgConnection connection;
  };

  explicit PostgresStore(PostgresOptions options)
      : options_(std::move(options)), views_(options_), positions_(options_), relay_(options_) {}
  Result<void> Migrate(bool read_only);
  Channel& ChannelOf(const std::string& consumer);
  // After a failure: the transaction is ended; where it was somebody's lock, also the sessions that keep theirs because they were paused.
  // Returns the failure, with what was done.
  static Error Recover(PgConnection& db, Error error);
  // A question of a view, its parameters standing as `?`.
  Result<PgRows> Ask(const std::string& sql, const PgParameters& parameters);
  // The same on the relay's connection.
  Result<PgRows> AskForRelay(const std::string& sql, const PgParameters& parameters);

  PostgresOptions options_;
  std::string id_;
  Channel views_;
  Channel positions_;  // apart: they are asked for while a consumer waits for a lock
  Channel relay_;
  bool holds_snapshot_ = false;
  std::mutex channels_mutex_;
  std::map<std::string, std::unique_ptr<Channel>> channels_;
};

}  // namespace ytterby
