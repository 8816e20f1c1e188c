// One moment of a PostgreSQL store.
#pragma once

#include "consumers/stores/postgres_store.hpp"
#include "consumers/stores/snapshot.hpp"

namespace ytterby {

// A read-only REPEATABLE READ transaction on its own connection. A lost connection ends it, because later reads would
// not agree with earlier ones.
class PostgresSnapshot final : public Snapshot {
 public:
  static Result<std::unique_ptr<Snapshot>> Open(PostgresPool& pool, const Scope& scope);
  ~PostgresSnapshot() override;

  Result<std::vector<IssueId>> Issues(const std::string& consumer) override;
  Result<std::vector<IssueId>> IssuesAmong(const std::string& consumer, const std::vector<IssueId>& issues) override;
  Result<std::vector<std::vector<EditionRow>>> Editions(const std::string& consumer, const std::vector<IssueId>& issues,
                                                        const std::vector<Category>& categories) override;
  Result<std::vector<std::vector<StoredRecord>>> Rows(const std::string& consumer,
                                                      const std::vector<EditionKey>& editions,
                                                      std::optional<RecordKind> kind) override;
  Result<StoreCounts> Count(const std::string& consumer) override;
  Result<std::int64_t> CountDangling(const std::string& consumer) override;
  std::string StoreName() const override { return "the store"; }

 private:
  PostgresSnapshot(PostgresPool& pool, Scope scope) : pool_(pool), scope_(std::move(scope)), connection_(pool.Take()) {}
  Result<PgRows> Ask(const std::string& sql, const PgParameters& parameters);

  PostgresPool& pool_;
  const Scope scope_;
  std::unique_ptr<PgConnection> connection_;
};

}  // namespace ytterby
