// Checks that no single normaliser call can make: across all consumers' records of a section, and across neighbouring
// issues. Their findings belong to the view and are recreated whenever it is read, so the order of arrival does not
// matter. They change no record.
#pragma once

#include <map>
#include <vector>

#include "consumers/views/issue_reader.hpp"
#include "consumers/views/price_continuity.hpp"

namespace ytterby {

// Adds the findings about the document and about the choice of edition; they belong to no section.
void AddDocumentFindings(const IssueId& issue, const CurrentEdition& current, std::vector<ViewRecord>& records);

// How many earlier issues an issue's findings compare with; one of them has the previous month.
inline constexpr std::ptrdiff_t kNeighbours = 3;

// For one pass over the issues in their order.
class ViewChecks {
 public:
  ViewChecks(IssueReader& reader, std::vector<IssueId> issues) : reader_(reader), issues_(std::move(issues)) {}

  // Sets each article's `coverage`: the share of its numbers that are in records.
  Result<void> AddCoverage(const IssueId& issue, std::vector<ViewRecord>& articles);
  // Adds an `unread` finding for each number that no rule read.
  Result<void> AddUnread(const IssueId& issue, std::vector<ViewRecord>& findings);
  // Adds the findings from comparison with earlier issues (price_continuity.hpp).
  Result<void> AddNeighbours(const IssueId& issue, std::vector<ViewRecord>& findings);

 private:
  // The averages of an issue's tables, and the records they come from.
  struct Table {
    IssueAverages of_issue;
    std::vector<std::string> values;  // as in the records
    std::vector<ViewRecord> places;
  };
  Result<Table*> TableOf(const IssueId& issue);

  IssueReader& reader_;
  const std::vector<IssueId> issues_;  // ascending
  std::map<IssueId, Table> tables_;    // of the last issue checked and its neighbours
};

}  // namespace ytterby
