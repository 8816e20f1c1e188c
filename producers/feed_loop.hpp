// Runs the feeds of a process: poll, read, publish, confirm, until stopped. A loop runs on a thread of its own, with
// one watched folder (ops/decisions/0017) or with all feeds on the web (ops/decisions/0023).
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
  std::filesystem::path data_dir;  // holds the leases, one per feed
  std::vector<FeedConfig> feeds;
  LimitsConfig limits;
  std::string contact;                    // of feeds on the web
  std::chrono::seconds stop_timeout{10};  // how long a stopping feed waits for work in progress
  std::chrono::milliseconds poll{250}, first_backoff{100}, last_backoff{1000};
  std::chrono::milliseconds probation{3'000};  // after a failure: how long rounds without a document prove nothing
  std::chrono::milliseconds forget{30'000};    // between checks for rejected documents that are gone
  std::chrono::milliseconds retry{1'000};      // between checks for documents that were sent again
};

// At least once: a document is confirmed to its feed when its manifest is acknowledged and recorded, when it is
// unchanged, or when its rejection is recorded. What a killed loop left unfinished is appended again from the archive
// at the next start.
class FeedLoop {
 public:
  FeedLoop(FeedLoopOptions options, RecordLog& log, Archive& archive, ProducerEvents& events,
           FeedOpener open = &OpenFeed);
  ~FeedLoop();
  // Acquires every feed's lease and starts the feeds. kTryLater when another process holds one of the leases.
  Result<void> Start();
  void Stop();
  // Asks for a restart with other feeds and limits, after work in progress is finished; does not wait for it. Feeds
  // that cannot start are retried.
  void Restart(FeedLoopOptions options);
  // Reports how many documents are set aside, unless it did so a few seconds ago.
  void ReportLetters();

 private:
  Result<void> StartFeeds();
  void StopFeeds();
  void Supervise(std::stop_token stop);
  // Feeds that are polled in turn, by one publisher.
  struct Group {
    std::vector<Feed*> feeds;
    std::map<std::string, std::string> troubles;  // of feeds that cannot see their source, as reported last
  };
  void Work(Group group, std::stop_token stop);
  // Runs one publisher until stopped, or until the log, the archive or the feed fails.
  Result<void> Reconcile();
  Result<void> WorkUntilTrouble(Group& group, const std::optional<std::chrono::steady_clock::time_point>& failed_at,
                                const std::stop_token& stop);
  Result<void> PublishSentAgain(const std::map<std::string, Feed*>& feeds, Publisher& publisher);
  Result<void> ForgetGone(const std::map<std::string, Feed*>& feeds);
  Result<void> Round(Group& group, Publisher& publisher, const std::stop_token& stop);
  void Report(Group& group);

  FeedLoopOptions options_;
  RecordLog& log_;
  Archive& archive_;
  ProducerEvents& events_;
  const FeedOpener open_;
  std::mutex mutex_;
  std::optional<FeedLoopOptions> next_;  // for the supervisor to pick up
  std::condition_variable_any next_changed_;
  std::vector<Lease> leases_;
  std::vector<std::unique_ptr<Feed>> feeds_;
  std::vector<std::jthread> threads_;
  std::jthread supervisor_;
  std::chrono::steady_clock::time_point letters_reported_{};
  std::mutex reconcile_mutex_;
  bool reconciled_ = false;
};

}  // namespace ytterby
