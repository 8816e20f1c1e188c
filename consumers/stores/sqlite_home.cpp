#include "consumers/stores/sqlite_home.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include <charconv>

#include "common/host.hpp"
#include "common/uuid.hpp"

namespace ytterby {

StoreHome HomeOf(const std::filesystem::path& file) {
  StoreHome home;
  home.host = HostName();
  std::error_code ec;
  const auto canonical = std::filesystem::canonical(file, ec);
  home.path = (ec ? std::filesystem::absolute(file, ec) : canonical).string();
  struct stat status {};
  if (stat(file.c_str(), &status) == 0) home.inode = status.st_ino;
  return home;
}

Result<std::optional<StoreHome>> WrittenHome(Database& db) {
  YT_ASSIGN(select, db.Prepare("SELECT value FROM meta WHERE key = 'home'"));
  YT_ASSIGN(found, select.Step());
  if (!found) return std::nullopt;
  // Inode, host and path, a line each. The path may have more lines.
  const std::string_view text = select.Text(0);
  const std::size_t first = text.find('\n');
  const std::size_t second = first == std::string_view::npos ? first : text.find('\n', first + 1);
  if (second == std::string_view::npos) return std::nullopt;
  StoreHome home;
  std::from_chars(text.data(), text.data() + first, home.inode);
  home.host = text.substr(first + 1, second - first - 1);
  home.path = text.substr(second + 1);
  return home;
}

Result<void> WriteHome(Database& db, const StoreHome& home) {
  YT_ASSIGN(insert, db.Prepare("INSERT OR REPLACE INTO meta VALUES('home', ?)"));
  const std::string text = fmt::format("{}\n{}\n{}", home.inode, home.host, home.path);
  insert.BindText(1, text);
  return insert.Run();
}

bool IsSameHome(const StoreHome& written, const StoreHome& now) {
  const int same = (written.inode == now.inode) + (written.host == now.host) + (written.path == now.path);
  return same >= 2;
}

Result<void> AdoptStore(const std::filesystem::path& file, Adoption adoption) {
  if (!std::filesystem::exists(file))
    return Fail(ErrorKind::kNoInput, fmt::format("{}: there is no store", file.string()), Part::kStore);
  const auto is_store = [&]() -> Result<bool> {
    YT_ASSIGN(db, Database::Open(file, SqliteOptions{.read_only = true, .part = Part::kStore}));
    YT_ASSIGN(tables, db.Prepare("SELECT count(*) FROM sqlite_master WHERE name IN ('meta', 'offsets')"));
    YT_ASSIGN(found, tables.Step());
    return found && tables.Int(0) == 2;
  };
  YT_ASSIGN(ours, is_store());
  if (!ours)
    return Fail(ErrorKind::kConfiguration, fmt::format("{}: not a store of this program", file.string()), Part::kStore);
  YT_ASSIGN(db, Database::Open(file, SqliteOptions{.page_bytes = 16384, .part = Part::kStore}));
  YT_CHECK(db.Begin());
  YT_CHECK(WriteHome(db, HomeOf(file)));
  if (adoption == Adoption::kCopy)
    YT_CHECK(db.Execute("UPDATE meta SET value = '" + RandomUuid() + "' WHERE key = 'store_id'"));
  return db.Commit();
}

}  // namespace ytterby
