#include <fmt/format.h>

#include <filesystem>

#include "common/db/postgres.hpp"
#include "common/db/sqlite.hpp"
#include "consumers/stores/postgres_store.hpp"
#include "consumers/stores/sqlite_rows.hpp"
#include "consumers/stores/sqlite_store.hpp"
#include "consumers/stores/store.hpp"
#include "consumers/stores/store_sql.hpp"
#include "schemas/vocabulary/categories.hpp"

namespace ytterby {
namespace {

constexpr std::string_view kSqlite = "sqlite:";

}  // namespace

Result<void> CheckStoreUrl(const std::string& url) {
  if (IsPostgresUrl(url)) return CheckPostgresUrl(url);
  if (url.starts_with(kSqlite) && url.size() > kSqlite.size() && url.substr(kSqlite.size()) != ":memory:") return {};
  return Fail(ErrorKind::kConfiguration,
              "store: unknown kind of store; known are sqlite:PATH and postgresql://USER@HOST/DATABASE");
}

Result<std::unique_ptr<Store>> OpenStore(const std::string& url, bool read_only, const std::string& password,
                                         const PgPatience& patience) {
  YT_CHECK(CheckStoreUrl(url));
  if (IsPostgresUrl(url)) return PostgresStore::Open({url, password, patience}, read_only);
  return SqliteStore::Open(url.substr(kSqlite.size()), read_only);
}

namespace {

// Reads every row of a consumer, and so compares it with its checksum. Adds a line for each edition with damage.
Result<void> ReadAll(Snapshot& snapshot, const std::string& consumer, std::vector<std::string>& lines) {
  YT_CHECK(snapshot.Count(consumer));
  YT_ASSIGN(dangling, snapshot.CountDangling(consumer));
  if (dangling > 0) {
    lines.push_back(fmt::format("{}: {} has {} rows that refer to nothing that exists; no export shows them",
                                snapshot.StoreName(), consumer, dangling));
  }
  std::vector<Category> categories;
  for (const CategoryName& name : Categories()) categories.push_back(name.category);
  YT_ASSIGN(issues, snapshot.Issues(consumer));
  for (const IssueId& issue : issues) {
    YT_ASSIGN(editions, snapshot.Editions(consumer, {issue}, categories));
    if (const auto intact = CheckIntact(snapshot, consumer, issue, editions.at(0)); !intact)
      lines.push_back(intact.error().message);
    for (const EditionRow& edition : editions.at(0)) {
      const EditionKey key{issue, edition.document, edition.text_digest, edition.splitter_version};
      YT_ASSIGN(rows, snapshot.Rows(consumer, {key}, std::nullopt));
      const auto intact = CheckIntact(snapshot, consumer, rows.at(0));
      if (!intact) lines.push_back(fmt::format("{} of {}: {}", edition.name, issue.label, intact.error().message));
    }
  }
  return {};
}

}  // namespace

Result<std::vector<std::string>> FindDamage(const std::string& url, const std::string& password) {
  YT_CHECK(CheckStoreUrl(url));
  std::vector<std::string> lines;
  if (!IsPostgresUrl(url)) {
    YT_ASSIGN(of_file, FindDamageInFile(url.substr(kSqlite.size())));
    lines = std::move(of_file);
  }
  if (!lines.empty()) return lines;
  // Check that this program's queries can read the tables.
  YT_ASSIGN(store, OpenStore(url, true, password));
  YT_ASSIGN(snapshot, store->OpenSnapshot());
  for (const std::string& consumer : ConsumerNames()) {
    const auto read = ReadAll(*snapshot, consumer, lines);
    if (read) continue;
    if (read.error().kind == ErrorKind::kUnavailable) return tl::unexpected<Error>(read.error());
    lines.push_back(fmt::format("tables of {}: {}", consumer, read.error().message));
  }
  return lines;
}

}  // namespace ytterby
