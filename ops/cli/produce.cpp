// ytterby produce: feeds to log only; --refill: refills a log from the archive.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>

#include "common/health.hpp"
#include "consumers/normaliser.hpp"
#include "ops/cli/context.hpp"
#include "ops/cli/daemon.hpp"
#include "ops/cli/say.hpp"
#include "producers/feed_loop.hpp"

namespace ytterby::cli {
namespace {

struct ProduceFlags {
  std::string topic;
  CLI::Option* refill = nullptr;
};

Result<int> Refill(const Config& config, const std::string& topic) {
  const std::vector<std::string> topics = AllTopics();
  if (!topic.empty() && std::find(topics.begin(), topics.end(), topic) == topics.end()) {
    return Fail(ErrorKind::kUsage, fmt::format("unknown topic {}; `ytterby topics plan` lists them", topic));
  }
  if (!std::filesystem::exists(DataFolder(config.data_dir).deliveries())) {
    return Fail(ErrorKind::kNoInput, fmt::format("{}: there is no archive to refill from", config.data_dir));
  }
  YT_ASSIGN(archive, Archive::Open(config.data_dir));
  YT_ASSIGN(log, OpenLog(config, Lifetime::kOneShot));
  Metrics metrics;
  Health health(metrics);
  ProducerEvents events(metrics, health);
  int set_aside = 0;
  Publisher publisher(
      *log, *archive, events, SystemClock(), PublisherOptionsOf(config.limits),
      [&](const PublishOutcome& outcome) { set_aside += outcome.kind == PublishOutcome::Kind::kSetAside; });
  YT_ASSIGN(count, publisher.Refill(topic.empty() ? std::nullopt : std::optional<std::string>(topic)));
  Say("deliveries appended again: {}\n", count - set_aside);
  if (set_aside == 0) return 0;
  Say("set aside: {}; `ytterby dead-letters list` says why\n", set_aside);
  return ExitCode(ErrorKind::kBadData);
}

Result<int> Produce(const CommonFlags& common, const ProduceFlags& flags) {
  if (flags.refill->count() == 0) return RunDaemon(common, Parts::kFeeds);
  YT_ASSIGN(config, LoadConfig(common));
  return Refill(config, flags.topic);
}

}  // namespace

void AddProduce(Program& program) {
  auto flags = std::make_shared<ProduceFlags>();
  CLI::App* command = program.app.add_subcommand("produce", "publish feeds to the log only, until stopped");
  flags->refill = command
                      ->add_option("--refill", flags->topic,
                                   "append every archived delivery again, to TOPIC or to all topics, then exit")
                      ->expected(0, 1)
                      ->type_name("[TOPIC]");
  AddCommonFlags(*command, *program.flags);
  AddHttpFlag(*command, *program.flags);
  command->footer(
      "Examples:\n"
      "  ytterby produce --config ops/config/example.yaml --brokers 127.0.0.1:9092\n"
      "  ytterby produce --refill bulletin.sections.market --data-dir data --brokers 127.0.0.1:9092\n"
      "Refilling what is already there adds nothing to a store: ids are derived from the content, and consumers store "
      "each "
      "once.");
  program.commands.push_back({command, [common = program.flags, flags] { return Produce(*common, *flags); }});
}

}  // namespace ytterby::cli
