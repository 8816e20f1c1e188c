#include "ops/cli/daemon.hpp"

#include <fmt/format.h>
#include <malloc.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <cstdlib>

#include "common/http_server.hpp"
#include "common/log/kafka_log.hpp"
#include "common/postgres.hpp"
#include "ops/cli/feeding.hpp"

namespace ytterby::cli {
namespace {

// Of an issue that one consumer has stored, the others are a few milliseconds away, or seconds where there is much to do; one that stands
// still holds its issues up no longer than this.
constexpr std::chrono::seconds kRelayPatience(1);

// The allocator gives each of some twenty threads an arena that keeps what the thread once needed: twice and more of what all of them need
// at any time. Before a server six cost no speed that could be measured; with SQLite they did (ops/decisions/0009).
void ShareArenas() {
#ifdef M_ARENA_MAX
  if (std::getenv("MALLOC_ARENA_MAX") == nullptr) mallopt(M_ARENA_MAX, 6);
#endif
}

std::optional<std::string> StoreTrouble(Store& store, const RecordLog& log) {
  const auto answer = store.OffsetOf("articles", log.Id(), {std::string(kDocumentsTopic), 0});
  if (answer) return std::nullopt;
  return answer.error().message;
}

bool IsOneOf(const std::string& key, std::initializer_list<std::string_view> keys) {
  return std::find(keys.begin(), keys.end(), key) != keys.end();
}

// Reads the configuration again. kConfiguration and the like: it is wrong, and nothing is to change.
Result<Config> ReadAgain(const CommonFlags& flags, const Config& config, bool feeding) {
  YT_ASSIGN(fresh, LoadConfig(flags));
  if (feeding && fresh.feeds.empty()) return Fail(ErrorKind::kConfiguration, "no feeds are configured");
  if (feeding) YT_CHECK(CheckFeedFolders(fresh));
  if (fresh.kafka != config.kafka) YT_CHECK(KafkaLog::CheckSettings({fresh.brokers, fresh.kafka, fresh.timeout}));
  return fresh;
}

// Takes over what a running process can from its configuration as it is now, and says what it cannot.
void Reload(const CommonFlags& flags, Config& config, FeedRunner* feeds) {
  const auto fresh = ReadAgain(flags, config, feeds != nullptr);
  if (!fresh) {
    spdlog::set_level(spdlog::level::from_str(config.log_level));
    spdlog::error("reload: {}; nothing is changed", fresh.error().message);
    return;
  }
  std::vector<std::string> taken, later;
  bool for_feeds = false;
  for (const std::string& key : ChangedKeys(config, *fresh)) {
    const bool of_feeds = IsOneOf(key, {"feeds", "limits.max_document_bytes", "stop_timeout_s"});
    for_feeds = for_feeds || of_feeds;
    (of_feeds || key == "log_level" ? taken : later).push_back(key);
  }
  config.log_level = fresh->log_level;
  config.stop_timeout = fresh->stop_timeout;
  config.limits.max_document_bytes = fresh->limits.max_document_bytes;
  config.feeds = fresh->feeds;
  if (feeds && for_feeds) (void)feeds->Restart(config);  // its folders are there, see ReadAgain
  spdlog::info("reloaded: {}",
               taken.empty() ? "nothing that a running process takes over has changed" : fmt::format("{}", fmt::join(taken, ", ")));
  if (!later.empty()) spdlog::warn("needs a restart: {}", fmt::join(later, ", "));
}

}  // namespace

Result<int> RunDaemon(const CommonFlags& flags, Parts parts, const std::vector<std::string>& chosen) {
  const bool feeding = parts != Parts::kConsumers, consuming = parts != Parts::kFeeds;
  YT_ASSIGN(config, LoadConfig(flags));
  if (feeding && config.feeds.empty()) {
    return Fail(ErrorKind::kConfiguration, "no feeds are configured; see `ytterby config show`, key feeds");
  }
  std::vector<const Normaliser*> normalisers;
  for (const std::string& name : chosen) {
    const Normaliser* normaliser = FindNormaliser(name);
    if (!normaliser) return Fail(ErrorKind::kUsage, fmt::format("no consumer {}: prices, patents, policies, articles", name));
    if (std::find(normalisers.begin(), normalisers.end(), normaliser) == normalisers.end()) normalisers.push_back(normaliser);
  }
  if (chosen.empty() && consuming) {
    for (const Normaliser& normaliser : Normalisers()) normalisers.push_back(&normaliser);
  }
  if (feeding) YT_CHECK(CheckFeedFolders(config));
  if (consuming && IsPostgresUrl(config.StoreUrl())) ShareArenas();
  BlockStopSignals();
  BlockReloadSignal();
  Metrics metrics;
  Readiness readiness;
  std::unique_ptr<Store> store;
  std::unique_ptr<RecordLog> log;
  std::unique_ptr<Archive> archive;
  std::optional<LogProbe> probe;
  std::optional<ConsumerPool> pool;
  std::optional<ConsumerEvents> relay_events;
  std::optional<Relay> relay;
  std::jthread relaying;
  std::optional<FeedRunner> feeds;
  std::atomic<bool> stopping = false;
  // Answers from the first moment, also while a broker is still away, and goes before what it asks.
  std::unique_ptr<HttpServer> http;
  readiness.Set("log", [] { return std::optional<std::string>("not connected yet"); });
  readiness.Set("process", [&stopping] { return stopping ? std::optional<std::string>("stopping") : std::nullopt; });
  YT_CHECK(StartHttp(config, metrics, readiness, http));
  if (consuming) {
    readiness.Set("store", [] { return std::optional<std::string>("not connected yet"); });
    auto opened_store = OpenStore(config, false, Lifetime::kDaemon);
    if (!opened_store && StopRequested(std::chrono::milliseconds(0))) return 0;
    YT_ASSIGN(connected_store, std::move(opened_store));
    store = std::move(connected_store);
  }
  auto opened_log = OpenLog(config, Lifetime::kDaemon);
  if (!opened_log && StopRequested(std::chrono::milliseconds(0))) return 0;
  YT_ASSIGN(connected, std::move(opened_log));
  log = std::move(connected);
  probe.emplace(*log);
  readiness.Set("log", [&probe] { return probe->failing(); });
  if (consuming) {
    readiness.Set("store", [&store, &log] { return StoreTrouble(*store, *log); });
    pool.emplace(config, *log, *store, metrics, ConsumerOptions{.lasting = true});
    for (const Normaliser* normaliser : normalisers) YT_CHECK(pool->Start(*normaliser));
    for (const auto& consumer : pool->consumers()) {
      readiness.Set("consumer " + consumer->group(), [one = consumer.get()] { return one->failing(); });
    }
  }
  if (consuming) {
    // Whichever process holds its lease publishes, for all consumers of the store.
    relay_events.emplace(metrics);
    RelayOptions relay_options = RelayOptionsOf(config);
    relay_options.patience = kRelayPatience;
    relay.emplace(*log, *store, *relay_events, relay_options);
    relaying = std::jthread([&relay](std::stop_token stop) { relay->Run(std::move(stop)); });
    readiness.Set("relay", [&relay] { return relay->failing(); });
  }
  if (feeding) {
    YT_ASSIGN(opened, Archive::Open(config.data_dir));
    archive = std::move(opened);
    feeds.emplace(config, *log, *archive, metrics);
    YT_CHECK(feeds->Start());
    readiness.Set("feeds", [&feeds] { return feeds->failing(); });
  }
  spdlog::info("working: {} consumers, {} feeds, log {}, store {}", normalisers.size(), feeding ? config.feeds.size() : 0,
               config.brokers.empty() ? "embedded" : config.brokers, consuming ? config.StoreUrl() : "none");
  while (!StopRequested(std::chrono::milliseconds(200))) {
    if (ReloadRequested()) Reload(flags, config, feeds ? &*feeds : nullptr);
    if (feeds) feeds->ReportLetters();
  }
  // Not ready, stop polling, finish the work in flight, flush, commit, leave the groups.
  spdlog::info("stopping");
  stopping = true;
  LimitStopping(config.stop_timeout + std::chrono::seconds(2));
  if (feeds) feeds->Stop();
  (void)log->Flush(config.stop_timeout);
  if (pool) pool->Stop();
  relaying = {};
  http.reset();
  return 0;
}

}  // namespace ytterby::cli
