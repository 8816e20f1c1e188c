#include "producers/documents/archive.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "common/data_folder.hpp"

namespace ytterby {
namespace {

constexpr const char* kSchema = R"(
CREATE TABLE IF NOT EXISTS deliveries(
  id INTEGER PRIMARY KEY, feed TEXT NOT NULL, name TEXT NOT NULL, revision INTEGER NOT NULL, priority INTEGER NOT NULL,
  digest BLOB NOT NULL, text_digest BLOB NOT NULL, splitter_version INTEGER NOT NULL, fetched_at TEXT NOT NULL,
  issue_label TEXT, file_stamp TEXT NOT NULL, set_aside TEXT, UNIQUE(feed, name, revision));
CREATE TABLE IF NOT EXISTS published(
  delivery INTEGER NOT NULL REFERENCES deliveries(id), log_id TEXT NOT NULL, offsets TEXT NOT NULL,
  PRIMARY KEY(delivery, log_id)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS rejections(
  feed TEXT NOT NULL, name TEXT NOT NULL, reason TEXT NOT NULL, message TEXT NOT NULL, at TEXT NOT NULL,
  PRIMARY KEY(feed, name)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS waivers(delivery INTEGER PRIMARY KEY, reason TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS retries(
  delivery INTEGER PRIMARY KEY, attempts INTEGER NOT NULL, error TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS log_revisions(
  feed TEXT NOT NULL, name TEXT NOT NULL, revision INTEGER NOT NULL, PRIMARY KEY(feed, name)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS log_read(
  log_id TEXT NOT NULL, partition INTEGER NOT NULL, next INTEGER NOT NULL, PRIMARY KEY(log_id, partition)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS deliveries_set_aside ON deliveries(id) WHERE set_aside IS NOT NULL;
)";

// The columns of a delivery; the last is why it was waived.
constexpr const char* kColumns =
    "id, feed, name, revision, priority, digest, text_digest, splitter_version, fetched_at, issue_label, file_stamp, "
    "set_aside, "
    "(SELECT reason FROM waivers WHERE delivery = id)";

}  // namespace

Result<std::unique_ptr<Archive>> Archive::Open(const std::filesystem::path& data_dir) {
  const DataFolder folder(data_dir);
  std::error_code ec;
  std::filesystem::create_directories(folder.archive(), ec);
  if (ec) return Fail(ErrorKind::kIo, fmt::format("{}: {}", folder.archive().string(), ec.message()), Part::kArchive);
  std::unique_ptr<Archive> archive(new Archive(folder.archive()));
  YT_ASSIGN(db, Database::Open(folder.deliveries(), SqliteOptions{.cache_kib = 2048, .part = Part::kArchive}));
  archive->db_ = std::move(db);
  YT_CHECK(archive->db_.RequireFormat(1));
  YT_CHECK(archive->db_.Execute(kSchema));
  return archive;
}

Result<std::unique_ptr<Archive>> Archive::OpenReadOnly(const std::filesystem::path& data_dir) {
  const DataFolder folder(data_dir);
  std::unique_ptr<Archive> archive(new Archive(folder.archive()));
  YT_ASSIGN(db, Database::Open(folder.deliveries(),
                               SqliteOptions{.read_only = true, .cache_kib = 2048, .part = Part::kArchive}));
  archive->db_ = std::move(db);
  // An older archive does not have these tables: they count as empty.
  for (const char* table : {"waivers(delivery, reason)", "retries(delivery, attempts, error)"}) {
    const std::string name(table, std::strchr(table, '('));
    YT_ASSIGN(select, archive->db_.Prepare("SELECT 1 FROM sqlite_master WHERE name = ?"));
    select.BindText(1, name);
    YT_ASSIGN(found, select.Step());
    if (!found) YT_CHECK(archive->db_.Execute(fmt::format("CREATE TEMP TABLE {}", table)));
  }
  return archive;
}

Result<void> Archive::Record(std::vector<Delivery*> deliveries) {
  std::lock_guard lock(mutex_);
  YT_ASSIGN(last,
            db_.Prepare("SELECT max(revision) FROM (SELECT revision FROM deliveries WHERE feed = ?1 AND name = ?2 "
                        "UNION ALL SELECT revision FROM log_revisions WHERE feed = ?1 AND name = ?2)"));
  YT_ASSIGN(insert, db_.Prepare("INSERT INTO deliveries(feed, name, revision, priority, digest, text_digest, "
                                "splitter_version, fetched_at, issue_label, "
                                "file_stamp) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"));
  YT_CHECK(db_.Begin());
  for (Delivery* delivery : deliveries) {
    last.BindText(1, delivery->feed).BindText(2, delivery->name);
    auto found = last.Step();
    if (!found) {
      db_.Rollback();
      return tl::unexpected<Error>(found.error());
    }
    delivery->revision = static_cast<int>(last.Int(0)) + 1;
    last.Reset();
    insert.BindText(1, delivery->feed)
        .BindText(2, delivery->name)
        .Bind(3, delivery->revision)
        .Bind(4, delivery->priority);
    insert.BindBlob(5, delivery->digest.Raw())
        .BindBlob(6, delivery->text_digest.Raw())
        .Bind(7, delivery->splitter_version);
    insert.BindText(8, delivery->fetched_at);
    if (delivery->issue_label) {
      insert.BindText(9, *delivery->issue_label);
    } else {
      insert.BindNull(9);
    }
    insert.BindText(10, delivery->file_stamp);
    if (auto run = insert.Run(); !run) {
      db_.Rollback();
      return run;
    }
    delivery->id = db_.LastRowId();
  }
  return db_.Commit();
}

Result<void> Archive::UpdateSplit(const Delivery& delivery) {
  std::lock_guard lock(mutex_);
  YT_ASSIGN(update, db_.Prepare("UPDATE deliveries SET text_digest = ?, splitter_version = ? WHERE id = ?"));
  update.BindBlob(1, delivery.text_digest.Raw()).Bind(2, delivery.splitter_version).Bind(3, delivery.id);
  return update.Run();
}

Delivery Archive::Row(const Statement& row) {
  Delivery delivery;
  delivery.id = row.Int(0);
  delivery.feed = row.Text(1);
  delivery.name = row.Text(2);
  delivery.revision = static_cast<int>(row.Int(3));
  delivery.priority = static_cast<int>(row.Int(4));
  delivery.digest = {Digest::FromRaw(row.Text(5)).value_or(Digest{})};
  delivery.text_digest = {Digest::FromRaw(row.Text(6)).value_or(Digest{})};
  delivery.splitter_version = static_cast<int>(row.Int(7));
  delivery.fetched_at = row.Text(8);
  if (!row.IsNull(9)) delivery.issue_label = std::string(row.Text(9));
  delivery.file_stamp = row.Text(10);
  if (!row.IsNull(11)) delivery.set_aside = std::string(row.Text(11));
  if (!row.IsNull(12)) delivery.waived = std::string(row.Text(12));
  return delivery;
}

Result<std::optional<Delivery>> Archive::Latest(const std::string& feed, const std::string& name) {
  std::lock_guard lock(mutex_);
  YT_ASSIGN(select,
            db_.Prepare(fmt::format(
                "SELECT {} FROM deliveries WHERE feed = ? AND name = ? ORDER BY revision DESC LIMIT 1", kColumns)));
  select.BindText(1, feed).BindText(2, name);
  YT_ASSIGN(found, select.Step());
  if (!found) return std::optional<Delivery>();
  return std::optional<Delivery>(Row(select));
}

Result<std::vector<Delivery>> Archive::All(std::int64_t after_id, int limit) {
  std::lock_guard lock(mutex_);
  YT_ASSIGN(select, db_.Prepare(fmt::format(
                        "SELECT {} FROM deliveries WHERE id > ? AND set_aside IS NULL ORDER BY id LIMIT ?", kColumns)));
  select.Bind(1, after_id).Bind(2, limit);
  std::vector<Delivery> deliveries;
  while (true) {
    YT_ASSIGN(found, select.Step());
    if (!found) return deliveries;
    deliveries.push_back(Row(select));
  }
}

Result<std::vector<Delivery>> Archive::Unpublished(const std::string& feed, const std::string& log_id,
                                                   std::int64_t after_id, int limit) {
  std::lock_guard lock(mutex_);
  YT_ASSIGN(select,
            db_.Prepare(fmt::format(
                "SELECT {} FROM deliveries d WHERE feed = ? AND id > ? AND set_aside IS NULL AND NOT "
                "EXISTS(SELECT 1 FROM published p WHERE p.delivery = d.id AND p.log_id = ?) ORDER BY id LIMIT ?",
                kColumns)));
  select.BindText(1, feed).Bind(2, after_id).BindText(3, log_id).Bind(4, limit);
  std::vector<Delivery> deliveries;
  while (true) {
    YT_ASSIGN(found, select.Step());
    if (!found) return deliveries;
    deliveries.push_back(Row(select));
  }
}

Result<std::map<std::string, std::string>> Archive::Stamps(const std::string& feed, const std::string& log_id) {
  std::lock_guard lock(mutex_);
  YT_ASSIGN(select,
            db_.Prepare(
                "SELECT d.name, d.file_stamp FROM deliveries d JOIN published p ON p.delivery = d.id AND p.log_id = ? "
                "WHERE d.feed = ? "
                "AND d.revision = (SELECT max(revision) FROM deliveries l WHERE l.feed = d.feed AND l.name = d.name)"));
  select.BindText(1, log_id).BindText(2, feed);
  std::map<std::string, std::string> stamps;
  while (true) {
    YT_ASSIGN(found, select.Step());
    if (!found) return stamps;
    stamps[std::string(select.Text(0))] = select.Text(1);
  }
}

Result<std::optional<Timestamp>> Archive::NewestFetched(const std::string& feed, const std::string& log_id) {
  std::lock_guard lock(mutex_);
  YT_ASSIGN(select, db_.Prepare("SELECT max(d.fetched_at) FROM deliveries d "
                                "JOIN published p ON p.delivery = d.id AND p.log_id = ? WHERE d.feed = ?"));
  select.BindText(1, log_id).BindText(2, feed);
  YT_ASSIGN(found, select.Step());
  return found ? ParseRfc3339(select.Text(0)) : std::nullopt;
}

Result<std::vector<Timestamp>> Archive::FetchTimes(const std::string& feed, int limit) {
  std::lock_guard lock(mutex_);
  YT_ASSIGN(select, db_.Prepare("SELECT fetched_at FROM deliveries WHERE feed = ? ORDER BY id DESC LIMIT ?"));
  select.BindText(1, feed).Bind(2, limit);
  std::vector<Timestamp> times;
  while (true) {
    YT_ASSIGN(more, select.Step());
    if (!more) return times;
    if (const auto time = ParseRfc3339(select.Text(0))) times.push_back(*time);
  }
}

Result<void> Archive::MarkPublished(const std::vector<std::pair<std::int64_t, PublishedOffsets>>& published,
                                    const std::string& log_id) {
  std::lock_guard lock(mutex_);
  YT_ASSIGN(insert, db_.Prepare("INSERT OR REPLACE INTO published VALUES(?, ?, ?)"));
  YT_CHECK(db_.Begin());
  for (const auto& [delivery, offsets] : published) {
    const std::string text = EncodeOffsets(offsets);
    insert.Bind(1, delivery).BindText(2, log_id).BindText(3, text);
    if (auto run = insert.Run(); !run) {
      db_.Rollback();
      return run;
    }
  }
  return db_.Commit();
}

Result<std::vector<std::pair<std::int64_t, PublishedOffsets>>> Archive::PublishedOn(const std::string& log_id,
                                                                                    std::int64_t after_id, int limit) {
  std::lock_guard lock(mutex_);
  YT_ASSIGN(select, db_.Prepare("SELECT delivery, offsets FROM published WHERE log_id = ? AND delivery > ? "
                                "ORDER BY delivery LIMIT ?"));
  select.BindText(1, log_id).Bind(2, after_id).Bind(3, limit);
  std::vector<std::pair<std::int64_t, PublishedOffsets>> page;
  while (true) {
    YT_ASSIGN(found, select.Step());
    if (!found) return page;
    YT_ASSIGN(offsets, DecodeOffsets(select.Text(1)));
    page.emplace_back(select.Int(0), std::move(offsets));
  }
}

Result<void> Archive::ForgetPublished(const std::vector<std::int64_t>& deliveries, const std::string& log_id) {
  if (deliveries.empty()) return {};
  std::lock_guard lock(mutex_);
  YT_ASSIGN(remove, db_.Prepare("DELETE FROM published WHERE delivery = ? AND log_id = ?"));
  YT_CHECK(db_.Begin());
  for (const std::int64_t delivery : deliveries) {
    remove.Bind(1, delivery).BindText(2, log_id);
    if (auto run = remove.Run(); !run) {
      db_.Rollback();
      return run;
    }
  }
  return db_.Commit();
}

Result<void> Archive::TakeUpRevisions(const std::map<std::pair<std::string, std::string>, int>& revisions,
                                      const std::string& log_id, int partition, Offset next) {
  std::lock_guard lock(mutex_);
  // Only where the log knows more than the deliveries do.
  YT_ASSIGN(note, db_.Prepare("INSERT INTO log_revisions SELECT ?1, ?2, ?3 WHERE ?3 > coalesce((SELECT max(revision) "
                              "FROM deliveries WHERE feed = ?1 AND name = ?2), 0) ON CONFLICT(feed, name) DO UPDATE "
                              "SET revision = max(revision, excluded.revision)"));
  YT_ASSIGN(read, db_.Prepare("INSERT OR REPLACE INTO log_read VALUES(?, ?, ?)"));
  YT_CHECK(db_.Begin());
  const auto write = [&]() -> Result<void> {
    for (const auto& [name, revision] : revisions) {
      note.BindText(1, name.first).BindText(2, name.second).Bind(3, revision);
      YT_CHECK(note.Run());
    }
    read.BindText(1, log_id).Bind(2, partition).Bind(3, next);
    return read.Run();
  };
  if (auto written = write(); !written) {
    db_.Rollback();
    return written;
  }
  return db_.Commit();
}

Result<Offset> Archive::ReadTo(const std::string& log_id, int partition) {
  std::lock_guard lock(mutex_);
  YT_ASSIGN(select, db_.Prepare("SELECT next FROM log_read WHERE log_id = ? AND partition = ?"));
  select.BindText(1, log_id).Bind(2, partition);
  YT_ASSIGN(found, select.Step());
  return found ? select.Int(0) : 0;
}

Result<std::optional<PublishedOffsets>> Archive::OffsetsOf(std::int64_t delivery, const std::string& log_id) {
  std::lock_guard lock(mutex_);
  YT_ASSIGN(select, db_.Prepare("SELECT offsets FROM published WHERE delivery = ? AND log_id = ?"));
  select.Bind(1, delivery).BindText(2, log_id);
  YT_ASSIGN(found, select.Step());
  if (!found) return std::optional<PublishedOffsets>();
  YT_ASSIGN(offsets, DecodeOffsets(select.Text(0)));
  return std::optional<PublishedOffsets>(std::move(offsets));
}

Result<void> Archive::SetAside(std::int64_t delivery, const std::string& reason) {
  std::lock_guard lock(mutex_);
  YT_ASSIGN(update, db_.Prepare("UPDATE deliveries SET set_aside = ? WHERE id = ?"));
  update.BindText(1, reason).Bind(2, delivery);
  return update.Run();
}

Result<bool> Archive::RecordRejection(const RejectedDocument& rejected) {
  std::lock_guard lock(mutex_);
  YT_ASSIGN(insert, db_.Prepare("INSERT INTO rejections(feed, name, reason, message, at) VALUES(?, ?, ?, ?, ?) ON "
                                "CONFLICT(feed, name) DO UPDATE SET "
                                "reason = excluded.reason, message = excluded.message, at = excluded.at "
                                "WHERE reason <> excluded.reason OR message <> excluded.message"));
  insert.BindText(1, rejected.feed).BindText(2, rejected.name).BindText(3, rejected.reason);
  insert.BindText(4, rejected.message).BindText(5, rejected.at);
  YT_CHECK(insert.Run());
  return db_.Changes() > 0;
}

Result<void> Archive::ClearRejection(const std::string& feed, const std::string& name) {
  std::lock_guard lock(mutex_);
  YT_ASSIGN(remove, db_.Prepare("DELETE FROM rejections WHERE feed = ? AND name = ?"));
  remove.BindText(1, feed).BindText(2, name);
  return remove.Run();
}

Result<std::vector<RejectedDocument>> Archive::Rejections() {
  std::lock_guard lock(mutex_);
  YT_ASSIGN(select, db_.Prepare("SELECT feed, name, reason, message, at FROM rejections ORDER BY feed, name"));
  std::vector<RejectedDocument> rejections;
  while (true) {
    YT_ASSIGN(found, select.Step());
    if (!found) return rejections;
    rejections.push_back({std::string(select.Text(0)), std::string(select.Text(1)), std::string(select.Text(2)),
                          std::string(select.Text(3)), std::string(select.Text(4))});
  }
}

Result<bool> Archive::SendAgain(std::int64_t delivery) {
  std::lock_guard lock(mutex_);
  YT_CHECK(db_.Begin());
  const auto sent = MoveToRetries(delivery);
  if (sent && *sent) {
    YT_CHECK(db_.Commit());
  } else {
    db_.Rollback();
  }
  return sent;
}

// Also forgets that it was published, on this log or another: it is appended again under the same ids, and only then
// counts as published.
Result<bool> Archive::MoveToRetries(std::int64_t delivery) {
  YT_ASSIGN(
      insert,
      db_.Prepare("INSERT INTO retries SELECT id, 1, set_aside FROM deliveries WHERE id = ? AND set_aside IS NOT NULL "
                  "ON CONFLICT(delivery) DO UPDATE SET attempts = attempts + 1, error = excluded.error"));
  insert.Bind(1, delivery);
  YT_CHECK(insert.Run());
  if (db_.Changes() == 0) return false;
  for (const char* change : {"DELETE FROM waivers WHERE delivery = ?", "DELETE FROM published WHERE delivery = ?",
                             "UPDATE deliveries SET set_aside = NULL WHERE id = ?"}) {
    YT_ASSIGN(statement, db_.Prepare(change));
    statement.Bind(1, delivery);
    YT_CHECK(statement.Run());
  }
  return true;
}

Result<bool> Archive::WaiveSetAside(std::int64_t delivery, const std::string& reason) {
  std::lock_guard lock(mutex_);
  YT_ASSIGN(back,
            db_.Prepare("UPDATE deliveries SET set_aside = (SELECT error FROM retries WHERE delivery = id) WHERE id = "
                        "? AND set_aside IS NULL "
                        "AND id IN (SELECT delivery FROM retries) AND id NOT IN (SELECT delivery FROM published)"));
  back.Bind(1, delivery);
  YT_CHECK(back.Run());
  YT_ASSIGN(
      insert,
      db_.Prepare("INSERT OR IGNORE INTO waivers SELECT id, ? FROM deliveries WHERE id = ? AND set_aside IS NOT NULL"));
  insert.BindText(1, reason).Bind(2, delivery);
  YT_CHECK(insert.Run());
  return db_.Changes() > 0;
}

Result<std::vector<SetAsideDocument>> Archive::SetAsides() {
  std::lock_guard lock(mutex_);
  YT_ASSIGN(
      select,
      db_.Prepare(fmt::format(
          "SELECT {}, r.attempts, r.error, EXISTS(SELECT 1 FROM published p WHERE p.delivery = id) "
          "FROM deliveries LEFT JOIN retries r ON r.delivery = id "
          "WHERE id IN (SELECT id FROM deliveries WHERE set_aside IS NOT NULL UNION SELECT delivery FROM retries) "
          "ORDER BY feed, name, revision",
          kColumns)));
  std::vector<SetAsideDocument> documents;
  while (true) {
    YT_ASSIGN(found, select.Step());
    if (!found) return documents;
    SetAsideDocument document{Row(select), "", "", 1};
    const bool open = document.delivery.set_aside.has_value(), published = select.Int(15) != 0;
    document.error = document.delivery.set_aside.value_or(std::string(select.Text(14)));
    document.attempts = static_cast<int>(select.Int(13)) + (open ? 1 : 0);
    document.state = document.delivery.waived ? "waived" : open ? "open" : published ? "closed" : "retried";
    documents.push_back(std::move(document));
  }
}

Result<Archive::Waiting> Archive::WaitingSetAsides() {
  std::lock_guard lock(mutex_);
  YT_ASSIGN(select, db_.Prepare("SELECT count(*), min(fetched_at) FROM deliveries WHERE id IN ("
                                "SELECT id FROM deliveries WHERE set_aside IS NOT NULL UNION "
                                "SELECT delivery FROM retries WHERE delivery NOT IN (SELECT delivery FROM published)) "
                                "AND id NOT IN (SELECT delivery FROM waivers)"));
  YT_ASSIGN(found, select.Step());
  return found ? Waiting{select.Int(0), ParseRfc3339(select.Text(1))} : Waiting{};
}

Result<std::set<std::string>> Archive::FeedsWithRetries() {
  std::lock_guard lock(mutex_);
  YT_ASSIGN(
      select,
      db_.Prepare("SELECT DISTINCT d.feed FROM retries r JOIN deliveries d ON d.id = r.delivery WHERE d.set_aside "
                  "IS NULL AND NOT EXISTS(SELECT 1 FROM published p WHERE p.delivery = d.id)"));
  std::set<std::string> feeds;
  while (true) {
    YT_ASSIGN(more, select.Step());
    if (!more) return feeds;
    feeds.emplace(select.Text(0));
  }
}

Result<Archive::Counts> Archive::Count() {
  std::lock_guard lock(mutex_);
  YT_ASSIGN(select, db_.Prepare("SELECT count(*), count(DISTINCT digest), count(set_aside) FROM deliveries"));
  YT_ASSIGN(found, select.Step());
  if (!found) return Counts{};
  return Counts{select.Int(0), select.Int(1), select.Int(2)};
}

}  // namespace ytterby
