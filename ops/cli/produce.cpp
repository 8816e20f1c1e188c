// ytterby produce: feeds to log only; and filling a log again from the archive.
#include <fmt/format.h>

#include "ops/cli/context.hpp"
#include "ops/cli/daemon.hpp"

namespace ytterby::cli {
namespace {

struct ProduceFlags {
  CommonFlags common;
  std::string topic;
  CLI::Option* refill = nullptr;
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

Result<int> Produce(const ProduceFlags& flags) {
  if (flags.refill->count() == 0) return RunDaemon(flags.common, Parts::kFeeds);
  YT_ASSIGN(config, LoadConfig(flags.common));
  return Refill(config, flags.topic);
}

}  // namespace

void AddProduce(CLI::App& app, std::vector<Subcommand>& commands) {
  auto flags = std::make_shared<ProduceFlags>();
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
