// The feeds of a process, a thread each: poll, read, publish, confirm, until stopped.
#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "common/http_server.hpp"
#include "ops/cli/context.hpp"
#include "producers/feeds/feed.hpp"

namespace ytterby::cli {

// Asks the log again and again, so that who wants to know whether it answers need not wait for it.
class LogProbe {
 public:
  explicit LogProbe(RecordLog& log);
  // nullopt while it answers, else for how long it has not and why.
  std::optional<std::string> failing() const;

 private:
  mutable std::mutex mutex_;
  std::chrono::steady_clock::time_point answered_ = std::chrono::steady_clock::now();
  std::string trouble_;
  std::jthread thread_;
};

// kConfiguration where a feed's folder does not exist: asked before anything is made.
Result<void> CheckFeedFolders(const Config& config);
// The HTTP server of a daemon, where one is configured.
Result<void> StartHttp(const Config& config, const Metrics& metrics, const Readiness& readiness, std::unique_ptr<HttpServer>& http);

class FeedRunner {
 public:
  FeedRunner(const Config& config, RecordLog& log, Archive& archive, Metrics& metrics);
  ~FeedRunner();
  // Takes every configured feed's lease and starts it.
  Result<void> Start();
  void Stop();
  // Finishes what is under way and goes on with another configuration's feeds and limits; after an error, with those it had.
  Result<void> Restart(const Config& config);
  // Names of feeds whose last round failed, with the reason; empty when all go well.
  std::optional<std::string> failing() const;

 private:
  void Work(Feed& feed, std::stop_token stop);
  Result<void> ForgetGone(const Feed& feed);
  Result<void> Round(Feed& feed, Publisher& publisher, std::chrono::milliseconds wait);
  void SetState(const std::string& feed, std::optional<std::string> trouble);

  Config config_;
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
