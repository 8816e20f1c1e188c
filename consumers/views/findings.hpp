// Lists and counts the findings of the current view.
#pragma once

#include <functional>
#include <map>
#include <string>

#include "common/result.hpp"
#include "consumers/views/current_view.hpp"

namespace ytterby {

// 2 for error, 1 for warning, 0 for info.
int SeverityRank(std::string_view severity);

// The number of findings of each check.
class FindingCounts {
 public:
  void Add(std::string_view severity, std::string_view check);
  // One line per check, the most severe first, each after `indent`; only severity rank `least` or higher, at most
  // `lines` lines.
  std::string Lines(std::string_view indent, int least, std::size_t lines) const;
  int total() const { return total_; }

 private:
  std::map<std::pair<int, std::string>, int> counts_;  // (negated severity rank, check)
  int total_ = 0;
};

struct ViewFinding {
  std::string check, severity, message, printed, expected, concerns;
};

// Visits the findings of the current view, each with its issue.
Result<void> ForEachFinding(Snapshot& snapshot, const std::function<void(const IssueId&, const ViewFinding&)>& visit,
                            const ViewOptions& options = {});

}  // namespace ytterby
