#include "ops/cli/daemon.hpp"

#include <fmt/format.h>
#include <malloc.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <future>
#include <optional>
#include <thread>

#include "common/caught.hpp"
#include "common/db/postgres.hpp"
#include "common/health.hpp"
#include "common/http/http_server.hpp"
#include "common/log/kafka_log.hpp"
#include "common/version.hpp"
#include "consumers/consumer_pool.hpp"
#include "consumers/relay/relay.hpp"
#include "ops/cli/context.hpp"
#include "producers/feed_loop.hpp"

namespace ytterby::cli {
namespace {

// After one consumer has stored an issue, the others follow within milliseconds, or seconds under load. A consumer that
// is stuck delays publishing its issues by no more than this.
constexpr std::chrono::seconds kRelayPatience(1);

// By default the allocator gives each of some twenty threads its own arena, which keeps the most memory the thread ever
// needed: together more than twice what all threads need at any one time. With a database server, a limit of six arenas
// showed no measurable slowdown; with SQLite it did (ops/decisions/0009).
void ShareArenas() {
#ifdef M_ARENA_MAX
  if (std::getenv("MALLOC_ARENA_MAX") == nullptr) mallopt(M_ARENA_MAX, 6);
#endif
}

// Calls a part every second on its own thread and reports the result to the process's health, so that no HTTP page has
// to wait for the part.
class Probe {
 public:
  Probe(Health& health, std::string part, std::function<Result<void>()> ask)
      : health_(health),
        part_(std::move(part)),
        ask_(std::move(ask)),
        asking_([this](std::stop_token stop) { Ask(stop); }),
        watching_([this](std::stop_token stop) { Watch(stop); }) {}

 private:
  static constexpr std::chrono::seconds kPause{1}, kSilence{5};

  void Ask(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      const auto answer = Caught(ask_);
      if (answer) {
        health_.Up(part_, "probe");
        health_.Up(part_, "silence");
      } else {
        health_.Down(part_, "probe", answer.error().message);
      }
      answered_ = std::chrono::steady_clock::now();
      WaitFor(stop, kPause);
    }
  }

  // No answer, for example from a server that was paused, also counts as trouble.
  void Watch(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      WaitFor(stop, kPause);
      if (stop.stop_requested() || std::chrono::steady_clock::now() - answered_.load() < kSilence) continue;
      health_.Down(part_, "silence", "does not answer");
    }
  }

  Health& health_;
  const std::string part_;
  const std::function<Result<void>()> ask_;
  std::atomic<std::chrono::steady_clock::time_point> answered_ = std::chrono::steady_clock::now();
  std::jthread asking_, watching_;
};

bool IsOneOf(const std::string& key, std::initializer_list<std::string_view> keys) {
  return std::find(keys.begin(), keys.end(), key) != keys.end();
}

Result<void> CheckFeeds(const Config& config) {
  if (config.feeds.empty())
    return Fail(ErrorKind::kConfiguration, "no feeds are configured; see `ytterby config show`, key feeds");
  for (const FeedConfig& feed : config.feeds) YT_CHECK(CheckFeed(feed, config.data_dir));
  return {};
}

FeedLoopOptions FeedLoopOptionsOf(const Config& config) {
  FeedLoopOptions options;
  options.data_dir = config.data_dir;
  options.feeds = config.feeds;
  options.limits = config.limits;
  options.contact = config.contact;
  options.stop_timeout = config.stop_timeout;
  return options;
}

Result<std::vector<const Normaliser*>> ChosenNormalisers(const std::vector<std::string>& names) {
  std::vector<const Normaliser*> chosen;
  for (const std::string& name : names) {
    const Normaliser* normaliser = FindNormaliser(name);
    if (!normaliser) {
      return Fail(ErrorKind::kUsage, fmt::format("unknown consumer {}: prices, patents, policies, articles", name));
    }
    if (std::find(chosen.begin(), chosen.end(), normaliser) == chosen.end()) chosen.push_back(normaliser);
  }
  if (!chosen.empty()) return chosen;
  for (const Normaliser& normaliser : Normalisers()) chosen.push_back(&normaliser);
  return chosen;
}

// Owns the parts in reverse order of destruction: the HTTP server answers from the first moment and goes before the
// parts it reports on.
class Daemon {
 public:
  Daemon(const CommonFlags& flags, Config config, bool feeding, std::vector<const Normaliser*> normalisers)
      : flags_(flags),
        config_(std::move(config)),
        config_at_start_(config_),
        feeding_(feeding),
        normalisers_(std::move(normalisers)),
        health_(metrics_) {}

  ~Daemon() { stop_opening_.request_stop(); }
  Daemon(const Daemon&) = delete;
  Daemon& operator=(const Daemon&) = delete;

