#include "consumers/stores/sqlite_snapshot.hpp"

#include "consumers/stores/sqlite_rows.hpp"
#include "consumers/stores/store_sql.hpp"

namespace ytterby {
namespace {

constexpr int kCacheKib = 2048;
constexpr const char* kIssue = "SELECT id, 1 AS asked FROM @_issue WHERE series = ? AND label = ?";

}  // namespace

Result<std::unique_ptr<Snapshot>> SqliteSnapshot::Open(const std::filesystem::path& file, bool read_only,
                                                       const Scope& scope) {
  std::unique_ptr<SqliteSnapshot> snapshot(new SqliteSnapshot(file, scope));
  YT_CHECK(snapshot->reader_.Open(file, read_only, kCacheKib));
  YT_CHECK(snapshot->reader_.db().Execute("BEGIN"));
  // The first read fixes the moment.
  YT_ASSIGN(select, snapshot->reader_.Query(sql::kStoreId));
  YT_ASSIGN(found, select->Step());
  select->Reset();
  if (!found) return Fail(ErrorKind::kDamaged, file.string() + ": the store has lost its id", Part::kStore);
  return std::unique_ptr<Snapshot>(std::move(snapshot));
}

Result<std::vector<IssueId>> SqliteSnapshot::Issues(const std::string& consumer) {
  YT_ASSIGN(select, reader_.Query(sql::Issues(consumer, scope_)));
  std::vector<IssueId> issues;
  YT_CHECK(ForEachRow(*select, [&](const Statement& row) { issues.push_back({TextIn(row, 0), TextIn(row, 1)}); }));
  return issues;
}

Result<std::vector<IssueId>> SqliteSnapshot::IssuesAmong(const std::string& consumer,
                                                         const std::vector<IssueId>& issues) {
  YT_ASSIGN(select, reader_.Query(sql::IssuesAmong(consumer, scope_, kIssue)));
  std::vector<IssueId> known;
  for (const IssueId& issue : issues) {
    select->BindText(1, issue.series).BindText(2, issue.label);
    YT_CHECK(ForEachRow(*select, [&](const Statement&) { known.push_back(issue); }));
  }
  return known;
}

Result<std::vector<std::vector<EditionRow>>> SqliteSnapshot::Editions(const std::string& consumer,
                                                                      const std::vector<IssueId>& issues,
                                                                      const std::vector<Category>& categories) {
  YT_ASSIGN(select, reader_.Query(sql::Editions(consumer, scope_, categories, kIssue)));
  std::vector<std::vector<EditionRow>> editions(issues.size());
  for (std::size_t i = 0; i < issues.size(); ++i) {
    select->BindText(1, issues[i].series).BindText(2, issues[i].label);
    YT_CHECK(ForEachRow(*select, [&](const Statement& row) { editions[i].push_back(ReadEdition(issues[i], row)); }));
  }
  return editions;
}

Result<std::vector<std::vector<StoredRecord>>> SqliteSnapshot::Rows(const std::string& consumer,
                                                                    const std::vector<EditionKey>& editions,
                                                                    std::optional<RecordKind> kind) {
  YT_ASSIGN(select, reader_.Query(sql::Rows(
                        consumer, scope_, kind,
                        "SELECT i.id AS issue, d.id AS document, ? AS text_digest, ? AS splitter_version, 1 AS asked "
                        "FROM @_issue i, @_document d WHERE i.series = ? AND i.label = ? AND d.digest = ?")));
  std::vector<std::vector<StoredRecord>> records(editions.size());
  for (std::size_t i = 0; i < editions.size(); ++i) {
    const EditionKey& edition = editions[i];
    select->BindBlob(1, edition.text_digest.Raw()).Bind(2, edition.splitter_version);
    select->BindText(3, edition.issue.series).BindText(4, edition.issue.label).BindBlob(5, edition.document.Raw());
    YT_CHECK(ForEachRow(*select, [&](const Statement& row) { records[i].push_back(ReadRecord(row)); }));
  }
  return records;
}

Result<StoreCounts> SqliteSnapshot::Count(const std::string& consumer) {
  YT_ASSIGN(select, reader_.Query(sql::Count(consumer, scope_, "json_array_length(notices)")));
  YT_ASSIGN(found, select->Step());
  StoreCounts counts;
  if (found) counts = {select->Int(0), select->Int(1), select->Int(2), select->Int(3), select->Int(4), select->Int(5)};
  select->Reset();
  return counts;
}

Result<std::int64_t> SqliteSnapshot::CountDangling(const std::string& consumer) {
  YT_ASSIGN(select, reader_.Query(sql::CountDangling(consumer)));
  YT_ASSIGN(found, select->Step());
  const std::int64_t count = found ? select->Int(0) : 0;
  select->Reset();
  return count;
}

}  // namespace ytterby
