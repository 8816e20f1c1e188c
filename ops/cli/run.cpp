// ytterby run: feeds, log, consumers, store and HTTP in one process, until stopped.
#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>

#include "common/http_server.hpp"
#include "ops/cli/feeding.hpp"

namespace ytterby::cli {
namespace {

enum class Parts { kAll, kConsumers };

std::optional<std::string> StoreTrouble(Store& store, const RecordLog& log) {
  const auto answer = store.OffsetOf("articles", log.Id(), {std::string(kDocumentsTopic), 0});
  if (answer) return std::nullopt;
  return answer.error().message;
}

Result<int> Work(const CommonFlags& flags, Parts parts, const std::vector<std::string>& chosen) {
  YT_ASSIGN(config, LoadConfig(flags));
  if (parts == Parts::kAll && config.feeds.empty()) {
    return Fail(ErrorKind::kConfiguration, "no feeds are configured; see `ytterby config show`, key feeds");
  }
  std::vector<const Normaliser*> normalisers;
  for (const std::string& name : chosen) {
    const Normaliser* normaliser = FindNormaliser(name);
    if (!normaliser) return Fail(ErrorKind::kUsage, fmt::format("no consumer {}: prices, patents, policies, articles", name));
    if (std::find(normalisers.begin(), normalisers.end(), normaliser) == normalisers.end()) normalisers.push_back(normaliser);
  }
  if (chosen.empty()) {
    for (const Normaliser& normaliser : Normalisers()) normalisers.push_back(&normaliser);
  }
  if (parts == Parts::kAll) YT_CHECK(CheckFeedFolders(config));
  BlockStopSignals();
  Metrics metrics;
  Readiness readiness;
  std::unique_ptr<Store> store;
  std::unique_ptr<RecordLog> log;
  std::unique_ptr<Archive> archive;
  std::optional<LogProbe> probe;
  std::optional<ConsumerPool> pool;
  std::optional<FeedRunner> feeds;
  std::atomic<bool> stopping = false;
  // Answers from the first moment, also while a broker is still away, and goes before what it asks.
  std::unique_ptr<HttpServer> http;
  readiness.Set("log", [] { return std::optional<std::string>("not connected yet"); });
  readiness.Set("process", [&stopping] { return stopping ? std::optional<std::string>("stopping") : std::nullopt; });
  YT_CHECK(StartHttp(config, metrics, readiness, http));
  YT_ASSIGN(opened_store, OpenStore(config.StoreUrl(), false));
  store = std::move(opened_store);
  auto opened_log = OpenLog(config, Lifetime::kDaemon);
  if (!opened_log && StopRequested(std::chrono::milliseconds(0))) return 0;
  YT_ASSIGN(connected, std::move(opened_log));
  log = std::move(connected);
  probe.emplace(*log);
  readiness.Set("log", [&probe] { return probe->failing(); });
  readiness.Set("store", [&store, &log] { return StoreTrouble(*store, *log); });
  pool.emplace(config, *log, *store, metrics);
  for (const Normaliser* normaliser : normalisers) YT_CHECK(pool->Start(*normaliser));
  for (const auto& consumer : pool->consumers()) {
    readiness.Set("consumer " + consumer->group(), [one = consumer.get()]() -> std::optional<std::string> {
      if (one->ready()) return std::nullopt;
      return "has not joined, or log or store do not answer";
    });
  }
  if (parts == Parts::kAll) {
    YT_ASSIGN(opened, Archive::Open(config.data_dir));
    archive = std::move(opened);
    feeds.emplace(config, *log, *archive, metrics);
    YT_CHECK(feeds->Start());
    readiness.Set("feeds", [&feeds] { return feeds->failing(); });
  }
  spdlog::info("working: {} consumers, {} feeds, log {}, store {}", normalisers.size(), parts == Parts::kAll ? config.feeds.size() : 0,
               config.brokers.empty() ? "embedded" : config.brokers, config.StoreUrl());
  while (!StopRequested(std::chrono::milliseconds(200))) {
    if (const auto error = pool->error()) return tl::unexpected<Error>(*error);
  }
  // Not ready, stop polling, finish the work in flight, flush, commit, leave the groups.
  spdlog::info("stopping");
  stopping = true;
  LimitStopping(config.stop_timeout + std::chrono::seconds(2));
  if (feeds) feeds->Stop();
  (void)log->Flush(config.stop_timeout);
  pool->Stop();
  http.reset();
  return 0;
}

}  // namespace

void AddRun(CLI::App& app, std::vector<Subcommand>& commands) {
  auto flags = std::make_shared<CommonFlags>();
  CLI::App* command = app.add_subcommand("run", "feeds, log, consumers, store and HTTP in one process, until stopped");
  AddCommonFlags(*command, *flags);
  AddHttpFlag(*command, *flags);
  command->footer(
      "Example:\n"
      "  ytterby run --config ops/config/example.yaml --data-dir data\n"
      "SIGTERM finishes the work in flight and exits 0; a second signal ends the process at once.");
  commands.push_back({command, [flags] { return Work(*flags, Parts::kAll, {}); }});
}

void AddConsume(CLI::App& app, std::vector<Subcommand>& commands) {
  auto flags = std::make_shared<CommonFlags>();
  auto chosen = std::make_shared<std::vector<std::string>>();
  CLI::App* command = app.add_subcommand("consume", "topics to store: prices,patents,policies,articles");
  command->add_option("CONSUMERS", *chosen, "consumers to run, comma-separated; all without")->delimiter(',');
  AddCommonFlags(*command, *flags);
  AddHttpFlag(*command, *flags);
  command->footer(
      "Examples:\n"
      "  ytterby consume prices,patents --brokers 127.0.0.1:9092 --store sqlite:prices.db\n"
      "  ytterby consume articles --data-dir data\n"
      "On Kafka several processes may share a group; on the embedded log a group has one member, a second one is refused (75).");
  commands.push_back({command, [flags, chosen] { return Work(*flags, Parts::kConsumers, *chosen); }});
}

}  // namespace ytterby::cli
