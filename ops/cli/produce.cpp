// ytterby produce: feeds to log only; and filling a log again from the archive.
#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "common/http_server.hpp"
#include "ops/cli/feeding.hpp"

namespace ytterby::cli {
namespace {

struct Flags {
  CommonFlags common;
  std::string topic;
  CLI::Option* refill = nullptr;
  bool once = false;
};

Result<int> Refill(const Config& config, const std::string& topic) {
  if (!std::filesystem::exists(std::filesystem::path(config.data_dir) / "archive" / "deliveries.db")) {
    return Fail(ErrorKind::kNoInput, fmt::format("{}: no archive there; refilling reads it", config.data_dir));
  }
  YT_ASSIGN(archive, Archive::Open(config.data_dir));
  YT_ASSIGN(log, OpenLog(config, Lifetime::kOneShot));
  if (!topic.empty()) {
    const std::vector<std::string> topics = AllTopics();
    if (std::find(topics.begin(), topics.end(), topic) == topics.end())
      return Fail(ErrorKind::kUsage, fmt::format("no topic {} of ours; see `ytterby topics plan`", topic));
  }
  Metrics metrics;
  ProducerEvents events(metrics);
  Publisher publisher(*log, *archive, events, SystemClock(), PublisherOptionsOf(config), [](const PublishOutcome&) {});
  YT_ASSIGN(count, publisher.Refill(topic.empty() ? std::nullopt : std::optional<std::string>(topic)));
  fmt::print("deliveries appended again: {}\n", count);
  return 0;
}

Result<int> Produce(const Flags& flags) {
  YT_ASSIGN(config, LoadConfig(flags.common));
  if (flags.refill->count() > 0) return Refill(config, flags.topic);
  if (config.feeds.empty()) return Fail(ErrorKind::kConfiguration, "no feeds are configured; see `ytterby config show`, key feeds");
  YT_CHECK(CheckFeedFolders(config));
  BlockStopSignals();
  Metrics metrics;
  Readiness readiness;
  std::unique_ptr<RecordLog> log;
  std::optional<LogProbe> probe;
  std::optional<FeedRunner> feeds;
  std::unique_ptr<HttpServer> http;
  readiness.Set("log", [] { return std::optional<std::string>("not connected yet"); });
  YT_CHECK(StartHttp(config, metrics, readiness, http));
  YT_ASSIGN(archive, Archive::Open(config.data_dir));
  auto opened_log = OpenLog(config, Lifetime::kDaemon);
  if (!opened_log && StopRequested(std::chrono::milliseconds(0))) return 0;
  YT_ASSIGN(connected, std::move(opened_log));
  log = std::move(connected);
  probe.emplace(*log);
  readiness.Set("log", [&probe] { return probe->failing(); });
  feeds.emplace(config, *log, *archive, metrics);
  YT_CHECK(feeds->Start());
  readiness.Set("feeds", [&feeds] { return feeds->failing(); });
  spdlog::info("producing from {} feeds to {}", config.feeds.size(), config.brokers.empty() ? "the embedded log" : config.brokers);
  while (!StopRequested(std::chrono::milliseconds(200))) {
  }
  spdlog::info("stopping");
  LimitStopping(config.stop_timeout + std::chrono::seconds(2));
  feeds->Stop();
  (void)log->Flush(config.stop_timeout);
  http.reset();
  return 0;
}

}  // namespace

void AddProduce(CLI::App& app, std::vector<Subcommand>& commands) {
  auto flags = std::make_shared<Flags>();
  CLI::App* command = app.add_subcommand("produce", "feeds to log only");
  flags->refill = command->add_option("--refill", flags->topic, "append every archived delivery again, to TOPIC only or to all; then exit")
                      ->expected(0, 1)
                      ->type_name("[TOPIC]");
  AddCommonFlags(*command, flags->common);
  AddHttpFlag(*command, flags->common);
  command->footer(
      "Examples:\n"
      "  ytterby produce --config ops/config/example.yaml --brokers 127.0.0.1:9092\n"
      "  ytterby produce --refill bulletin.sections.market --data-dir data --brokers 127.0.0.1:9092\n"
      "Refilling doubles nothing: ids follow from the content, and consumers store each once.");
  commands.push_back({command, [flags] { return Produce(*flags); }});
}

}  // namespace ytterby::cli
