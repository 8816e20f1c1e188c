#include "producers/feed_loop.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

#include "common/caught.hpp"
#include "common/wait.hpp"
#include "producers/reconcile.hpp"

namespace ytterby {

PublisherOptions PublisherOptionsOf(const LimitsConfig& limits) {
  PublisherOptions options;
  options.max_document_bytes = limits.max_document_bytes;
  options.max_event_bytes = limits.max_event_bytes;
  return options;
}

FeedLoop::FeedLoop(FeedLoopOptions options, RecordLog& log, Archive& archive, ProducerEvents& events, FeedOpener open)
    : options_(std::move(options)), log_(log), archive_(archive), events_(events), open_(std::move(open)) {}

FeedLoop::~FeedLoop() { Stop(); }

Result<void> FeedLoop::Start() {
  YT_CHECK(StartFeeds());
  supervisor_ = std::jthread([this](std::stop_token stop) { Supervise(std::move(stop)); });
  return {};
}

void FeedLoop::Stop() {
  // The supervisor first, since it also starts and stops the feeds.
  supervisor_ = {};
  StopFeeds();
}

Result<void> FeedLoop::StartFeeds() {
  FeedSurroundings surroundings{options_.data_dir, options_.limits, options_.contact, nullptr};
  for (const FeedConfig& feed : options_.feeds) {
    YT_ASSIGN(lease, Lease::Acquire(options_.data_dir, "feed." + feed.name));
    leases_.push_back(std::move(lease));
    YT_ASSIGN(stamps, archive_.Stamps(feed.name, log_.Id()));
    YT_ASSIGN(opened, open_(feed, surroundings, std::move(stamps)));
    YT_ASSIGN(newest, archive_.NewestFetched(feed.name, log_.Id()));
    events_.FeedAdded(feed.name);
    if (newest) events_.NewestDocument(feed.name, *newest);
    feeds_.push_back(std::move(opened));
  }
  std::map<std::string, Group> shared;  // by loop
  const auto work = [this](Group group) {
    threads_.emplace_back([this, group = std::move(group)](std::stop_token stop) { Work(group, std::move(stop)); });
  };
  for (const auto& feed : feeds_) {
    if (feed->loop().empty()) {
      work({{feed.get()}, {}});
    } else {
      shared[std::string(feed->loop())].feeds.push_back(feed.get());
    }
  }
  for (auto& [loop, group] : shared) work(std::move(group));
  return {};
}

void FeedLoop::StopFeeds() {
  for (std::jthread& thread : threads_) thread.request_stop();
  threads_.clear();
  for (const auto& feed : feeds_) events_.FeedRemoved(feed->name());
  feeds_.clear();
  leases_.clear();
}

void FeedLoop::Restart(FeedLoopOptions options) {
  std::lock_guard lock(mutex_);
  next_ = std::move(options);
  next_changed_.notify_all();
}

void FeedLoop::Supervise(std::stop_token stop) {
  constexpr std::chrono::seconds kPause{1};
  bool started = true;
  while (true) {
    std::optional<FeedLoopOptions> next;
    {
      std::unique_lock lock(mutex_);
      const auto asked = [&] { return next_.has_value(); };
      if (started) {
        next_changed_.wait(lock, stop, asked);
      } else {
        next_changed_.wait_for(lock, stop, kPause, asked);
      }
      if (stop.stop_requested()) return;
      next.swap(next_);
    }
    StopFeeds();
    if (next) options_ = std::move(*next);
    const auto result = StartFeeds();
    started = result.has_value();
    if (started) {
      spdlog::info("feeds watched: {}", options_.feeds.size());
      events_.FeedsStarted();
    } else {
      StopFeeds();
      events_.FeedsNotStarted(result.error());
    }
  }
}

void FeedLoop::ReportLetters() {
  const auto now = std::chrono::steady_clock::now();
  if (now - letters_reported_ < std::chrono::seconds(5)) return;
  letters_reported_ = now;
  const auto waiting = archive_.WaitingSetAsides();
  if (!waiting) return;
  const double oldest =
      waiting->oldest ? std::chrono::duration<double>(SystemClock().Now() - *waiting->oldest).count() : 0;
  events_.Letters(waiting->count, oldest);
}

// Backs off and retries when the log, the disk or the feed fails; what was recorded but not published is appended again
// from the archive.
void FeedLoop::Work(Group group, std::stop_token stop) {
  Backoff backoff(options_.first_backoff, options_.last_backoff);
  std::optional<std::chrono::steady_clock::time_point> failed_at;
  while (!stop.stop_requested()) {
    const auto begun = std::chrono::steady_clock::now();
    const Result<void> result = Caught([&] { return WorkUntilTrouble(group, failed_at, stop); });
    if (result || stop.stop_requested()) return;
    failed_at = std::chrono::steady_clock::now();
    group.troubles.clear();  // each is said again once the rounds work
    for (Feed* feed : group.feeds) {
      feed->Abandon();
      events_.FeedFailed(feed->name(), result.error());
    }
    if (std::chrono::steady_clock::now() - begun > options_.last_backoff) backoff.Reset();
    WaitFor(stop, backoff.Next());
  }
}

Result<void> FeedLoop::WorkUntilTrouble(Group& group,
                                        const std::optional<std::chrono::steady_clock::time_point>& failed_at,
                                        const std::stop_token& stop) {
  PublisherOptions options = PublisherOptionsOf(options_.limits);
  // A stopping process waits some time for work in progress; the next start finishes the rest from the archive.
  std::optional<std::chrono::steady_clock::time_point> deadline;
  options.abandon = [this, stop, deadline]() mutable {
    if (!stop.stop_requested()) return false;
    const auto now = std::chrono::steady_clock::now();
    if (!deadline) deadline = now + options_.stop_timeout;
    return now >= *deadline;
  };
  int published = 0;
  std::map<std::string, Feed*> by_name;
  for (Feed* feed : group.feeds) by_name[feed->name()] = feed;
  Publisher publisher(log_, archive_, events_, SystemClock(), std::move(options),
                      [&by_name, &published](const PublishOutcome& outcome) {
                        ++published;
                        by_name.at(outcome.feed)->Confirm({outcome.name, outcome.name, outcome.stamp});
                      });
  YT_CHECK(Reconcile());
  for (const Feed* feed : group.feeds) YT_CHECK(publisher.FinishUnpublished(feed->name()));
  auto forget_at = std::chrono::steady_clock::now(), retry_at = forget_at;
  while (!stop.stop_requested()) {
    const auto now = std::chrono::steady_clock::now();
    if (now >= forget_at) {
      forget_at = now + options_.forget;
      YT_CHECK(ForgetGone(by_name));
    }
    if (now >= retry_at) {
      retry_at = now + options_.retry;
      YT_CHECK(PublishSentAgain(by_name, publisher));
    }
    YT_CHECK(Round(group, publisher, stop));
    // A document that fails is offered again a few rounds later: rounds in between, with nothing to do, do not count.
    if (!failed_at || published > 0 || std::chrono::steady_clock::now() - *failed_at >= options_.probation)
      Report(group);
  }
  return {};
}

// Which feeds see their source. Each failure is reported once, when it is new.
void FeedLoop::Report(Group& group) {
  for (const Feed* feed : group.feeds) {
    const auto trouble = feed->Trouble();
    const auto polls = feed->Polls();
    if (!trouble) {
      group.troubles.erase(feed->name());
      events_.FeedWorks(feed->name());
    }
    if (polls) events_.FeedPolled(feed->name(), polls->succeeded, polls->next, polls->failures);
    if (!trouble) continue;
    events_.RoundWorks(feed->name());
    std::string& reported = group.troubles[feed->name()];
    if (reported == trouble->message) continue;
    reported = trouble->message;
    events_.FeedFailed(feed->name(), *trouble);
  }
}

// Once for all feeds, by the first that gets so far.
Result<void> FeedLoop::Reconcile() {
  std::lock_guard lock(reconcile_mutex_);
  if (reconciled_) return {};
  YT_CHECK(ReconcileWithLog(archive_, log_));
  reconciled_ = true;
  return {};
}

// Publishes documents that were set aside and have been sent again since.
Result<void> FeedLoop::PublishSentAgain(const std::map<std::string, Feed*>& feeds, Publisher& publisher) {
  YT_ASSIGN(waiting, archive_.FeedsWithRetries());
  for (const std::string& feed : waiting) {
    if (!feeds.contains(feed)) continue;
    YT_CHECK(publisher.Finish());
    YT_CHECK(publisher.FinishUnpublished(feed));
  }
  return {};
}

// A rejected document that no longer exists is no longer a problem.
Result<void> FeedLoop::ForgetGone(const std::map<std::string, Feed*>& feeds) {
  YT_ASSIGN(rejections, archive_.Rejections());
  for (const RejectedDocument& rejected : rejections) {
    const auto feed = feeds.find(rejected.feed);
    if (feed != feeds.end() && !feed->second->Has(rejected.name))
      YT_CHECK(archive_.ClearRejection(rejected.feed, rejected.name));
  }
  return {};
}

Result<void> FeedLoop::Round(Group& group, Publisher& publisher, const std::stop_token& stop) {
  bool first = true;
  for (Feed* feed : group.feeds) {
    // Whatever the feeds of a loop wait for, they wait for together: the first poll waits, the others only look.
    YT_ASSIGN(documents, feed->Poll(std::exchange(first, false) ? options_.poll : std::chrono::milliseconds(0)));
    for (const std::string& name : feed->TakeVanished()) YT_CHECK(archive_.ClearRejection(feed->name(), name));
    for (const FeedDocument& document : documents) {
      if (stop.stop_requested()) break;  // the next start finds the others again
      auto bytes = feed->Read(document);
      if (bytes) {
        YT_CHECK(publisher.Offer(
            {feed->name(), document.name, document.stamp, feed->priority(), std::move(*bytes), std::nullopt}));
      } else if (bytes.error().kind == ErrorKind::kTryLater) {
        return tl::unexpected<Error>(bytes.error());
      } else {
        YT_CHECK(publisher.Reject(feed->name(), document.name, document.stamp, RejectionOf(bytes.error())));
      }
    }
  }
  return publisher.Finish();
}

}  // namespace ytterby
