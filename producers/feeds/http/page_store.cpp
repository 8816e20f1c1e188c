#include "producers/feeds/http/page_store.hpp"

namespace ytterby {
namespace {

constexpr const char* kSchema =
    "CREATE TABLE IF NOT EXISTS pages("
    "  feed TEXT NOT NULL, url TEXT NOT NULL, etag TEXT NOT NULL, last_modified TEXT NOT NULL, digest TEXT NOT NULL,"
    "  bytes INTEGER NOT NULL, mark TEXT NOT NULL, listed INTEGER NOT NULL, in_list INTEGER NOT NULL, taken INTEGER "
    "NOT NULL,"
    "  status INTEGER NOT NULL, failures INTEGER NOT NULL, error TEXT NOT NULL, checked INTEGER NOT NULL,"
    "  succeeded INTEGER NOT NULL, next INTEGER NOT NULL, reason TEXT NOT NULL, moved_to TEXT NOT NULL,"
    "  moved INTEGER NOT NULL, PRIMARY KEY(feed, url)) WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS hosts("
    "  host TEXT PRIMARY KEY, requests INTEGER NOT NULL, not_modified INTEGER NOT NULL, bytes INTEGER NOT NULL,"
    "  bytes_saved INTEGER NOT NULL) WITHOUT ROWID";
constexpr int kFormat = 1;
constexpr const char* kColumns =
    "url, etag, last_modified, digest, bytes, mark, listed, in_list, taken, status, failures, error, checked, "
    "succeeded, next, "
    "reason, moved_to, moved";

SqliteOptions OptionsOf(bool read_only) {
  SqliteOptions options;
  options.read_only = read_only;
  options.full_sync = false;  // what a power failure takes costs requests only
  options.part = Part::kArchive;
  return options;
}

}  // namespace

Result<std::unique_ptr<PageStore>> PageStore::Open(const std::filesystem::path& file) {
  YT_ASSIGN(database, Database::Open(file.empty() ? std::filesystem::path(":memory:") : file, OptionsOf(false)));
  YT_CHECK(database.RequireFormat(kFormat));
  YT_CHECK(database.Execute(kSchema));
  return std::unique_ptr<PageStore>(new PageStore(std::move(database)));
}

Result<std::unique_ptr<PageStore>> PageStore::OpenReadOnly(const std::filesystem::path& file) {
  YT_ASSIGN(database, Database::Open(file, OptionsOf(true)));
  return std::unique_ptr<PageStore>(new PageStore(std::move(database)));
}

Result<std::vector<PageState>> PageStore::Pages(const std::string& feed) {
  YT_ASSIGN(select, database_.Prepare(std::string("SELECT ") + kColumns + " FROM pages WHERE feed = ? ORDER BY url"));
  select.BindText(1, feed);
  std::vector<PageState> pages;
  while (true) {
    YT_ASSIGN(more, select.Step());
    if (!more) return pages;
    PageState page;
    page.url = select.Text(0);
    page.etag = select.Text(1);
    page.last_modified = select.Text(2);
    page.digest = select.Text(3);
    page.bytes = static_cast<std::uint64_t>(select.Int(4));
    page.mark = select.Text(5);
    page.listed = select.Int(6) != 0;
    page.in_list = select.Int(7) != 0;
    page.taken = select.Int(8) != 0;
    page.status = static_cast<int>(select.Int(9));
    page.failures = static_cast<int>(select.Int(10));
    page.error = select.Text(11);
    page.checked = FromMillis(select.Int(12));
    page.succeeded = FromMillis(select.Int(13));
    page.next = FromMillis(select.Int(14));
    page.reason = select.Text(15);
    page.moved_to = select.Text(16);
    page.moved = FromMillis(select.Int(17));
    pages.push_back(std::move(page));
  }
}

Result<void> PageStore::Put(const std::string& feed, const std::vector<const PageState*>& pages) {
  YT_CHECK(database_.Begin());
  const auto put = [&]() -> Result<void> {
    YT_ASSIGN(insert, database_.Prepare(std::string("INSERT OR REPLACE INTO pages(feed, ") + kColumns +
                                        ") VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"));
    for (const PageState* page : pages) {
      insert.BindText(1, feed).BindText(2, page->url).BindText(3, page->etag).BindText(4, page->last_modified);
      insert.BindText(5, page->digest).Bind(6, static_cast<std::int64_t>(page->bytes)).BindText(7, page->mark);
      insert.Bind(8, page->listed).Bind(9, page->in_list).Bind(10, page->taken).Bind(11, page->status);
      insert.Bind(12, page->failures).BindText(13, page->error).Bind(14, ToMillis(page->checked));
      insert.Bind(15, ToMillis(page->succeeded)).Bind(16, ToMillis(page->next)).BindText(17, page->reason);
      insert.BindText(18, page->moved_to).Bind(19, ToMillis(page->moved));
      YT_CHECK(insert.Run());
    }
    return {};
  }();
  if (!put) {
    database_.Rollback();
    return put;
  }
  return database_.Commit();
}

Result<void> PageStore::Count(const HostLedger& more) {
  YT_ASSIGN(add, database_.Prepare(
                     "INSERT INTO hosts VALUES(?, ?, ?, ?, ?) ON CONFLICT(host) DO UPDATE SET requests = requests + "
                     "excluded.requests, not_modified = not_modified + excluded.not_modified, bytes = bytes + "
                     "excluded.bytes, bytes_saved = bytes_saved + excluded.bytes_saved"));
  add.BindText(1, more.host).Bind(2, more.requests).Bind(3, more.not_modified).Bind(4, more.bytes);
  return add.Bind(5, more.bytes_saved).Run();
}

Result<std::vector<HostLedger>> PageStore::Ledger() {
  YT_ASSIGN(select,
            database_.Prepare("SELECT host, requests, not_modified, bytes, bytes_saved FROM hosts ORDER BY host"));
  std::vector<HostLedger> hosts;
  while (true) {
    YT_ASSIGN(more, select.Step());
    if (!more) return hosts;
    hosts.push_back({std::string(select.Text(0)), select.Int(1), select.Int(2), select.Int(3), select.Int(4)});
  }
}

}  // namespace ytterby
