#include "consumers/drain.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "consumers/normaliser.hpp"

namespace ytterby {
namespace {

// The partitions whose stored offset has not passed its target, as `consumer topic/partition`.
Result<std::vector<std::string>> FindBehind(StoreWriter& store, const std::string& log_id, const DrainTargets& targets,
                                            Offset& missing) {
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

Result<void> Drain(const std::string& log_id, StoreWriter& store, const DrainTargets& targets,
                   const DrainOptions& options) {
  constexpr std::chrono::milliseconds kLook{10};
  const auto deadline = std::chrono::steady_clock::now() + options.limit;
  while (true) {
    Offset missing = 0;
    YT_ASSIGN(behind, UntilAnswered(options.patience, [&] { return FindBehind(store, log_id, targets, missing); }));
    if (behind.empty()) return {};
    YT_CHECK(options.each_round());
    if (std::chrono::steady_clock::now() >= deadline) {
      return Fail(ErrorKind::kTryLater, fmt::format("not stored within --drain-timeout ({} s): {}",
                                                    options.limit.count(), fmt::join(behind, ", ")));
    }
    options.progress(missing);
    if (options.patience.stop(kLook))
      return Fail(ErrorKind::kTryLater, "stopped; the next run stores what was published");
  }
}

}  // namespace ytterby
