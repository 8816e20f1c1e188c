// ytterby run: feeds, log, consumers, store and HTTP in one process, until stopped.
#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>

#include "common/http_server.hpp"
#include "ops/cli/feeding.hpp"

namespace ytterby::cli {
namespace {

enum class Parts { kAll, kConsumers };

std::vector<ReadinessCheck> ChecksOf(RecordLog& log, Store& store, const ConsumerPool& pool, const FeedRunner* feeds,
                                     std::atomic<bool>& stopping) {
  std::vector<ReadinessCheck> checks;
  checks.push_back(LogCheck(log));
  checks.push_back({"store", [&store, &log]() -> std::optional<std::string> {
                      const auto answer = store.OffsetOf("articles", log.Id(), {std::string(kDocumentsTopic), 0});
                      if (answer) return std::nullopt;
                      return answer.error().message;
                    }});
  checks.push_back({"process", [&stopping]() -> std::optional<std::string> {
                      if (stopping) return "stopping";
                      return std::nullopt;
                    }});
  for (const auto& consumer : pool.consumers()) {
    checks.push_back({"consumer " + consumer->group(), [one = consumer.get()]() -> std::optional<std::string> {
                        if (one->ready()) return std::nullopt;
                        return "has not joined, or log or store do not answer";
                      }});
  }
  if (feeds) checks.push_back({"feeds", [feeds] { return feeds->failing(); }});
  return checks;
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
  BlockStopSignals();
  YT_ASSIGN(store, OpenStore(config.StoreUrl(), false));
  auto opened_log = OpenLog(config, Lifetime::kDaemon);
  if (!opened_log && StopRequested(std::chrono::milliseconds(0))) return 0;
  YT_ASSIGN(log, std::move(opened_log));
  Metrics metrics;
  ConsumerPool pool(config, *log, *store, metrics);
  for (const Normaliser* normaliser : normalisers) YT_CHECK(pool.Start(*normaliser));
  std::unique_ptr<Archive> archive;
  std::unique_ptr<FeedRunner> feeds;
  if (parts == Parts::kAll) {
    YT_ASSIGN(opened, Archive::Open(config.data_dir));
    archive = std::move(opened);
    feeds = std::make_unique<FeedRunner>(config, *log, *archive, metrics);
    YT_CHECK(feeds->Start());
  }
  std::atomic<bool> stopping = false;
  std::unique_ptr<HttpServer> http;
  if (!config.http.listen.empty()) {
    YT_ASSIGN(server, HttpServer::Start(config.http.listen, metrics, kVersion, ChecksOf(*log, *store, pool, feeds.get(), stopping)));
    http = std::move(server);
    spdlog::info("HTTP on port {}: /metrics /livez /readyz /version", http->port());
  }
  spdlog::info("working: {} consumers, {} feeds, log {}, store {}", normalisers.size(), parts == Parts::kAll ? config.feeds.size() : 0,
               config.brokers.empty() ? "embedded" : config.brokers, config.StoreUrl());
  while (!StopRequested(std::chrono::milliseconds(200))) {
    if (const auto error = pool.error()) return tl::unexpected<Error>(*error);
  }
  // Not ready, stop polling, finish the work in flight, flush, commit, leave the groups.
  spdlog::info("stopping");
  stopping = true;
  if (feeds) feeds->Stop();
  (void)log->Flush(config.stop_timeout);
  pool.Stop();
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
