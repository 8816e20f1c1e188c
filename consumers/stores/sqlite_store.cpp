#include "consumers/stores/sqlite_store.hpp"

#include <fmt/format.h>

#include "common/json_writer.hpp"
#include "common/log/headers.hpp"
#include "common/uuid.hpp"
#include "consumers/stores/store_sql.hpp"
#include "schemas/events/event_json.hpp"

namespace ytterby {
namespace {

constexpr SqlDialect kDialect{"TEXT", "BLOB", "INTEGER PRIMARY KEY"};
std::int64_t Millis(Timestamp time) { return time.time_since_epoch().count(); }
Timestamp FromMillis(std::int64_t millis) { return Timestamp(std::chrono::milliseconds(millis)); }

}  // namespace

void FairMutex::lock() {
  std::unique_lock lock(mutex_);
  const std::uint64_t mine = next_++;
  turn_.wait(lock, [&] { return serving_ == mine; });
}

void FairMutex::unlock() {
  std::lock_guard lock(mutex_);
  ++serving_;
  turn_.notify_all();
}

struct SqliteStore::Writer {
  Statement find_issue, add_issue, find_document, add_document, find_section, add_section, set_content, add_stored, add_row, add_manifest,
      find_manifest, add_manifest_issue, add_manifest_section, add_dead_letter, close_letter, close_letter_of, find_offset, add_offset,
      move_offset;
};

SqliteStore::~SqliteStore() = default;

Result<std::unique_ptr<Store>> SqliteStore::Open(const std::filesystem::path& file, bool read_only) {
  std::unique_ptr<SqliteStore> store(new SqliteStore());
  if (!read_only) {
    std::error_code ec;
    std::filesystem::create_directories(file.parent_path(), ec);
    // Without a sync at every commit a power failure may take the last transactions, rows and offsets together: they are
    // read from the log again. A killed process takes none.
    YT_ASSIGN(db,
              Database::Open(file, SqliteOptions{.full_sync = false, .page_bytes = 16384, .cache_kib = 16384, .checkpoint_pages = 2000}));
    store->write_db_ = std::move(db);
  }
  YT_CHECK(store->Migrate(file, read_only));
  YT_ASSIGN(reader,
            Database::Open(file, SqliteOptions{.read_only = read_only, .full_sync = false, .page_bytes = 16384, .cache_kib = 4096}));
  store->read_db_ = std::move(reader);
  YT_ASSIGN(id, store->Query(sql::kStoreId));
  YT_ASSIGN(found, id->Step());
  if (!found) return Fail(ErrorKind::kConfiguration, fmt::format("{}: not a store of this program", file.string()));
  store->id_ = id->Text(0);
  id->Reset();
  return std::unique_ptr<Store>(std::move(store));
}

// Brings the schema up to this program's number; refuses a store that is newer.
Result<void> SqliteStore::Migrate(const std::filesystem::path& file, bool read_only) {
  Database check;
  if (read_only) {
    YT_ASSIGN(db, Database::Open(file, SqliteOptions{.read_only = true}));
    check = std::move(db);
  }
  Database& db = read_only ? check : write_db_;
  YT_ASSIGN(select, db.Prepare("PRAGMA user_version"));
  YT_ASSIGN(found, select.Step());
  int version = found ? static_cast<int>(select.Int(0)) : 0;
  select.Reset();
  if (read_only) return RequireCurrentSchema(file.string(), version);
  YT_ASSIGN(state, CompareSchema(file.string(), version));
  if (state == SchemaState::kCurrent) return {};
  YT_CHECK(db.Begin());
  YT_ASSIGN(again, select.Step());  // another process may have migrated meanwhile
  version = again ? static_cast<int>(select.Int(0)) : 0;
  select.Reset();
  for (const Migration& migration : Migrations()) {
    if (migration.number <= version) continue;
    YT_CHECK(db.Execute(ExpandMigration(migration, kDialect, ConsumerNames())));
  }
  if (version == 0) YT_CHECK(db.Execute("INSERT INTO meta VALUES('store_id', '" + RandomUuid() + "')"));
  YT_CHECK(db.Execute(fmt::format("PRAGMA user_version = {}", Migrations().back().number)));
  return db.Commit();
}

Result<SqliteStore::Writer*> SqliteStore::WriterOf(const std::string& consumer) {
  auto& slot = writers_[consumer];
  if (slot) return slot.get();
  auto writer = std::make_unique<Writer>();
  const std::string add_dead_letter = fmt::format(
      "INSERT INTO dead_letters(letter_id, consumer, topic, partition, message_offset, stage, error, message_key, headers, value, "
      "known_at, "
      "event_id, failed_at, attempts, state) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?11, 1, 'open') {}",
      sql::kLetterAgain);
  const std::pair<Statement*, const char*> statements[] = {
      {&writer->find_issue, "SELECT id FROM @_issue WHERE series = ? AND label = ?"},
      {&writer->add_issue, "INSERT INTO @_issue(series, label) VALUES(?, ?)"},
      {&writer->find_document, "SELECT id FROM @_document WHERE digest = ?"},
      {&writer->add_document, "INSERT INTO @_document(digest) VALUES(?)"},
      {&writer->find_section, "SELECT id, content FROM @_section WHERE section_id = ?"},
      {&writer->add_section,
       "INSERT INTO @_section(section_id, document, text_digest, splitter_version, issue, ordinal, category, content) "
       "VALUES(?, ?, ?, ?, ?, ?, ?, ?)"},
      {&writer->set_content, "UPDATE @_section SET content = ? WHERE id = ?"},
      {&writer->add_stored, "INSERT OR IGNORE INTO @_stored VALUES(?, ?, 0, ?)"},
      {&writer->add_row, "INSERT INTO @_row VALUES(?, ?, ?, ?, 0, ?, ?, ?, ?, ?)"},
      {&writer->find_manifest, "SELECT id FROM @_manifest WHERE manifest_id = ?"},
      {&writer->add_manifest,
       "INSERT INTO @_manifest(manifest_id, document, text_digest, splitter_version, feed, name, revision, priority, text_layer, "
       "known_at, notices) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"},
      {&writer->add_manifest_issue, "INSERT OR IGNORE INTO @_manifest_issue VALUES(?, ?, ?)"},
      {&writer->add_manifest_section, "INSERT OR IGNORE INTO @_manifest_section VALUES(?, ?)"},
      {&writer->add_dead_letter, add_dead_letter.c_str()},
      {&writer->close_letter, "UPDATE dead_letters SET state = 'closed' WHERE letter_id = ? AND consumer = '@' AND state <> 'waived'"},
      {&writer->close_letter_of, "UPDATE dead_letters SET state = 'closed' WHERE event_id = ? AND consumer = '@' AND state <> 'waived'"},
      {&writer->find_offset, "SELECT next_offset FROM offsets WHERE log_id = ? AND consumer = ? AND topic = ? AND partition = ?"},
      {&writer->add_offset, "INSERT INTO offsets VALUES(?, ?, ?, ?, ?, ?, ?)"},
      {&writer->move_offset,
       "UPDATE offsets SET next_offset = ?, fingerprint_id = ?, fingerprint_time = ? "
       "WHERE log_id = ? AND consumer = ? AND topic = ? AND partition = ?"},
  };
  for (const auto& [target, sql] : statements) {
    YT_ASSIGN(statement, write_db_.Prepare(ForConsumer(sql, consumer)));
    *target = std::move(statement);
  }
  slot = std::move(writer);
  return slot.get();
}

namespace {

// The integer that stands for a key: found, or added.
template <class Bind>
Result<std::int64_t> FindOrAdd(Database& db, Statement& find, Statement& add, Bind bind) {
  bind(find);
  YT_ASSIGN(found, find.Step());
  const std::int64_t id = found ? find.Int(0) : 0;
  find.Reset();
  if (found) return id;
  bind(add);
  YT_CHECK(add.Run());
  return db.LastRowId();
}

}  // namespace

Result<void> SqliteStore::Write(const std::string& consumer, const std::string& log_id, const StoreBatch& batch) {
  std::lock_guard lock(write_mutex_);
  YT_ASSIGN(writer, WriterOf(consumer));
  YT_CHECK(write_db_.Begin());
  auto written = WriteAll(*writer, consumer, log_id, batch);
  if (written) written = write_db_.Commit();
  if (!written) write_db_.Rollback();
  return written;
}

// The guarantee "a consumer's offset moves only in the transaction that stores its records" is made here.
Result<void> SqliteStore::WriteAll(Writer& w, const std::string& consumer, const std::string& log_id, const StoreBatch& batch) {
  for (const OffsetMove& move : batch.offsets) {
    w.find_offset.BindText(1, log_id).BindText(2, consumer).BindText(3, move.at.topic).Bind(4, move.at.partition);
    YT_ASSIGN(found, w.find_offset.Step());
    const std::optional<Offset> stored = found ? std::optional<Offset>(w.find_offset.Int(0)) : std::nullopt;
    w.find_offset.Reset();
    if (stored != move.expected) {
      return Fail(ErrorKind::kConflict, fmt::format("{} {}/{}: the stored offset is {}, not {}", consumer, move.at.topic, move.at.partition,
                                                    stored.value_or(-1), move.expected.value_or(-1)));
    }
    const std::int64_t time = Millis(move.to.before.timestamp);
    if (stored) {
      w.move_offset.Bind(1, move.to.next).BindText(2, move.to.before.event_id).Bind(3, time);
      w.move_offset.BindText(4, log_id).BindText(5, consumer).BindText(6, move.at.topic).Bind(7, move.at.partition);
      YT_CHECK(w.move_offset.Run());
    } else {
      w.add_offset.BindText(1, log_id).BindText(2, consumer).BindText(3, move.at.topic).Bind(4, move.at.partition);
      w.add_offset.Bind(5, move.to.next).BindText(6, move.to.before.event_id).Bind(7, time);
      YT_CHECK(w.add_offset.Run());
    }
  }
  const auto issue_id = [&](const IssueId& issue) {
    return FindOrAdd(write_db_, w.find_issue, w.add_issue, [&](Statement& s) { s.BindText(1, issue.series).BindText(2, issue.label); });
  };
  const auto document_id = [&](const DocumentDigest& digest) {
    return FindOrAdd(write_db_, w.find_document, w.add_document, [&](Statement& s) { s.BindBlob(1, digest.Raw()); });
  };
  const auto add_section = [&](const SectionId& id, std::int64_t document, const TextDigest& text, int version, std::int64_t issue,
                               int ordinal, Category category, const Digest* content) -> Result<std::int64_t> {
    w.add_section.BindBlob(1, id.Raw()).Bind(2, document).BindBlob(3, text.Raw()).Bind(4, version).Bind(5, issue).Bind(6, ordinal);
    w.add_section.BindText(7, CategoryId(category));
    if (content) {
      w.add_section.BindBlob(8, content->Raw());
    } else {
      w.add_section.BindNull(8);
    }
    YT_CHECK(w.add_section.Run());
    return write_db_.LastRowId();
  };

  for (const SectionRows& rows : batch.sections) {
    std::int64_t section = 0;
    w.find_section.BindBlob(1, rows.id.Raw());
    YT_ASSIGN(found, w.find_section.Step());
    if (found) {
      section = w.find_section.Int(0);
      const bool fresh = w.find_section.IsNull(1);
      const bool same = !fresh && w.find_section.Text(1) == rows.content.Raw();
      w.find_section.Reset();
      if (!fresh && !same) {
        return Fail(ErrorKind::kBadData, fmt::format("section {}: {}", rows.id.Hex(), kOtherBytes));
      }
      if (fresh) {
        w.set_content.BindBlob(1, rows.content.Raw()).Bind(2, section);
        YT_CHECK(w.set_content.Run());
      }
    } else {
      w.find_section.Reset();
      YT_ASSIGN(issue, issue_id(rows.issue));
      YT_ASSIGN(document, document_id(rows.document));
      YT_ASSIGN(added,
                add_section(rows.id, document, rows.text_digest, rows.splitter_version, issue, rows.ordinal, rows.category, &rows.content));
      section = added;
    }
    w.add_stored.Bind(1, section).Bind(2, rows.normaliser_version).Bind(3, Millis(rows.known_at));
    YT_CHECK(w.add_stored.Run());
    if (write_db_.Changes() == 0) continue;  // delivered before
    w.close_letter_of.BindBlob(1, rows.id.Raw());
    YT_CHECK(w.close_letter_of.Run());
    int index = 0;
    for (const Record& record : rows.records) {
      w.add_row.Bind(1, section).Bind(2, static_cast<int>(record.kind)).Bind(3, index++).Bind(4, rows.normaliser_version);
      w.add_row.Bind(5, record.first_span).Bind(6, Millis(rows.known_at)).BindText(7, record.natural_key);
      w.add_row.BindText(8, record.body).BindText(9, record.provenance);
      YT_CHECK(w.add_row.Run());
    }
  }

  for (const ManifestRow& row : batch.manifests) {
    const Manifest& m = row.manifest;
    w.find_manifest.BindBlob(1, m.id.Raw());
    YT_ASSIGN(known, w.find_manifest.Step());
    w.find_manifest.Reset();
    if (known) continue;
    w.close_letter_of.BindBlob(1, m.id.Raw());
    YT_CHECK(w.close_letter_of.Run());
    YT_ASSIGN(document, document_id(m.document));
    JsonWriter notices;
    WriteNotices(notices, m.notices);
    w.add_manifest.BindBlob(1, m.id.Raw()).Bind(2, document).BindBlob(3, m.text_digest.Raw()).Bind(4, m.splitter_version);
    w.add_manifest.BindText(5, m.feed).BindText(6, m.name).Bind(7, m.revision).Bind(8, m.priority).Bind(9, m.text_layer);
    w.add_manifest.Bind(10, Millis(row.known_at)).BindText(11, notices.text());
    YT_CHECK(w.add_manifest.Run());
    const std::int64_t manifest = write_db_.LastRowId();
    for (const ManifestIssue& listed : m.issues) {
      YT_ASSIGN(issue, issue_id(listed.issue));
      w.add_manifest_issue.Bind(1, manifest).Bind(2, issue).Bind(3, listed.whole);
      YT_CHECK(w.add_manifest_issue.Run());
      for (const ManifestSection& part : listed.sections) {
        w.find_section.BindBlob(1, part.id.Raw());
        YT_ASSIGN(found, w.find_section.Step());
        std::int64_t section = found ? w.find_section.Int(0) : 0;
        w.find_section.Reset();
        if (!found) {
          YT_ASSIGN(added, add_section(part.id, document, m.text_digest, m.splitter_version, issue, part.ordinal, part.category, nullptr));
          section = added;
        }
        w.add_manifest_section.Bind(1, manifest).Bind(2, section);
        YT_CHECK(w.add_manifest_section.Run());
      }
    }
  }

  for (const DeadLetter& letter : batch.dead_letters) {
    const std::string headers = EncodeHeaders(letter.headers);
    w.add_dead_letter.BindBlob(1, letter.id.Raw()).BindText(2, consumer).BindText(3, letter.at.topic).Bind(4, letter.at.partition);
    w.add_dead_letter.Bind(5, letter.offset).BindText(6, letter.stage).BindText(7, letter.error).BindBlob(8, letter.key);
    w.add_dead_letter.BindBlob(9, headers).BindBlob(10, letter.value).Bind(11, Millis(letter.known_at));
    if (letter.event) {
      w.add_dead_letter.BindBlob(12, letter.event->Raw());
    } else {
      w.add_dead_letter.BindNull(12);
    }
    YT_CHECK(w.add_dead_letter.Run());
  }
  for (const Digest& id : batch.closed_letters) {
    w.close_letter.BindBlob(1, id.Raw());
    YT_CHECK(w.close_letter.Run());
  }
  return {};
}

Result<Statement*> SqliteStore::Query(const std::string& sql) {
  auto known = queries_.find(sql);
  if (known == queries_.end()) {
    YT_ASSIGN(statement, read_db_.Prepare(sql));
    known = queries_.emplace(sql, std::move(statement)).first;
  }
  known->second.Reset();
  return &known->second;
}

Result<std::optional<StoredOffset>> SqliteStore::OffsetOf(const std::string& consumer, const std::string& log_id,
                                                          const TopicPartition& at) {
  std::lock_guard lock(read_mutex_);
  YT_ASSIGN(select, Query(sql::kOffset));
  select->BindText(1, log_id).BindText(2, consumer).BindText(3, at.topic).Bind(4, at.partition);
  YT_ASSIGN(found, select->Step());
  std::optional<StoredOffset> offset;
  if (found) offset = StoredOffset{select->Int(0), {std::string(select->Text(1)), FromMillis(select->Int(2))}};
  select->Reset();
  return offset;
}

Result<void> SqliteStore::HoldSnapshot() {
  std::lock_guard lock(read_mutex_);
  YT_CHECK(read_db_.Execute("BEGIN"));
  // The snapshot is taken by the first read.
  YT_ASSIGN(select, Query(sql::kStoreId));
  YT_ASSIGN(found, select->Step());
  select->Reset();
  if (!found) return Fail(ErrorKind::kInternal, "the store has lost its id");
  return {};
}

Result<std::vector<IssueId>> SqliteStore::Issues(const std::string& consumer) {
  std::lock_guard lock(read_mutex_);
  YT_ASSIGN(select, Query(sql::Issues(consumer)));
  std::vector<IssueId> issues;
  while (true) {
    YT_ASSIGN(found, select->Step());
    if (!found) break;
    issues.push_back({std::string(select->Text(0)), std::string(select->Text(1))});
  }
  select->Reset();
  return issues;
}

Result<std::vector<EditionRow>> SqliteStore::Editions(const std::string& consumer, const IssueId& issue,
                                                      const std::vector<Category>& categories) {
  std::lock_guard lock(read_mutex_);
  YT_ASSIGN(select, Query(sql::Editions(consumer, categories)));
  select->BindText(1, issue.series).BindText(2, issue.label);
  std::vector<EditionRow> editions;
  while (true) {
    YT_ASSIGN(found, select->Step());
    if (!found) break;
    EditionRow row;
    row.document = {Digest::FromRaw(select->Text(0)).value_or(Digest{})};
    row.text_digest = {Digest::FromRaw(select->Text(1)).value_or(Digest{})};
    row.splitter_version = static_cast<int>(select->Int(2));
    row.feed = select->Text(3);
    row.name = select->Text(4);
    row.revision = static_cast<int>(select->Int(5));
    row.priority = static_cast<int>(select->Int(6));
    row.text_layer = select->Int(7) != 0;
    row.whole = select->Int(8) != 0;
    row.notices = select->Text(9);
    row.listed = static_cast<int>(select->Int(10));
    row.stored = static_cast<int>(select->Int(11));
    row.counted_version = static_cast<int>(select->Int(12));
    editions.push_back(std::move(row));
  }
  select->Reset();
  return editions;
}

Result<std::vector<StoredRecord>> SqliteStore::Rows(const std::string& consumer, const IssueId& issue, const EditionKey& edition,
                                                    RecordKind kind) {
  std::lock_guard lock(read_mutex_);
  YT_ASSIGN(select, Query(sql::Rows(consumer)));
  select->BindText(1, issue.series).BindText(2, issue.label).BindBlob(3, edition.document.Raw()).BindBlob(4, edition.text_digest.Raw());
  select->Bind(5, edition.splitter_version).Bind(6, static_cast<int>(kind));
  std::vector<StoredRecord> records;
  while (true) {
    YT_ASSIGN(found, select->Step());
    if (!found) break;
    StoredRecord record;
    record.section = {Digest::FromRaw(select->Text(0)).value_or(Digest{})};
    record.ordinal = static_cast<int>(select->Int(1));
    record.kind = kind;
    record.first_span = static_cast<std::uint32_t>(select->Int(2));
    record.known_at = FromMillis(select->Int(3));
    record.natural_key = select->Text(4);
    record.body = select->Text(5);
    record.provenance = select->Text(6);
    records.push_back(std::move(record));
  }
  select->Reset();
  return records;
}

Result<StoreCounts> SqliteStore::Count(const std::string& consumer) {
  std::lock_guard lock(read_mutex_);
  YT_ASSIGN(select, Query(sql::Count(consumer, "json_array_length(notices)")));
  YT_ASSIGN(found, select->Step());
  StoreCounts counts;
  if (found) counts = {select->Int(0), select->Int(1), select->Int(2), select->Int(3), select->Int(4), select->Int(5)};
  select->Reset();
  return counts;
}

Result<std::vector<DeadLetter>> SqliteStore::DeadLetters(const std::string& consumer) {
  std::lock_guard lock(read_mutex_);
  YT_ASSIGN(select, Query(sql::kDeadLetters));
  select->BindText(1, consumer);
  std::vector<DeadLetter> letters;
  while (true) {
    YT_ASSIGN(found, select->Step());
    if (!found) break;
    DeadLetter letter;
    letter.id = Digest::FromRaw(select->Text(0)).value_or(Digest{});
    letter.at = {std::string(select->Text(1)), static_cast<int>(select->Int(2))};
    letter.offset = select->Int(3);
    letter.stage = select->Text(4);
    letter.error = select->Text(5);
    letter.key = select->Text(6);
    letter.value = select->Text(7);
    letter.known_at = FromMillis(select->Int(8));
    letter.headers = DecodeHeaders(select->Text(9));
    if (!select->IsNull(10)) letter.event = Digest::FromRaw(select->Text(10));
    letter.attempts = static_cast<int>(select->Int(11));
    letter.state = select->Text(12);
    letter.note = select->Text(13);
    letters.push_back(std::move(letter));
  }
  select->Reset();
  return letters;
}

Result<std::vector<LetterCount>> SqliteStore::CountLetters(const std::string& consumer) {
  std::lock_guard lock(read_mutex_);
  YT_ASSIGN(select, Query(sql::kLetterCounts));
  select->BindText(1, consumer);
  std::vector<LetterCount> counts;
  while (true) {
    YT_ASSIGN(found, select->Step());
    if (!found) break;
    counts.push_back({std::string(select->Text(0)), select->Int(1), FromMillis(select->Int(2))});
  }
  select->Reset();
  return counts;
}

Result<bool> SqliteStore::MoveLetter(const std::string& consumer, const Digest& id, const std::vector<std::string>& from,
                                     const std::string& to, const std::string& note) {
  std::lock_guard lock(write_mutex_);
  YT_ASSIGN(update, write_db_.Prepare(sql::MoveLetter(from)));
  update.BindText(1, to).BindText(2, note).BindBlob(3, id.Raw()).BindText(4, consumer);
  YT_CHECK(update.Run());
  return write_db_.Changes() > 0;
}

}  // namespace ytterby
