#include "consumers/stores/sqlite_writer.hpp"

#include <fmt/format.h>

#include "common/clock.hpp"
#include "common/json_writer.hpp"
#include "common/log/headers.hpp"
#include "consumers/stores/store_sql.hpp"
#include "consumers/stores/stored_checksums.hpp"
#include "schemas/events/event_json.hpp"

namespace ytterby {
namespace {

// The row id of a key, which is added if it is new.
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

Result<SqliteWriter> SqliteWriter::Prepare(Database& db, const std::string& consumer) {
  SqliteWriter writer(db, consumer);
  const std::string add_dead_letter = fmt::format(
      "INSERT INTO dead_letters(letter_id, consumer, topic, partition, message_offset, stage, error, message_key, "
      "headers, value, "
      "known_at, "
      "event_id, failed_at, attempts, state) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?11, 1, 'open') "
      "{}",
      sql::kLetterAgain);
  const std::string close_letter = std::string(sql::kCloseLetters) + "letter_id = ?";
  const std::string close_letter_of = std::string(sql::kCloseLetters) + "event_id = ?";
  const std::string touch_document = sql::Touch(consumer, "m.document = ?", "false");
  const std::pair<Statement*, const char*> statements[] = {
      {&writer.find_issue_, "SELECT id FROM @_issue WHERE series = ? AND label = ?"},
      {&writer.add_issue_, "INSERT INTO @_issue(series, label) VALUES(?, ?)"},
      {&writer.find_document_, "SELECT id FROM @_document WHERE digest = ?"},
      {&writer.add_document_, "INSERT INTO @_document(digest) VALUES(?)"},
      {&writer.find_section_,
       "SELECT id, content, issue, document, ordinal, category FROM @_section WHERE section_id = ?"},
      {&writer.add_section_,
       "INSERT INTO @_section(section_id, document, text_digest, splitter_version, issue, ordinal, category, content) "
       "VALUES(?, ?, ?, ?, ?, ?, ?, ?)"},
      {&writer.set_content_, "UPDATE @_section SET content = ? WHERE id = ?"},
      {&writer.add_stored_, "INSERT OR IGNORE INTO @_stored VALUES(?, ?, 0, ?)"},
      {&writer.add_row_,
       "INSERT INTO @_row(section, kind, row_index, normaliser_version, replay, first_span, known_at, natural_key, "
       "body, "
       "provenance, checksum) VALUES(?, ?, ?, ?, 0, ?, ?, ?, ?, ?, ?)"},
      {&writer.find_manifest_, "SELECT id FROM @_manifest WHERE manifest_id = ?"},
      {&writer.add_manifest_,
       "INSERT INTO @_manifest(manifest_id, document, text_digest, splitter_version, feed, name, revision, priority, "
       "text_layer, "
       "known_at, notices) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"},
      {&writer.add_manifest_issue_,
       "INSERT OR IGNORE INTO @_manifest_issue(manifest, issue, whole, sections, checksum) VALUES(?, ?, ?, ?, ?)"},
      {&writer.add_manifest_section_, "INSERT OR IGNORE INTO @_manifest_section VALUES(?, ?)"},
      {&writer.add_dead_letter_, add_dead_letter.c_str()},
      {&writer.close_letter_, close_letter.c_str()},
      {&writer.close_letter_of_, close_letter_of.c_str()},
      {&writer.find_offset_,
       "SELECT next_offset FROM offsets WHERE log_id = ? AND consumer = ? AND topic = ? AND partition = ?"},
      {&writer.add_offset_, "INSERT INTO offsets VALUES(?, ?, ?, ?, ?, ?, ?)"},
      {&writer.move_offset_,
       "UPDATE offsets SET next_offset = ?, fingerprint_id = ?, fingerprint_time = ? "
       "WHERE log_id = ? AND consumer = ? AND topic = ? AND partition = ?"},
      {&writer.touch_issue_, "INSERT INTO @_dirty VALUES(?, 1) ON CONFLICT(issue) DO UPDATE SET counter = counter + 1"},
      {&writer.touch_document_, touch_document.c_str()},
  };
  for (const auto& [target, sql] : statements) {
    YT_ASSIGN(statement, db.Prepare(ForConsumer(sql, consumer)));
    *target = std::move(statement);
  }
  return writer;
}

Result<void> SqliteWriter::Write(const std::string& log_id, const StoreBatch& batch) {
  touched_issues_.clear();
  touched_documents_.clear();
  now_ = ToMillis(SystemClock().Now());
  YT_CHECK(MoveOffsets(log_id, batch.offsets));
  for (const SectionRows& rows : batch.sections) YT_CHECK(AddSection(rows));
  for (const ManifestRow& row : batch.manifests) YT_CHECK(AddManifest(row));
  for (const DeadLetter& letter : batch.dead_letters) YT_CHECK(AddDeadLetter(letter));
  for (const Digest& id : batch.closed_letters) {
    close_letter_.Bind(1, now_).BindBlob(2, id.Raw());
    YT_CHECK(close_letter_.Run());
  }
  return MarkTouched();
}

Result<void> SqliteWriter::MarkTouched() {
  for (const std::int64_t issue : touched_issues_) {
    touch_issue_.Bind(1, issue);
    YT_CHECK(touch_issue_.Run());
  }
  for (const std::int64_t document : touched_documents_) {
    touch_document_.Bind(1, document);
    YT_CHECK(touch_document_.Run());
  }
  return {};
}

// This is where the guarantee "a consumer's offset moves only in the transaction that stores its records" is made.
Result<void> SqliteWriter::MoveOffsets(const std::string& log_id, const std::vector<OffsetMove>& moves) {
  for (const OffsetMove& move : moves) {
    find_offset_.BindText(1, log_id).BindText(2, consumer_).BindText(3, move.at.topic).Bind(4, move.at.partition);
    YT_ASSIGN(found, find_offset_.Step());
    const std::optional<Offset> stored = found ? std::optional<Offset>(find_offset_.Int(0)) : std::nullopt;
    find_offset_.Reset();
    if (stored != move.expected) {
      return Fail(ErrorKind::kConflict,
                  fmt::format("{} {}/{}: the stored offset is {}, not {}", consumer_, move.at.topic, move.at.partition,
                              stored.value_or(-1), move.expected.value_or(-1)),
                  Part::kStore);
    }
    const std::int64_t time = ToMillis(move.to.before.timestamp);
    if (stored) {
      move_offset_.Bind(1, move.to.next).BindText(2, move.to.before.event_id).Bind(3, time);
      move_offset_.BindText(4, log_id).BindText(5, consumer_).BindText(6, move.at.topic).Bind(7, move.at.partition);
      YT_CHECK(move_offset_.Run());
    } else {
      add_offset_.BindText(1, log_id).BindText(2, consumer_).BindText(3, move.at.topic).Bind(4, move.at.partition);
      add_offset_.Bind(5, move.to.next).BindText(6, move.to.before.event_id).Bind(7, time);
      YT_CHECK(add_offset_.Run());
    }
  }
  return {};
}

Result<std::int64_t> SqliteWriter::IssueRow(const IssueId& issue) {
  return FindOrAdd(*db_, find_issue_, add_issue_,
                   [&](Statement& s) { s.BindText(1, issue.series).BindText(2, issue.label); });
}

Result<std::int64_t> SqliteWriter::DocumentRow(const DocumentDigest& digest) {
  return FindOrAdd(*db_, find_document_, add_document_, [&](Statement& s) { s.BindBlob(1, digest.Raw()); });
}

Result<std::int64_t> SqliteWriter::NewSectionRow(const SectionId& id, std::int64_t document, const TextDigest& text,
                                                 int version, std::int64_t issue, int ordinal, Category category,
                                                 const Digest* content) {
  add_section_.BindBlob(1, id.Raw())
      .Bind(2, document)
      .BindBlob(3, text.Raw())
      .Bind(4, version)
      .Bind(5, issue)
      .Bind(6, ordinal);
  add_section_.BindText(7, CategoryId(category));
  if (content) {
    add_section_.BindBlob(8, content->Raw());
  } else {
    add_section_.BindNull(8);
  }
  YT_CHECK(add_section_.Run());
  return db_->LastRowId();
}

Result<void> SqliteWriter::AddSection(const SectionRows& rows) {
  std::int64_t section = 0, issue = 0, document = 0;
  // As stored: a manifest that came first may say otherwise.
  int ordinal = rows.ordinal;
  std::string category(CategoryId(rows.category));
  find_section_.BindBlob(1, rows.id.Raw());
  YT_ASSIGN(found, find_section_.Step());
  if (found) {
    section = find_section_.Int(0);
    issue = find_section_.Int(2);
    document = find_section_.Int(3);
    ordinal = static_cast<int>(find_section_.Int(4));
    category = find_section_.Text(5);
    const bool fresh = find_section_.IsNull(1);
    const bool same = !fresh && find_section_.Text(1) == rows.content.Raw();
    find_section_.Reset();
    if (!fresh && !same) {
      return Fail(ErrorKind::kBadData, fmt::format("section {}: the id is stored with other bytes", rows.id.Hex()),
                  Part::kStore, Cause::kOtherBytes);
    }
    if (fresh) {
      set_content_.BindBlob(1, rows.content.Raw()).Bind(2, section);
      YT_CHECK(set_content_.Run());
    }
  } else {
    find_section_.Reset();
    YT_ASSIGN(issue_row, IssueRow(rows.issue));
    YT_ASSIGN(document_row, DocumentRow(rows.document));
    issue = issue_row;
    document = document_row;
    YT_ASSIGN(added, NewSectionRow(rows.id, document, rows.text_digest, rows.splitter_version, issue, rows.ordinal,
                                   rows.category, &rows.content));
    section = added;
  }
  add_stored_.Bind(1, section).Bind(2, rows.normaliser_version).Bind(3, ToMillis(rows.known_at));
  YT_CHECK(add_stored_.Run());
  if (db_->Changes() == 0) return {};  // delivered before
  touched_issues_.insert(issue);
  touched_documents_.insert(document);
  close_letter_of_.Bind(1, now_).BindBlob(2, rows.id.Raw());
  YT_CHECK(close_letter_of_.Run());
  int index = 0;
  for (const Record& record : rows.records) {
    add_row_.Bind(1, section).Bind(2, static_cast<int>(record.kind)).Bind(3, index++).Bind(4, rows.normaliser_version);
    add_row_.Bind(5, record.first_span).Bind(6, ToMillis(rows.known_at)).BindText(7, record.natural_key);
    add_row_.BindText(8, record.body).BindText(9, record.provenance);
    add_row_.Bind(10, ChecksumOfRecord(rows.id, ordinal, category, rows.known_at, record));
    YT_CHECK(add_row_.Run());
  }
  return {};
}

Result<void> SqliteWriter::AddManifest(const ManifestRow& row) {
  const Manifest& m = row.manifest;
  find_manifest_.BindBlob(1, m.id.Raw());
  YT_ASSIGN(known, find_manifest_.Step());
  find_manifest_.Reset();
  if (known) return {};
  close_letter_of_.Bind(1, now_).BindBlob(2, m.id.Raw());
  YT_CHECK(close_letter_of_.Run());
  YT_ASSIGN(document, DocumentRow(m.document));
  JsonWriter notices;
  WriteNotices(notices, m.notices);
  add_manifest_.BindBlob(1, m.id.Raw()).Bind(2, document).BindBlob(3, m.text_digest.Raw()).Bind(4, m.splitter_version);
  add_manifest_.BindText(5, m.feed).BindText(6, m.name).Bind(7, m.revision).Bind(8, m.priority).Bind(9, m.text_layer);
  add_manifest_.Bind(10, ToMillis(row.known_at)).BindText(11, notices.text());
  YT_CHECK(add_manifest_.Run());
  const std::int64_t manifest = db_->LastRowId();
  touched_documents_.insert(document);
  for (const ManifestIssue& listed : m.issues) {
    YT_ASSIGN(issue, IssueRow(listed.issue));
    touched_issues_.insert(issue);
    add_manifest_issue_.Bind(1, manifest).Bind(2, issue).Bind(3, listed.whole).Bind(4, listed.listed);
    add_manifest_issue_.Bind(5, ChecksumOfListing(row, listed, notices.text()));
    YT_CHECK(add_manifest_issue_.Run());
    for (const ManifestSection& part : listed.sections) {
      find_section_.BindBlob(1, part.id.Raw());
      YT_ASSIGN(found, find_section_.Step());
      std::int64_t section = found ? find_section_.Int(0) : 0;
      find_section_.Reset();
      if (!found) {
        YT_ASSIGN(added, NewSectionRow(part.id, document, m.text_digest, m.splitter_version, issue, part.ordinal,
                                       part.category, nullptr));
        section = added;
      }
      add_manifest_section_.Bind(1, manifest).Bind(2, section);
      YT_CHECK(add_manifest_section_.Run());
    }
  }
  return {};
}

Result<void> SqliteWriter::AddDeadLetter(const DeadLetter& letter) {
  const std::string headers = EncodeHeaders(letter.headers);
  add_dead_letter_.BindBlob(1, letter.id.Raw())
      .BindText(2, consumer_)
      .BindText(3, letter.at.topic)
      .Bind(4, letter.at.partition);
  add_dead_letter_.Bind(5, letter.offset).BindText(6, letter.stage).BindText(7, letter.error).BindBlob(8, letter.key);
  add_dead_letter_.BindBlob(9, headers).BindBlob(10, letter.value).Bind(11, ToMillis(letter.known_at));
  if (letter.event) {
    add_dead_letter_.BindBlob(12, letter.event->Raw());
  } else {
    add_dead_letter_.BindNull(12);
  }
  YT_CHECK(add_dead_letter_.Run());
  return {};
}

}  // namespace ytterby
