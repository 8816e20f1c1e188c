// A process that works until it is stopped: feeds, consumers or both, with HTTP.
#pragma once

#include <string>
#include <vector>

#include "common/result.hpp"
#include "ops/cli/flags.hpp"

namespace ytterby::cli {

enum class Parts { kAll, kFeeds, kConsumers };

// Works until SIGTERM or SIGINT, then finishes what is in flight and returns 0. `chosen` are the consumers to run; all,
// where it is empty.
Result<int> RunDaemon(const CommonFlags& flags, Parts parts, const std::vector<std::string>& chosen = {});

}  // namespace ytterby::cli
