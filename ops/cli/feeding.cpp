#include "ops/cli/feeding.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <condition_variable>
#include <utility>

#include "producers/feeds/directory_feed.hpp"

namespace ytterby::cli {
namespace {

constexpr std::chrono::milliseconds kPoll{250};
constexpr std::chrono::seconds kForget{30}, kRetry{1};

Rejection RejectionOf(const Error& error) {
  if (error.kind == ErrorKind::kBadData) return {RejectReason::kTooLarge, error.message};
  if (error.kind == ErrorKind::kNoInput) return {RejectReason::kVanished, error.message};
  return {RejectReason::kUnreadable, error.message};
}

}  // namespace

LogProbe::LogProbe(RecordLog& log)
    : thread_([this, &log](std::stop_token stop) {
        std::mutex mutex;
        std::unique_lock waiting(mutex);
        while (!stop.stop_requested()) {
          const auto answer = log.GetWatermarks({std::string(kDocumentsTopic), 0});
          {
            std::lock_guard lock(mutex_);
            if (answer) answered_ = std::chrono::steady_clock::now();
            trouble_ = answer ? "" : answer.error().message;
          }
          std::condition_variable_any().wait_for(waiting, stop, std::chrono::seconds(1), [] { return false; });
        }
      }) {}

std::optional<std::string> LogProbe::failing() const {
  std::lock_guard lock(mutex_);
  const auto silent = std::chrono::steady_clock::now() - answered_;
  if (trouble_.empty() && silent < std::chrono::seconds(4)) return std::nullopt;
  return fmt::format("no answer for {} s{}{}", std::chrono::duration_cast<std::chrono::seconds>(silent).count(),
                     trouble_.empty() ? "" : ": ", trouble_);
}

Result<void> CheckFeedFolders(const Config& config) {
  for (const FeedConfig& feed : config.feeds) {
    std::error_code ec;
    if (std::filesystem::is_directory(feed.directory, ec)) continue;
    return Fail(ErrorKind::kConfiguration, fmt::format("feed {}: {}: no such folder; make it first", feed.name, feed.directory));
  }
  return {};
}

Result<void> StartHttp(const Config& config, const Metrics& metrics, const Readiness& readiness, std::unique_ptr<HttpServer>& http) {
  if (config.http.listen.empty()) return {};
  YT_ASSIGN(server, HttpServer::Start(config.http.listen, metrics, kVersion, readiness));
  http = std::move(server);
  spdlog::info("HTTP on port {}: /metrics /livez /readyz /version", http->port());
  return {};
}

FeedRunner::FeedRunner(const Config& config, RecordLog& log, Archive& archive, Metrics& metrics)
    : config_(config), log_(log), archive_(archive), events_(metrics) {}

FeedRunner::~FeedRunner() { Stop(); }

Result<void> FeedRunner::Start() {
  YT_CHECK(StartFeeds());
  supervisor_ = std::jthread([this](std::stop_token stop) { Supervise(std::move(stop)); });
  return {};
}

void FeedRunner::Stop() {
  // The supervisor first: it starts and stops the feeds too.
  supervisor_ = {};
  StopFeeds();
}

Result<void> FeedRunner::StartFeeds() {
  for (const FeedConfig& feed : config_.feeds) {
    YT_ASSIGN(lease, Lease::Acquire(config_.data_dir, "feed." + feed.name));
    leases_.push_back(std::move(lease));
    DirectoryFeedOptions options;
    options.name = feed.name;
    options.folder = feed.directory;
    options.priority = feed.priority;
    options.max_document_bytes = config_.limits.max_document_bytes;
    options.settle = feed.settle;
    YT_ASSIGN(stamps, archive_.Stamps(feed.name, log_.Id()));
    YT_ASSIGN(opened, DirectoryFeed::Open(std::move(options), std::move(stamps)));
    feeds_.push_back(std::move(opened));
  }
  for (const auto& feed : feeds_) {
    threads_.emplace_back([this, one = feed.get()](std::stop_token stop) { Work(*one, std::move(stop)); });
  }
  return {};
}

void FeedRunner::StopFeeds() {
  for (std::jthread& thread : threads_) thread.request_stop();
  threads_.clear();
  feeds_.clear();
  leases_.clear();
}

Result<void> FeedRunner::Restart(const Config& config) {
  YT_CHECK(CheckFeedFolders(config));
  std::lock_guard lock(mutex_);
  next_ = config;
  next_changed_.notify_all();
  return {};
}

void FeedRunner::Supervise(std::stop_token stop) {
  constexpr std::chrono::seconds kPause{1};
  bool started = true;
  while (true) {
    std::optional<Config> next;
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
    if (next) {
      config_ = std::move(*next);
      std::lock_guard lock(mutex_);
      trouble_.clear();
    }
    const auto result = StartFeeds();
    started = result.has_value();
    if (started) spdlog::info("{} feeds are watched", config_.feeds.size());
    if (!started) events_.FeedFailed("all", result.error().message);
    SetState("all", started ? std::nullopt : std::optional(result.error().message));
  }
}

void FeedRunner::SetState(const std::string& feed, std::optional<std::string> trouble) {
  std::lock_guard lock(mutex_);
  if (trouble) {
    trouble_[feed] = *trouble;
  } else {
    trouble_.erase(feed);
  }
}

void FeedRunner::ReportLetters() {
  const auto now = std::chrono::steady_clock::now();
  if (now - letters_reported_ < std::chrono::seconds(5)) return;
  letters_reported_ = now;
  const auto set_aside = archive_.SetAsides();
  if (!set_aside) return;
  std::int64_t count = 0;
  double oldest = 0;
  for (const SetAsideDocument& document : *set_aside) {
    if (document.state == "closed" || document.state == "waived") continue;
    ++count;
    const auto fetched = ParseRfc3339(document.delivery.fetched_at);
    if (fetched) oldest = std::max(oldest, std::chrono::duration<double>(SystemClock().Now() - *fetched).count());
  }
  events_.Letters(count, oldest);
}

std::optional<std::string> FeedRunner::failing() const {
  std::lock_guard lock(mutex_);
  std::string text;
  for (const auto& [feed, trouble] : trouble_) text += fmt::format("{}{}: {}", text.empty() ? "" : "; ", feed, trouble);
  if (text.empty()) return std::nullopt;
  return text;
}

// Trouble with log or disk backs off and goes on; what was recorded and not published is appended again from the archive.
void FeedRunner::Work(Feed& feed, std::stop_token stop) {
  auto backoff = std::chrono::milliseconds(100);
  while (!stop.stop_requested()) {
    PublisherOptions options = PublisherOptionsOf(config_);
    // A stopping process gives what is under way its time; after that the next start finishes it from the archive.
    std::optional<std::chrono::steady_clock::time_point> deadline;
    options.abandon = [this, stop, deadline]() mutable {
      if (!stop.stop_requested()) return false;
      const auto now = std::chrono::steady_clock::now();
      if (!deadline) deadline = now + config_.stop_timeout;
      return now >= *deadline;
    };
    Publisher publisher(log_, archive_, events_, SystemClock(), std::move(options), [&feed](const PublishOutcome& outcome) {
      feed.Confirm({outcome.name, outcome.name, outcome.stamp});
    });
    auto result = publisher.FinishUnpublished(feed.name());
    auto forget_at = std::chrono::steady_clock::now(), retry_at = forget_at;
    while (result && !stop.stop_requested()) {
      const auto now = std::chrono::steady_clock::now();
      if (now >= forget_at) {
        forget_at = now + kForget;
        result = ForgetGone(feed);
        if (!result) break;
      }
      if (now >= retry_at) {
        retry_at = now + kRetry;
        result = PublishSentAgain(feed, publisher);
        if (!result) break;
      }
      SetState(feed.name(), std::nullopt);
      backoff = std::chrono::milliseconds(100);
      result = Round(feed, publisher, stop);
    }
    if (result) break;
    feed.Abandon();
    events_.FeedFailed(feed.name(), result.error().message);
    SetState(feed.name(), result.error().message);
    std::mutex mutex;
    std::unique_lock lock(mutex);
    std::condition_variable_any().wait_for(lock, stop, backoff, [] { return false; });
    backoff = std::min(backoff * 2, std::chrono::milliseconds(1000));
  }
}

// A document that was set aside, and that somebody has sent again since.
Result<void> FeedRunner::PublishSentAgain(const Feed& feed, Publisher& publisher) {
  YT_ASSIGN(documents, archive_.SetAsides());
  const bool any = std::any_of(documents.begin(), documents.end(), [&](const SetAsideDocument& document) {
    return document.state == "retried" && document.delivery.feed == feed.name();
  });
  if (!any) return {};
  YT_CHECK(publisher.Finish());
  return publisher.FinishUnpublished(feed.name());
}

// A rejected document that is no longer there is no trouble any more.
Result<void> FeedRunner::ForgetGone(const Feed& feed) {
  YT_ASSIGN(rejections, archive_.Rejections());
  for (const RejectedDocument& rejected : rejections) {
    if (rejected.feed == feed.name() && !feed.Has(rejected.name)) YT_CHECK(archive_.ClearRejection(rejected.feed, rejected.name));
  }
  return {};
}

Result<void> FeedRunner::Round(Feed& feed, Publisher& publisher, const std::stop_token& stop) {
  YT_ASSIGN(documents, feed.Poll(kPoll));
  for (const FeedDocument& document : documents) {
    if (stop.stop_requested()) break;  // the others are found again by the next start
    auto bytes = feed.Read(document);
    if (bytes) {
      YT_CHECK(publisher.Offer({feed.name(), document.name, document.stamp, feed.priority(), std::move(*bytes), std::nullopt}));
    } else if (bytes.error().kind == ErrorKind::kTryLater) {
      return tl::unexpected<Error>(bytes.error());
    } else {
      YT_CHECK(publisher.Reject(feed.name(), document.name, document.stamp, RejectionOf(bytes.error())));
    }
  }
  return publisher.Finish();
}

}  // namespace ytterby::cli
