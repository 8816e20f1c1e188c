#include "common/shared_metrics.hpp"

#include "common/metrics.hpp"

namespace ytterby {

void CountError(Metrics& metrics, const std::string& stage, const std::string& type) {
  metrics.Count("ytterby_errors_total", "Errors by stage and type", {{"stage", stage}, {"type", type}});
}

void SetWaitingLetters(Metrics& metrics, const std::string& consumer, const std::string& stage, std::int64_t count, double oldest_seconds) {
  const Labels labels = {{"consumer", consumer}, {"stage", stage}};
  metrics.Set("ytterby_dead_letters_waiting", "Dead letters that are neither closed nor waived, by consumer and stage", labels,
              static_cast<double>(count));
  metrics.Set("ytterby_dead_letters_oldest_seconds", "Age of the oldest of them, 0 where there is none", labels, oldest_seconds);
}

}  // namespace ytterby