  Result<int> Run() {
    SayStart();
    ExpectParts();
    if (!config_.http.listen.empty()) {
      YT_ASSIGN(http, HttpServer::Start(config_.http.listen, metrics_, health_));
      http_ = std::move(http);
      spdlog::info("HTTP on port {}: /metrics /livez /readyz /version", http_->port());
    }
    std::jthread reminding([this](std::stop_token stop) {
      for (; !stop.stop_requested(); WaitFor(stop, std::chrono::seconds(1))) health_.Remind();
    });
    auto started = Start();
    if (!started && StopRequested(std::chrono::milliseconds(0))) {
      Stop();
      return 0;
    }
    YT_CHECK(started);
    if (pool_ || feeds_) spdlog::info("working: {}", Duties());
    while (!StopRequested(std::chrono::milliseconds(200))) {
      if (StoreIsOpen({})) {
        YT_CHECK(StartConsumers());
        if (pool_) spdlog::info("working: {}", Duties());
      }
      if (ReloadRequested()) Reload();
      if (feeds_) feeds_->ReportLetters();
    }
    Stop();
    return 0;
  }

 private:
  bool consuming() const { return !normalisers_.empty(); }

  // What is running by now: "consumers prices, patents; feeds inbox"
  std::string Duties() const {
    std::vector<std::string_view> consumers, feeds;
    if (pool_)
      for (const Normaliser* normaliser : normalisers_) consumers.push_back(normaliser->consumer);
    if (feeds_)
      for (const FeedConfig& feed : config_.feeds) feeds.push_back(feed.name);
    std::string text;
    if (!consumers.empty()) text = fmt::format("consumers {}", fmt::join(consumers, ", "));
    if (!feeds.empty()) text += fmt::format("{}feeds {}", text.empty() ? "" : "; ", fmt::join(feeds, ", "));
    return text;
  }

  void SayStart() const {
    spdlog::info("ytterby {} starting: pid {}, data folder {}, {}, {}", kVersion, getpid(),
                 std::filesystem::absolute(config_.data_dir).lexically_normal().string(), LogSubject(config_),
                 consuming() ? StoreSubject(config_) : "no store");
  }

  // From here on every metric series of this process exists.
  void ExpectParts() {
    health_.Expect("log", LogSubject(config_), "not connected yet", Health::Lines::kChanges);
    if (feeding_) {
      health_.Expect("archive", "archive", "not opened yet", Health::Lines::kChanges);
      producer_events_.emplace(metrics_, health_);
      for (const FeedConfig& feed : config_.feeds) producer_events_->FeedAdded(feed.name);
    }
    if (!consuming()) return;
    health_.Expect("store", StoreSubject(config_), "not connected yet", Health::Lines::kChanges);
    std::vector<std::string> names;
    for (const Normaliser* normaliser : normalisers_) names.emplace_back(normaliser->consumer);
    consumer_events_.emplace(metrics_, health_, names);
    relay_events_.emplace(metrics_, health_);
  }

  // The newest issue of each series is known from the store before the next one arrives. Without an answer it is
  // reported then.
  void ReportNewestIssues() {
    const auto snapshot = store_->OpenSnapshot();
    if (!snapshot) return;
    for (const Normaliser* normaliser : normalisers_) {
      const auto issues = (*snapshot)->Issues(std::string(normaliser->consumer));
      if (!issues) return;
      for (const IssueId& issue : *issues) consumer_events_->IssueSeen(issue.series, issue.label);
    }
  }

  // Feeds and log do not wait for the store, nor the store for the log.
  Result<void> Start() {
    if (consuming()) {
      opening_ = std::async(std::launch::async, [this, stop = stop_opening_.get_token()] {
        return AwaitStore(config_at_start_, stop,
                          [this](const Error& error) { consumer_events_->StoreNotOpen(error); });
      });
    }
    YT_ASSIGN(log, OpenLog(config_, Lifetime::kDaemon,
                           [this](const Error& error) { health_.Down("log", "start", error.message); }));
    log_ = std::move(log);
    health_.Up("log", "start");
    log_probe_.emplace(health_, "log", [this]() -> Result<void> {
      YT_CHECK(log_->GetWatermarks({std::string(kDocumentsTopic), 0}));
      return {};
    });
    constexpr std::chrono::seconds kUsual{1};  // for one line that says what works
    if (StoreIsOpen(kUsual)) YT_CHECK(StartConsumers());
    if (!feeding_) return {};
    YT_ASSIGN(archive, Archive::Open(config_.data_dir));
    archive_ = std::move(archive);
    health_.Up("archive", "start");
    feeds_.emplace(FeedLoopOptionsOf(config_), *log_, *archive_, *producer_events_);
    return feeds_->Start();
  }

  // Whether the store has opened, or failed to, and StartConsumers is to be called.
  bool StoreIsOpen(std::chrono::seconds wait) const {
    return opening_.valid() && opening_.wait_for(wait) == std::future_status::ready;
  }

