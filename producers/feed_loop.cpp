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
  for (const FeedConfig& feed : options_.feeds) {
    YT_ASSIGN(lease, Lease::Acquire(options_.data_dir, "feed." + feed.name));
    leases_.push_back(std::move(lease));
    YT_ASSIGN(stamps, archive_.Stamps(feed.name, log_.Id()));
    YT_ASSIGN(opened, open_(feed, options_.limits, std::move(stamps)));
    YT_ASSIGN(newest, archive_.NewestFetched(feed.name, log_.Id()));
    events_.FeedAdded(feed.name);
    if (newest) events_.NewestDocument(feed.name, *newest);
    feeds_.push_back(std::move(opened));
  }
  for (const auto& feed : feeds_) {
    threads_.emplace_back([this, one = feed.get()](std::stop_token stop) { Work(*one, std::move(stop)); });
  }
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
void FeedLoop::Work(Feed& feed, std::stop_token stop) {
  Backoff backoff(options_.first_backoff, options_.last_backoff);
  std::optional<std::chrono::steady_clock::time_point> failed_at;
  while (!stop.stop_requested()) {
    const auto begun = std::chrono::steady_clock::now();
    const Result<void> result = Caught([&] { return WorkUntilTrouble(feed, failed_at, stop); });
    if (result || stop.stop_requested()) return;
    feed.Abandon();
    failed_at = std::chrono::steady_clock::now();
    events_.FeedFailed(feed.name(), result.error());
    if (std::chrono::steady_clock::now() - begun > options_.last_backoff) backoff.Reset();
    WaitFor(stop, backoff.Next());
  }
}

Result<void> FeedLoop::WorkUntilTrouble(Feed& feed,
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
  Publisher publisher(log_, archive_, events_, SystemClock(), std::move(options),
                      [&feed, &published](const PublishOutcome& outcome) {
                        ++published;
                        feed.Confirm({outcome.name, outcome.name, outcome.stamp});
                      });
  YT_CHECK(Reconcile());
  YT_CHECK(publisher.FinishUnpublished(feed.name()));
  auto forget_at = std::chrono::steady_clock::now(), retry_at = forget_at;
  while (!stop.stop_requested()) {
    const auto now = std::chrono::steady_clock::now();
    if (now >= forget_at) {
      forget_at = now + options_.forget;
      YT_CHECK(ForgetGone(feed));
    }
    if (now >= retry_at) {
      retry_at = now + options_.retry;
      YT_CHECK(PublishSentAgain(feed, publisher));
    }
    YT_CHECK(Round(feed, publisher, stop));
    // A document that fails is offered again a few rounds later: rounds in between, with nothing to do, do not count.
    if (!failed_at || published > 0 || std::chrono::steady_clock::now() - *failed_at >= options_.probation)
      events_.FeedWorks(feed.name());
  }
  return {};
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
Result<void> FeedLoop::PublishSentAgain(const Feed& feed, Publisher& publisher) {
  YT_ASSIGN(any, archive_.HasRetries(feed.name()));
  if (!any) return {};
  YT_CHECK(publisher.Finish());
  return publisher.FinishUnpublished(feed.name());
}

// A rejected document that no longer exists is no longer a problem.
Result<void> FeedLoop::ForgetGone(const Feed& feed) {
  YT_ASSIGN(rejections, archive_.Rejections());
  for (const RejectedDocument& rejected : rejections) {
    if (rejected.feed == feed.name() && !feed.Has(rejected.name))
      YT_CHECK(archive_.ClearRejection(rejected.feed, rejected.name));
  }
  return {};
}

Result<void> FeedLoop::Round(Feed& feed, Publisher& publisher, const std::stop_token& stop) {
  YT_ASSIGN(documents, feed.Poll(options_.poll));
  for (const std::string& name : feed.TakeVanished()) YT_CHECK(archive_.ClearRejection(feed.name(), name));
  for (const FeedDocument& document : documents) {
    if (stop.stop_requested()) break;  // the next start finds the others again
    auto bytes = feed.Read(document);
    if (bytes) {
      YT_CHECK(publisher.Offer(
          {feed.name(), document.name, document.stamp, feed.priority(), std::move(*bytes), std::nullopt}));
    } else if (bytes.error().kind == ErrorKind::kTryLater) {
      return tl::unexpected<Error>(bytes.error());
    } else {
      YT_CHECK(publisher.Reject(feed.name(), document.name, document.stamp, RejectionOf(bytes.error())));
    }
  }
  return publisher.Finish();
}

}  // namespace ytterby
