// A process that runs feeds, consumers or both, with HTTP, until it is stopped.
#pragma once

#include <string>
#include <vector>

#include "common/result.hpp"
#include "ops/cli/flags.hpp"

namespace ytterby::cli {

enum class Parts { kAll, kFeeds, kConsumers };

// Works until SIGTERM or SIGINT, then finishes what is in flight and returns 0. `chosen`: the consumers to run; empty:
// all.
Result<int> RunDaemon(const CommonFlags& flags, Parts parts, const std::vector<std::string>& chosen = {});

}  // namespace ytterby::cli
