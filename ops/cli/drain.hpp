// Waiting until what was appended is stored, whichever process stores it.
#pragma once

#include <chrono>
#include <set>
#include <string_view>

#include "ops/cli/context.hpp"

namespace ytterby::cli {

// The consumers of a one-shot command: started when there is something to store, each where no live process holds its lease. One whose
// holder goes away meanwhile is taken over.
class OwnConsumers {
 public:
  explicit OwnConsumers(ConsumerPool& pool) : pool_(pool) {}
  // Starts those that can be started and are not yet; looks at most once a second.
  Result<void> Ensure();

 private:
  ConsumerPool& pool_;
  std::set<std::string_view> started_, waits_for_;
  std::chrono::steady_clock::time_point next_try_{};
};

// Short waits: a one-shot command ends as soon as all is stored.
inline ConsumerOptions OneShotConsumers() {
  ConsumerOptions options;
  options.poll_wait = std::chrono::milliseconds(20);
  return options;
}

// The last offset to be stored, by partition.
using DrainTargets = std::map<TopicPartition, Offset>;

// Waits until every consumer of a topic has stored past its targets. kTryLater after --drain-timeout, or when stopped; names what is
// behind.
Result<void> Drain(const Config& config, RecordLog& log, Store& store, const ConsumerPool& pool, OwnConsumers& own,
                   const DrainTargets& targets, Progress& progress);

}  // namespace ytterby::cli
