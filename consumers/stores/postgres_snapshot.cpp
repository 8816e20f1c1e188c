#include "consumers/stores/postgres_snapshot.hpp"

#include <fmt/format.h>

#include "consumers/stores/postgres_rows.hpp"
#include "consumers/stores/store_sql.hpp"

namespace ytterby {

std::unique_ptr<PgConnection> PostgresPool::Take() {
  std::lock_guard lock(mutex_);
  if (idle_.empty()) return std::make_unique<PgConnection>(options_.url, options_.password, options_.patience);
  auto connection = std::move(idle_.back());
  idle_.pop_back();
  return connection;
}

void PostgresPool::GiveBack(std::unique_ptr<PgConnection> connection) {
  std::lock_guard lock(mutex_);
  if (idle_.size() < kIdle) idle_.push_back(std::move(connection));
}

Result<std::unique_ptr<Snapshot>> PostgresSnapshot::Open(PostgresPool& pool, const Scope& scope) {
  std::unique_ptr<PostgresSnapshot> snapshot(new PostgresSnapshot(pool, scope));
  const auto begin = [&]() -> Result<PgRows> {
    YT_CHECK(snapshot->connection_->Execute(
        "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL idle_in_transaction_session_timeout = 0"));
    // The first read fixes the moment.
    return snapshot->Ask(sql::kStoreId, {});
  };
  auto id = begin();
  if (!id && id.error().kind == ErrorKind::kUnavailable) {
    // The server may have closed a pooled connection since; this reopens it.
    snapshot->connection_->Rollback();
    id = begin();
  }
  if (!id) return tl::unexpected<Error>(id.error());
  if (id->size() == 0) return Fail(ErrorKind::kDamaged, "the store has lost its id", Part::kStore);
  return std::unique_ptr<Snapshot>(std::move(snapshot));
}

PostgresSnapshot::~PostgresSnapshot() {
  connection_->Rollback();
  pool_.GiveBack(std::move(connection_));
}

Result<PgRows> PostgresSnapshot::Ask(const std::string& sql, const PgParameters& parameters) {
  return connection_->Query(Numbered(sql), parameters);
}

Result<std::vector<IssueId>> PostgresSnapshot::Issues(const std::string& consumer) {
  YT_ASSIGN(rows, Ask(sql::Issues(consumer, scope_), {}));
  std::vector<IssueId> issues;
  ForEachRow(rows, [&](const PgRow& row) { issues.push_back({TextIn(row, 0), TextIn(row, 1)}); });
  return issues;
}

Result<std::vector<IssueId>> PostgresSnapshot::IssuesAmong(const std::string& consumer,
                                                           const std::vector<IssueId>& issues) {
  YT_ASSIGN(rows, Ask(sql::IssuesAmong(consumer, scope_, TheseIssues("@_issue")), IssueParameters(issues)));
  std::vector<IssueId> known;
  for (int i = 0; i < rows.size(); ++i) known.push_back(issues[static_cast<std::size_t>(rows.Int(i, 0) - 1)]);
  return known;
}

Result<std::vector<std::vector<EditionRow>>> PostgresSnapshot::Editions(const std::string& consumer,
                                                                        const std::vector<IssueId>& issues,
                                                                        const std::vector<Category>& categories) {
  YT_ASSIGN(rows, Ask(sql::Editions(consumer, scope_, categories, TheseIssues("@_issue")), IssueParameters(issues)));
  std::vector<std::vector<EditionRow>> editions(issues.size());
  ForEachRow(rows, [&](const PgRow& row) {
    const auto asked = static_cast<std::size_t>(row.Int(14) - 1);
    editions[asked].push_back(ReadEdition(issues[asked], row));
  });
  return editions;
}

Result<std::vector<std::vector<StoredRecord>>> PostgresSnapshot::Rows(const std::string& consumer,
                                                                      const std::vector<EditionKey>& editions,
                                                                      std::optional<RecordKind> kind) {
  PgArray series(PgType::kText), labels(PgType::kText), documents(PgType::kBytes), texts(PgType::kBytes),
      versions(PgType::kBigint);
  for (const EditionKey& edition : editions) {
    series.Add(edition.issue.series);
    labels.Add(edition.issue.label);
    documents.Add(edition.document.Raw());
    texts.Add(edition.text_digest.Raw());
    versions.Add(edition.splitter_version);
  }
  PgParameters parameters;
  parameters.Array(std::move(series)).Array(std::move(labels)).Array(std::move(documents)).Array(std::move(texts));
  parameters.Array(std::move(versions));
  YT_ASSIGN(
      rows,
      Ask(sql::Rows(
              consumer, scope_, kind,
              "SELECT i.id AS issue, d.id AS document, u.text_digest, u.splitter_version, u.asked FROM "
              "unnest($1::text[], $2::text[], $3::bytea[], $4::bytea[], $5::bigint[]) WITH ORDINALITY "
              "u(series, label, digest, text_digest, splitter_version, asked) "
              "JOIN @_issue i ON i.series = u.series AND i.label = u.label JOIN @_document d ON d.digest = u.digest"),
          parameters));
  std::vector<std::vector<StoredRecord>> records(editions.size());
  ForEachRow(rows,
             [&](const PgRow& row) { records[static_cast<std::size_t>(row.Int(8) - 1)].push_back(ReadRecord(row)); });
  return records;
}

Result<StoreCounts> PostgresSnapshot::Count(const std::string& consumer) {
  YT_ASSIGN(rows, Ask(sql::Count(consumer, scope_, "json_array_length(notices::json)"), {}));
  return StoreCounts{rows.Int(0, 0), rows.Int(0, 1), rows.Int(0, 2), rows.Int(0, 3), rows.Int(0, 4), rows.Int(0, 5)};
}

Result<std::int64_t> PostgresSnapshot::CountDangling(const std::string& consumer) {
  YT_ASSIGN(rows, Ask(sql::CountDangling(consumer), {}));
  return rows.Int(0, 0);
}

}  // namespace ytterby
