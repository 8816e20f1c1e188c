// The current view: which edition of an issue counts, and its records in export order. Pure functions of what the store
// holds: neither the clock nor the order of arrival matters.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/decimal.hpp"
#include "consumers/normaliser.hpp"
#include "consumers/stores/snapshot.hpp"

namespace ytterby {

struct CurrentEdition {
  EditionRow edition;
  bool complete = true;
  // The name of another, differently named document of equal priority that could have been chosen.
  std::optional<std::string> chosen_over;
  int waits_for = 0;  // listed sections that are not stored yet
  // Another edition that lists more sections, the one with the most: its name and how many.
  std::optional<std::pair<std::string, int>> longer;
};

// Whether an edition can be current: it is of its document's counted splitter version (snapshot.hpp), so that a
// document that moved to another issue is no longer in this one, and its manifest lists sections. A manifest without
// sections shows nothing and hides nothing.
bool CanBeCurrent(const EditionRow& edition);
bool IsComplete(const EditionRow& edition);

// An issue's editions, the current one first: those that can be current, of them the complete ones, of them the
// greatest by (whole, feed priority, revision, text layer before OCR, digest); of one document's deliveries, the first
// feed and name in byte order. `whole` becomes false where another edition of the issue lists more than twice the
// sections: an excerpt must not hide an issue.
std::vector<EditionRow> RankEditions(std::vector<EditionRow> editions);

// The first of them, if it can be current. If no edition is complete, the greatest incomplete one, marked as
// incomplete.
std::optional<CurrentEdition> ChooseEdition(std::vector<EditionRow> editions);

struct ViewRecord {
  IssueId issue;
  DocumentDigest document;
  StoredRecord stored;
  std::string id;                   // hash of kind, issue and natural key, with #2, #3 … for equal keys
  std::optional<Decimal> coverage;  // an article's, if it was measured
  bool measured = false;
};

struct ViewOptions {
  std::function<bool(const IssueId&)> only;  // which issues; empty: all
  // Measure which of each section's numbers are in records: an article's `coverage`, and the `unread` findings. Reads
  // all records of the issue.
  bool coverage = true;
};

// Raise it when the view's output for the same rows changes: everything published is then compared again. The golden
// digest guards it.
inline constexpr int kViewVersion = 2;

// The current view of one snapshot: its issues, and any issue's records. Reading the issues in ascending order takes
// few store queries and little memory. Used by one thread; the snapshot must outlive it.
class CurrentView {
 public:
  // The issues of all consumers, ascending.
  static Result<std::vector<IssueId>> AllIssues(Snapshot& snapshot);
  static Result<CurrentView> Open(Snapshot& snapshot);
  // Starts with the issues of an earlier snapshot, ascending. Learn adds those that came since.
  CurrentView(Snapshot& snapshot, std::vector<IssueId> issues);
  // Adds those of `issues` that a manifest of some consumer lists.
  Result<void> Learn(const std::vector<IssueId>& issues);
  // Announces the issues whose records will be read, ascending; by default all. `whole`: records of every kind will be
  // read.
  void Expect(std::vector<IssueId> issues, bool whole);
  ~CurrentView();
  CurrentView(CurrentView&&) noexcept;

  const std::vector<IssueId>& issues() const { return issues_; }  // ascending
  // For the next view. This one must not be used afterwards.
  std::vector<IssueId> TakeIssues() { return std::move(issues_); }
  // The later issues whose findings compare them with this one.
  std::vector<IssueId> LookingBackAt(const IssueId& issue) const;
  // Ordered by (section ordinal, first span, record id).
  Result<std::vector<ViewRecord>> RecordsOf(const IssueId& issue, RecordKind kind, bool coverage = true);

 private:
  Snapshot* snapshot_;
  std::vector<IssueId> issues_;
  std::unique_ptr<class IssueReader> reader_;
  std::unique_ptr<class ViewChecks> checks_;
};

// The records of one edition, current or not: in export order, with the ids that they would have in the current view.
Result<std::vector<ViewRecord>> RecordsOfEdition(Snapshot& snapshot, const Normaliser& consumer, const IssueId& issue,
                                                 const EditionRow& edition, RecordKind kind);

// All records of a kind in the current view, ordered by (series, issue, section ordinal, first span, record id). Only a
// few issues are in memory at a time.
Result<void> ForEachRecord(Snapshot& snapshot, RecordKind kind, const std::function<void(const ViewRecord&)>& visit,
                           const ViewOptions& options = {});

// One JSON object: issue, series, id, the record's fields, provenance. Exports and record topics share this encoding
// (schemas/json).
std::string ExportLine(const ViewRecord& record, bool with_known_at);

}  // namespace ytterby
