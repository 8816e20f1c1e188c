// The current view: which edition of an issue counts, and its records in export order. Pure functions over what the
// store holds; no clock and no order of arrival takes part.
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
  // Another, differently named document of equal priority was there to choose.
  std::optional<std::string> chosen_over;
  int waits_for = 0;  // listed sections not stored yet
};

// The greatest complete edition, by document: (whole, feed priority, revision, text layer before OCR, digest), then
// that document's greatest splitter version; without a complete one the greatest incomplete, marked. nullopt for no
// edition.
std::optional<CurrentEdition> ChooseEdition(std::vector<EditionRow> editions);

struct ViewRecord {
  IssueId issue;
  DocumentDigest document;
  StoredRecord stored;
  std::string id;                   // hash of kind, issue and natural key, with #2, #3 … for equal keys
  std::optional<Decimal> coverage;  // of an article, where it was measured
  bool measured = false;
};

struct ViewOptions {
  std::function<bool(const IssueId&)> only;  // which issues; all without
  // Measure what of each section's numbers is in a record: `coverage` of an article, and the findings `unread`. Reads
  // all records of the issue.
  bool coverage = true;
};

// Raise it when the view makes something else of the same rows: what is published is then compared as a whole. Guarded
// by the golden digest.
inline constexpr int kViewVersion = 1;

// One look at the current view: its issues, and any issue's records. Asked in ascending order of issues it asks the
// store little, and keeps little in memory. Used by one thread, while the snapshot lives.
class CurrentView {
 public:
  // Ascending, of all consumers.
  static Result<std::vector<IssueId>> AllIssues(Snapshot& snapshot);
  static Result<CurrentView> Open(Snapshot& snapshot);
  // With the issues that an earlier snapshot had, ascending. What came since is named by Learn.
  CurrentView(Snapshot& snapshot, std::vector<IssueId> issues);
  // These issues are in the view too from now on, where a consumer has a manifest that lists them.
  Result<void> Learn(const std::vector<IssueId>& issues);
  // The issues that records will be asked of, ascending; without this, all. `whole`: records of every kind.
  void Expect(std::vector<IssueId> issues, bool whole);
  ~CurrentView();
  CurrentView(CurrentView&&) noexcept;

  const std::vector<IssueId>& issues() const { return issues_; }  // ascending
  // For the next view. This one is not used any more.
  std::vector<IssueId> TakeIssues() { return std::move(issues_); }
  // Later issues whose findings compare themselves with this one.
  std::vector<IssueId> LookingBackAt(const IssueId& issue) const;
  // Ordered by (section ordinal, first span, record id).
  Result<std::vector<ViewRecord>> RecordsOf(const IssueId& issue, RecordKind kind, bool coverage = true);

 private:
  Snapshot* snapshot_;
  std::vector<IssueId> issues_;
  std::unique_ptr<class IssueReader> reader_;
  std::unique_ptr<class ViewChecks> checks_;
};

// All records of a kind in the current view, ordered by (series, issue, section ordinal, first span, record id). Few
// issues at a time are in memory.
Result<void> ForEachRecord(Snapshot& snapshot, RecordKind kind, const std::function<void(const ViewRecord&)>& visit,
                           const ViewOptions& options = {});

// One JSON object: issue, series, id, the record's fields, provenance. One encoding for exports and record topics
// (schemas/json).
std::string ExportLine(const ViewRecord& record, bool with_known_at);

}  // namespace ytterby
