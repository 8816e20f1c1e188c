#include "ops/cli/drain.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>

namespace ytterby::cli {

Result<void> OwnConsumers::Ensure() {
  const auto now = std::chrono::steady_clock::now();
  if (now < next_try_) return {};
  next_try_ = now + std::chrono::seconds(1);
  for (const Normaliser& normaliser : Normalisers()) {
    if (started_.count(normaliser.consumer)) continue;
    auto started = pool_.Start(normaliser);
    if (started) {
      started_.insert(normaliser.consumer);
    } else if (started.error().kind != ErrorKind::kTryLater) {
      return started;
    } else if (waits_for_.insert(normaliser.consumer).second) {
      spdlog::info("{}: another process stores these; waiting for it", normaliser.consumer);
    }
  }
  return {};
}

namespace {

// The partitions whose stored offset has not passed its target, as `consumer topic/partition`.
Result<std::vector<std::string>> Behind(Store& store, const std::string& log_id, const DrainTargets& targets, Offset& missing) {
  std::vector<std::string> behind;
  missing = 0;
  for (const Normaliser& normaliser : Normalisers()) {
    const std::vector<std::string> topics = TopicsOf(normaliser);
    for (const auto& [at, target] : targets) {
      if (std::find(topics.begin(), topics.end(), at.topic) == topics.end()) continue;
      YT_ASSIGN(stored, store.OffsetOf(std::string(normaliser.consumer), log_id, at));
      const Offset next = stored ? stored->next : 0;
      if (next > target) continue;
      missing += target + 1 - next;
      behind.push_back(fmt::format("{} {}/{}", normaliser.consumer, at.topic, at.partition));
    }
  }
  return behind;
}

}  // namespace

Result<void> Drain(const Config& config, RecordLog& log, Store& store, const ConsumerPool& pool, OwnConsumers& own,
                   const DrainTargets& targets, Progress& progress) {
  const auto deadline = std::chrono::steady_clock::now() + config.drain_timeout;
  while (true) {
    Offset missing = 0;
    YT_ASSIGN(behind, UntilAnswered(config, [&] { return Behind(store, log.Id(), targets, missing); }));
    if (behind.empty()) return {};
    YT_CHECK(own.Ensure());
    if (const auto error = pool.error()) return tl::unexpected<Error>(*error);
    if (std::chrono::steady_clock::now() >= deadline) {
      std::string names;
      for (const std::string& name : behind) names += (names.empty() ? "" : ", ") + name;
      return Fail(ErrorKind::kTryLater, fmt::format("not stored within --drain-timeout ({} s): {}", config.drain_timeout.count(), names));
    }
    progress.Show(fmt::format("storing: {} messages to go", missing));
    if (StopRequested(std::chrono::milliseconds(10))) {
      return Fail(ErrorKind::kTryLater, "stopped; what was published will be stored by the next run");
    }
  }
}

}  // namespace ytterby::cli
