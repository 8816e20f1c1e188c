// The feeds of a process, a thread each: poll, read, publish, confirm, until stopped.
#pragma once

#include <atomic>
#include <memory>
#include <thread>
#include <vector>

#include "common/http_server.hpp"
#include "ops/cli/context.hpp"
#include "producers/feeds/feed.hpp"

namespace ytterby::cli {

// Fails while the log does not answer.
ReadinessCheck LogCheck(RecordLog& log);

class FeedRunner {
 public:
  FeedRunner(const Config& config, RecordLog& log, Archive& archive, Metrics& metrics);
  ~FeedRunner();
  // Takes every configured feed's lease and starts it.
  Result<void> Start();
  void Stop();
  // Names of feeds whose last round failed, with the reason; empty when all go well.
  std::optional<std::string> failing() const;

 private:
  void Work(Feed& feed, std::stop_token stop);
  Result<void> Round(Feed& feed, Publisher& publisher, std::chrono::milliseconds wait);
  void SetState(const std::string& feed, std::optional<std::string> trouble);

  const Config& config_;
  RecordLog& log_;
  Archive& archive_;
  ProducerEvents events_;
  mutable std::mutex mutex_;
  std::map<std::string, std::string> trouble_;
  std::vector<Lease> leases_;
  std::vector<std::unique_ptr<Feed>> feeds_;
  std::vector<std::jthread> threads_;
};

}  // namespace ytterby::cli
