// Waiting until what was appended is stored, by this process or another one.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <string>

#include "common/log/record_log.hpp"
#include "common/wait.hpp"
#include "consumers/stores/store_writer.hpp"

namespace ytterby {

// The last offset to be stored, by partition.
using DrainTargets = std::map<TopicPartition, Offset>;

struct DrainOptions {
  std::chrono::seconds limit{600};
  Patience patience;                           // for a store that does not answer
  std::function<Result<void>()> each_round;    // e.g. starts consumers, or says why one ended
  std::function<void(std::int64_t)> progress;  // how many messages are still to be stored
};

// Waits until every consumer of a topic has stored past its targets. kTryLater after the limit, or when stopped; names
// what is behind.
Result<void> Drain(const std::string& log_id, StoreWriter& store, const DrainTargets& targets,
                   const DrainOptions& options);

}  // namespace ytterby
