#include <fmt/format.h>

#include "common/postgres.hpp"
#include "consumers/stores/postgres_store.hpp"
#include "consumers/stores/sqlite_store.hpp"
#include "consumers/stores/store.hpp"

namespace ytterby {
namespace {

constexpr std::string_view kSqlite = "sqlite:";

}  // namespace

Result<void> CheckStoreUrl(const std::string& url) {
  if (IsPostgresUrl(url)) return CheckPostgresUrl(url);
  if (url.starts_with(kSqlite) && url.size() > kSqlite.size() && url.substr(kSqlite.size()) != ":memory:") return {};
  return Fail(ErrorKind::kConfiguration,
              "store: not a known kind of store; this program knows sqlite:PATH and postgresql://USER@HOST/DATABASE");
}

Result<std::unique_ptr<Store>> OpenStore(const std::string& url, bool read_only, const std::string& password) {
  YT_CHECK(CheckStoreUrl(url));
  if (IsPostgresUrl(url)) return PostgresStore::Open({url, password}, read_only);
  return SqliteStore::Open(url.substr(kSqlite.size()), read_only);
}

}  // namespace ytterby
