// Reads result rows of the stores' queries (store_sql.hpp). A row is anything with Int, Text and IsNull of a column:
// SQLite's Statement, or PgRow.
#pragma once

#include <fmt/format.h>

#include <string>
#include <vector>

#include "common/clock.hpp"
#include "common/log/headers.hpp"
#include "consumers/stores/dead_letter.hpp"
#include "consumers/stores/relay_store.hpp"
#include "consumers/stores/snapshot.hpp"
#include "consumers/stores/store_writer.hpp"
#include "consumers/stores/stored_checksums.hpp"

namespace ytterby {

template <class Row>
Digest DigestIn(const Row& row, int column) {
  return Digest::FromRaw(row.Text(column)).value_or(Digest{});
}

template <class Row>
std::string TextIn(const Row& row, int column) {
  return std::string(row.Text(column));
}

// The columns of sql::kLetter.
template <class Row>
DeadLetter ReadLetter(const Row& row) {
  DeadLetter letter;
  letter.id = DigestIn(row, 0);
  letter.intact = Digest::FromRaw(row.Text(0)).has_value();
  letter.at = {TextIn(row, 1), static_cast<int>(row.Int(2))};
  letter.offset = row.Int(3);
  letter.stage = row.Text(4);
  letter.error = row.Text(5);
  letter.key = row.Text(6);
  letter.value = row.Text(7);
  letter.known_at = FromMillis(row.Int(8));
  letter.headers = DecodeHeaders(row.Text(9));
  if (!row.IsNull(10)) letter.event = DigestIn(row, 10);
  letter.attempts = static_cast<int>(row.Int(11));
  letter.state = row.Text(12);
  letter.note = row.Text(13);
  letter.consumer = row.Text(14);
  return letter;
}

// kDamaged where a letter has no id: no page could begin behind it.
inline Result<void> CheckIntact(const std::vector<DeadLetter>& letters) {
  for (const DeadLetter& letter : letters) {
    if (letter.intact) continue;
    return Fail(
        ErrorKind::kDamaged,
        fmt::format("the dead letter of {} from {}/{} offset {} has an id that is not what was written; rebuild "
                    "the store from the log (runbook, \"A damaged file\")",
                    letter.consumer, letter.at.topic, letter.at.partition, letter.offset),
        Part::kStore);
  }
  return {};
}

// The columns of sql::Editions.
template <class Row>
EditionRow ReadEdition(const IssueId& issue, const Row& row) {
  EditionRow edition;
  edition.document = {DigestIn(row, 0)};
  edition.text_digest = {DigestIn(row, 1)};
  edition.splitter_version = static_cast<int>(row.Int(2));
  edition.feed = row.Text(3);
  edition.name = row.Text(4);
  edition.revision = static_cast<int>(row.Int(5));
  edition.priority = static_cast<int>(row.Int(6));
  edition.text_layer = row.Int(7) != 0;
  edition.whole = row.Int(8) != 0;
  edition.notices = row.Text(9);
  edition.listed = static_cast<int>(row.Int(10));
  edition.stored = static_cast<int>(row.Int(11));
  edition.counted_version = static_cast<int>(row.Int(12));
  edition.of_all = static_cast<int>(row.Int(13));
  edition.known_at = FromMillis(row.Int(16));
  edition.intact = IsIntact(row.Int(15), issue, edition);
  return edition;
}

// The columns of sql::Rows.
template <class Row>
StoredRecord ReadRecord(const Row& row) {
  StoredRecord record;
  record.section = {DigestIn(row, 0)};
  record.ordinal = static_cast<int>(row.Int(1));
  record.first_span = static_cast<std::uint32_t>(row.Int(2));
  record.known_at = FromMillis(row.Int(3));
  record.natural_key = row.Text(4);
  record.body = row.Text(5);
  record.provenance = row.Text(6);
  record.kind = static_cast<RecordKind>(row.Int(7));
  record.intact = IsIntact(row.Int(9), record, row.Text(10));
  return record;
}

// The columns of sql::kHolders.
template <class Row>
Holder ReadHolder(const Row& row) {
  return {TextIn(row, 0), TextIn(row, 1), TextIn(row, 2), static_cast<int>(row.Int(3)), FromMillis(row.Int(4))};
}

// The columns of sql::PublishedOf.
template <class Row>
PublishedRecord ReadPublished(const Row& row, const IssueId& issue) {
  PublishedRecord record{
      static_cast<RecordKind>(row.Int(0)), TextIn(row, 1), issue, std::nullopt, row.Int(3), row.Int(4) != 0};
  if (!row.IsNull(2)) record.content = DigestIn(row, 2);
  return record;
}

}  // namespace ytterby
