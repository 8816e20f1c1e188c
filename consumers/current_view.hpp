// The current view: which edition of an issue counts, and its records in export order. Pure functions over what the store holds;
// no clock and no order of arrival takes part.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "consumers/normaliser.hpp"
#include "consumers/stores/store.hpp"

namespace ytterby {

struct CurrentEdition {
  EditionRow edition;
  bool complete = true;
  // Another, differently named document of equal priority was there to choose.
  std::optional<std::string> chosen_over;
  int waits_for = 0;  // listed sections not stored yet
};

// The greatest complete edition, by document: (whole, feed priority, revision, text layer before OCR, digest), then that
// document's greatest splitter version; without a complete one the greatest incomplete, marked. nullopt for no edition.
std::optional<CurrentEdition> ChooseEdition(std::vector<EditionRow> editions);

struct ViewRecord {
  IssueId issue;
  DocumentDigest document;
  StoredRecord stored;
  std::string id;        // hash of kind, issue and natural key, with #2, #3 … for equal keys
  std::string computed;  // JSON members that are of the view, not of the stored record: `"coverage":0.97`
};

// One consumer's edition of an issue that counts; nullopt for none.
Result<std::optional<CurrentEdition>> CurrentEditionOf(Store& store, const Normaliser& consumer, const IssueId& issue);
// Its records of a kind, as they are stored: not numbered, and each statement of a document or standard, not only the first.
Result<std::vector<ViewRecord>> StoredRecordsOf(Store& store, const Normaliser& consumer, const CurrentEdition& current,
                                                const IssueId& issue, RecordKind kind);

struct ViewOptions {
  std::function<bool(const IssueId&)> only;  // which issues; all without
  // Measure what of each section's numbers is in a record: `coverage` of an article, and the findings `unread`. Reads all records of the
  // issue.
  bool coverage = true;
};

// All records of a kind in the current view, ordered by (series, issue, section ordinal, first span, record id). One issue at a
// time is in memory.
Result<void> ForEachRecord(Store& store, RecordKind kind, const std::function<void(const ViewRecord&)>& visit,
                           const ViewOptions& options = {});

// One line of `export --format ndjson`: issue, id, the record's fields, provenance.
std::string ExportLine(const ViewRecord& record, bool with_known_at);

}  // namespace ytterby
