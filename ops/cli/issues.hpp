// Issues as a person names them on the command line.
#pragma once

#include <string>

#include "common/result.hpp"
#include "consumers/stores/snapshot.hpp"

namespace ytterby::cli {

// Checks that the view has the issue; an empty label matches any. kUsage: it does not look like a label. kNoInput: the
// view has no such issue.
Result<void> CheckIssue(Snapshot& snapshot, const std::string& label);

}  // namespace ytterby::cli
