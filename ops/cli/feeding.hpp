// The feeds of a process, a thread each: poll, read, publish, confirm, until stopped.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
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
  // Finishes what is under way and goes on with another configuration's feeds and limits, without waiting for it. What keeps a feed from
  // starting is a trouble like any other: it is tried again. kConfiguration: a folder is missing, and nothing changes.
  Result<void> Restart(const Config& config);
  // Counts the documents that are set aside, some seconds after the last time.
  void ReportLetters();
  // Names of feeds whose last round failed, with the reason; empty when all go well.
  std::optional<std::string> failing() const;

 private:
  Result<void> StartFeeds();
  void StopFeeds();
  void Supervise(std::stop_token stop);
  void Work(Feed& feed, std::stop_token stop);
  Result<void> PublishSentAgain(const Feed& feed, Publisher& publisher);
  Result<void> ForgetGone(const Feed& feed);
  Result<void> Round(Feed& feed, Publisher& publisher, const std::stop_token& stop);
  void SetState(const std::string& feed, std::optional<std::string> trouble);

  Config config_;
  RecordLog& log_;
  Archive& archive_;
  ProducerEvents events_;
  mutable std::mutex mutex_;
  std::map<std::string, std::string> trouble_;
  std::optional<Config> next_;  // to be taken over by the supervisor
  std::condition_variable_any next_changed_;
  std::vector<Lease> leases_;
  std::vector<std::unique_ptr<Feed>> feeds_;
  std::vector<std::jthread> threads_;
  std::jthread supervisor_;
  std::chrono::steady_clock::time_point letters_reported_{};
};

}  // namespace ytterby::cli
