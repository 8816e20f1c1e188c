// Waits until all appended messages are stored, by this process or another one.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <string>

#include "common/log/record_log.hpp"
#include "common/wait.hpp"
#include "consumers/stores/store_writer.hpp"

namespace ytterby {

// The last offset that must be stored, by partition.
using DrainTargets = std::map<TopicPartition, Offset>;

struct DrainOptions {
  std::chrono::seconds limit{600};
  Patience patience;                           // for a store that does not answer
  std::function<Result<void>()> each_round;    // e.g. starts consumers, or returns why one ended
  std::function<void(std::int64_t)> progress;  // gets the number of messages not yet stored
};

// Waits until every consumer of a topic has stored past the topic's targets. kTryLater after the limit, naming the
// partitions that are behind, or when stopped.
Result<void> Drain(const std::string& log_id, StoreWriter& store, const DrainTargets& targets,
                   const DrainOptions& options);

}  // namespace ytterby
