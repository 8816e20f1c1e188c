// Issues as a person names them on the command line.
#pragma once

#include <string>

#include "common/result.hpp"
#include "consumers/stores/snapshot.hpp"

namespace ytterby::cli {

// An empty label is any issue. kUsage: it is no label of an issue in the view, nor looks like one. kNoInput: the view
// has no such issue.
Result<void> CheckIssue(Snapshot& snapshot, const std::string& label);

}  // namespace ytterby::cli
