// The loop over the feeds of a process: poll, read, publish, confirm, until stopped. Each feed has a thread.
#pragma once

#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "common/config.hpp"
#include "common/health.hpp"
#include "common/lease.hpp"
#include "common/log/record_log.hpp"
#include "producers/documents/archive.hpp"
#include "producers/feeds/open_feed.hpp"
#include "producers/producer_events.hpp"
#include "producers/publisher.hpp"

namespace ytterby {

PublisherOptions PublisherOptionsOf(const LimitsConfig& limits);

struct FeedLoopOptions {
  std::filesystem::path data_dir;  // whose leases are taken, a role a feed
  std::vector<FeedConfig> feeds;
  LimitsConfig limits;
  std::chrono::seconds stop_timeout{10};  // a stopping feed gives what is under way so long
  std::chrono::milliseconds poll{250}, first_backoff{100}, last_backoff{1000};
  std::chrono::milliseconds forget{30'000};  // between looks for rejected documents that are gone
  std::chrono::milliseconds retry{1'000};    // between looks for documents that somebody has sent again
};

// At least once: a document is confirmed to its feed when its manifest is acknowledged and noted, when it is unchanged,
// or when its rejection is recorded. What a killed loop left is appended again from the archive at the next start.
class FeedLoop {
 public:
  FeedLoop(FeedLoopOptions options, RecordLog& log, Archive& archive, ProducerEvents& events,
           FeedOpener open = &OpenFeed);
  ~FeedLoop();
  // Takes every feed's lease and starts it. kTryLater when another process has one of them.
  Result<void> Start();
  void Stop();
  // Finishes what is under way and goes on with other feeds and limits, without waiting for it. A feed that cannot
  // start is retried.
  void Restart(FeedLoopOptions options);
  // Counts the documents that are set aside, some seconds after the last time.
  void ReportLetters();

 private:
  Result<void> StartFeeds();
  void StopFeeds();
  void Supervise(std::stop_token stop);
  void Work(Feed& feed, std::stop_token stop);
  // One life of a publisher: until stopped, or until log, archive or feed fail.
  Result<void> WorkUntilTrouble(Feed& feed, const std::stop_token& stop);
  Result<void> PublishSentAgain(const Feed& feed, Publisher& publisher);
  Result<void> ForgetGone(const Feed& feed);
  Result<void> Round(Feed& feed, Publisher& publisher, const std::stop_token& stop);

  FeedLoopOptions options_;
  RecordLog& log_;
  Archive& archive_;
  ProducerEvents& events_;
  const FeedOpener open_;
  std::mutex mutex_;
  std::optional<FeedLoopOptions> next_;  // to be taken over by the supervisor
  std::condition_variable_any next_changed_;
  std::vector<Lease> leases_;
  std::vector<std::unique_ptr<Feed>> feeds_;
  std::vector<std::jthread> threads_;
  std::jthread supervisor_;
  std::chrono::steady_clock::time_point letters_reported_{};
};

}  // namespace ytterby