  Result<void> StartConsumers() {
    auto store = opening_.get();
    // Feeds and log keep working beside a store that a person has to rebuild.
    if (!store && feeding_ && store.error().kind == ErrorKind::kDamaged) {
      health_.Down("store", "start", store.error().message + "; restart this process when it is rebuilt",
                   Health::Then::kStops);
      return {};
    }
    YT_ASSIGN(open, std::move(store));
    store_ = std::move(open);
    health_.Up("store", "start");
    ReportNewestIssues();
    store_probe_.emplace(health_, "store", [this]() -> Result<void> {
      YT_CHECK(store_->letters().CountLetters("articles"));
      return {};
    });
    ConsumerOptions options;
    options.waits_for_operator = true;
    const auto leases = config_.brokers.empty() ? std::optional<std::filesystem::path>(config_.data_dir) : std::nullopt;
    pool_.emplace(*log_, *store_, *consumer_events_, leases, options);
    for (const Normaliser* normaliser : normalisers_) YT_CHECK(pool_->Start(*normaliser));
    // The process that holds the store's relay lease publishes for all consumers of the store.
    RelayOptions relay_options = RelayOptionsOf(config_);
    relay_options.patience = kRelayPatience;
    relay_.emplace(*log_, *store_, *relay_events_, relay_options);
    relaying_ = std::jthread([this](std::stop_token stop) { relay_->Run(std::move(stop)); });
    return {};
  }

  // Reads the configuration again. On an error, nothing may change.
  Result<Config> ReadAgain() const {
    YT_ASSIGN(fresh, LoadConfig(flags_));
    if (feeding_) YT_CHECK(CheckFeeds(fresh));
    if (fresh.kafka != config_.kafka) YT_CHECK(KafkaLog::CheckSettings({fresh.brokers, fresh.kafka, fresh.timeout}));
    return fresh;
  }

  // Applies the configuration changes that a running process can take over, and logs those that need a restart.
  void Reload() {
    const auto fresh = ReadAgain();
    if (!fresh) {
      spdlog::set_level(spdlog::level::from_str(config_.log_level));
      spdlog::error("reload: {}; nothing was changed", fresh.error().message);
      return;
    }
    std::vector<std::string> taken, later;
    bool for_feeds = false;
    for (const std::string& key : ChangedKeys(config_, *fresh)) {
      const bool of_feeds = IsOneOf(key, {"feeds", "limits.max_document_bytes", "stop_timeout_s"});
      for_feeds = for_feeds || of_feeds;
      (of_feeds || key == "log_level" || key == "log_format" ? taken : later).push_back(key);
    }
    config_.log_level = fresh->log_level;
    config_.log_format = fresh->log_format;
    config_.stop_timeout = fresh->stop_timeout;
    config_.limits.max_document_bytes = fresh->limits.max_document_bytes;
    config_.feeds = fresh->feeds;
    if (feeds_ && for_feeds) feeds_->Restart(FeedLoopOptionsOf(config_));
    spdlog::info("reloaded: {}", taken.empty() ? "no changes that a running process can take over"
                                               : fmt::format("{}", fmt::join(taken, ", ")));
    if (!later.empty()) spdlog::warn("needs a restart: {}", fmt::join(later, ", "));
  }

  // Not ready, stop polling, finish the work in flight, flush, commit, leave the groups.
  void Stop() {
    spdlog::info("stopping");
    health_.Expect("process", "process", "stopping", Health::Lines::kNone);
    LimitStopping(config_.stop_timeout + std::chrono::seconds(2));
    stop_opening_.request_stop();
    if (feeds_) feeds_->Stop();
    if (log_) (void)log_->Flush(config_.stop_timeout);
    if (pool_) pool_->Stop();
    relaying_ = {};
    http_.reset();
  }

  const CommonFlags& flags_;
  Config config_;
  const Config config_at_start_;  // while the store opens on a thread of its own, a reload may change the other
  const bool feeding_;
  const std::vector<const Normaliser*> normalisers_;
  Metrics metrics_;
  Health health_;
  std::optional<ProducerEvents> producer_events_;
  std::optional<ConsumerEvents> consumer_events_;
  std::optional<RelayEvents> relay_events_;
  std::stop_source stop_opening_;
  std::future<Result<std::unique_ptr<Store>>> opening_;
  std::unique_ptr<Store> store_;
  std::unique_ptr<RecordLog> log_;
  std::unique_ptr<Archive> archive_;
  std::optional<Probe> log_probe_, store_probe_;
  std::optional<ConsumerPool> pool_;
  std::optional<Relay> relay_;
  std::jthread relaying_;
  std::optional<FeedLoop> feeds_;
  std::unique_ptr<HttpServer> http_;
};

}  // namespace

Result<int> RunDaemon(const CommonFlags& flags, Parts parts, const std::vector<std::string>& chosen) {
  const bool feeding = parts != Parts::kConsumers, consuming = parts != Parts::kFeeds;
  YT_ASSIGN(config, LoadConfig(flags));
  if (feeding) YT_CHECK(CheckFeeds(config));
  std::vector<const Normaliser*> normalisers;
  if (consuming) {
    YT_ASSIGN(found, ChosenNormalisers(chosen));
    normalisers = std::move(found);
  }
  if (consuming && IsPostgresUrl(config.StoreUrl())) ShareArenas();
  BlockStopSignals();
  BlockReloadSignal();
  return Daemon(flags, std::move(config), feeding, std::move(normalisers)).Run();
}

}  // namespace ytterby::cli
