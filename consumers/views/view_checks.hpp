// Checks that need more than one section: over the consumers' records of a section, and over neighbouring issues. They
// are findings of the view, made anew whenever it is read, so that no order of arrival matters; none changes a record.
#pragma once

#include <map>
#include <vector>

#include "consumers/views/issue_reader.hpp"
#include "consumers/views/price_continuity.hpp"

namespace ytterby {

// Findings of the document and of the choice itself: they belong to no section.
void AddDocumentFindings(const IssueId& issue, const CurrentEdition& current, std::vector<ViewRecord>& records);

// How many issues before an issue's findings look at, of which one has the month before.
inline constexpr std::ptrdiff_t kNeighbours = 3;

// For the issues of one pass, asked in their order.
class ViewChecks {
 public:
  ViewChecks(IssueReader& reader, std::vector<IssueId> issues) : reader_(reader), issues_(std::move(issues)) {}

  // `coverage` of each article: the share of its numbers that is in records.
  Result<void> AddCoverage(const IssueId& issue, std::vector<ViewRecord>& articles);
  // A finding `unread` for each number that no rule read.
  Result<void> AddUnread(const IssueId& issue, std::vector<ViewRecord>& findings);
  // What the issues before print of the same months (price_continuity.hpp).
  Result<void> AddNeighbours(const IssueId& issue, std::vector<ViewRecord>& findings);

 private:
  // The averages of an issue's tables, and the records they stand in.
  struct Table {
    IssueAverages of_issue;
    std::vector<std::string> values;  // as the records have them
    std::vector<ViewRecord> places;
  };
  Result<Table*> TableOf(const IssueId& issue);

  IssueReader& reader_;
  const std::vector<IssueId> issues_;  // ascending
  std::map<IssueId, Table> tables_;    // of the issue asked about last and of its neighbours
};

}  // namespace ytterby
