// Writes batches into the tables of one consumer in SQLite, with statements prepared once.
#pragma once

#include <set>
#include <string>

#include "common/db/sqlite.hpp"
#include "consumers/stores/store_writer.hpp"

namespace ytterby {

class SqliteWriter {
 public:
  // `db` must outlive the writer and have the tables.
  static Result<SqliteWriter> Prepare(Database& db, const std::string& consumer);

  // Writes the whole batch within a transaction that the caller begins and ends. Errors as for StoreWriter::Write.
  Result<void> Write(const std::string& log_id, const StoreBatch& batch);

 private:
  SqliteWriter(Database& db, std::string consumer) : db_(&db), consumer_(std::move(consumer)) {}
  Result<void> MoveOffsets(const std::string& log_id, const std::vector<OffsetMove>& moves);
  Result<void> AddSection(const SectionRows& rows);
  Result<void> AddManifest(const ManifestRow& row);
  Result<void> AddDeadLetter(const DeadLetter& letter);
  // Raises the dirty counters of the issues that the batch touched, and of all issues ever read from its documents.
  Result<void> MarkTouched();
  Result<std::int64_t> IssueRow(const IssueId& issue);
  Result<std::int64_t> DocumentRow(const DocumentDigest& digest);
  // `content`: nullptr for a section that a manifest announces.
  Result<std::int64_t> NewSectionRow(const SectionId& id, std::int64_t document, const TextDigest& text, int version,
                                     std::int64_t issue, int ordinal, Category category, const Digest* content);

  Database* db_;
  std::string consumer_;
  Statement find_issue_, add_issue_, find_document_, add_document_, find_section_, add_section_, set_content_,
      add_stored_, add_row_, add_manifest_, find_manifest_, add_manifest_issue_, add_manifest_section_,
      add_dead_letter_, close_letter_, close_letter_of_, find_offset_, add_offset_, move_offset_, touch_issue_,
      touch_document_;
  std::set<std::int64_t> touched_issues_, touched_documents_;  // by the batch being written
  std::int64_t now_ = 0;                                       // when it is written
};

}  // namespace ytterby
