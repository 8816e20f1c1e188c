// Findings of the current view: listed, counted.
#pragma once

#include <functional>
#include <map>
#include <string>

#include "common/result.hpp"
#include "consumers/views/current_view.hpp"

namespace ytterby {

// 2 for error, 1 for warning, 0 for info.
int SeverityRank(std::string_view severity);

// How many findings each check made.
class FindingCounts {
 public:
  void Add(std::string_view severity, std::string_view check);
  // One line a check, the severest first, each after `indent`; only of `least` severity rank or more, at most `lines`
  // of them.
  std::string Lines(std::string_view indent, int least, std::size_t lines) const;
  int total() const { return total_; }

 private:
  std::map<std::pair<int, std::string>, int> counts_;  // (minus the severity's rank, check)
  int total_ = 0;
};

struct ViewFinding {
  std::string check, severity, message, printed, expected, concerns;
};

// The findings of the current view with their issues.
Result<void> ForEachFinding(Snapshot& snapshot, const std::function<void(const IssueId&, const ViewFinding&)>& visit,
                            const ViewOptions& options = {});

}  // namespace ytterby
