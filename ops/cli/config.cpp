// ytterby config check|show.
#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "common/log/kafka_log.hpp"
#include "ops/cli/context.hpp"
#include "ops/cli/say.hpp"
#include "producers/feeds/open_feed.hpp"

namespace ytterby::cli {
namespace {

// Reports every error, not only the first.
Result<int> Check(const CommonFlags& flags) {
  std::vector<std::string> errors;
  YT_ASSIGN(config, LoadConfig(flags, errors));
  const auto note = [&](const Result<void>& result) {
    if (!result) errors.push_back(result.error().message);
  };
  for (const FeedConfig& feed : config.feeds) {
    const bool placed =
        !feed.directory.empty() || !feed.index.empty() || !feed.syndication.empty() || !feed.urls.empty();
    if (!feed.name.empty() && placed) note(CheckFeed(feed, config.data_dir));
  }
  if (const auto password = StorePassword(config); !password) note(tl::unexpected<Error>(password.error()));
  note(KafkaLog::CheckSettings({config.brokers, config.kafka, config.timeout}));
  if (!errors.empty()) return Fail(ErrorKind::kConfiguration, fmt::format("{}", fmt::join(errors, "\n")));
  Say("the configuration is valid: feeds {}, log {}, store {}\n", config.feeds.size(),
      config.brokers.empty() ? "embedded" : config.brokers, config.StoreUrl());
  return 0;
}

Result<int> Show(const CommonFlags& flags) {
  YT_ASSIGN(config, LoadConfig(flags));
  fmt::print("{}", ShowConfig(WithAbsolutePaths(std::move(config))));
  return 0;
}

}  // namespace

void AddConfig(Program& program) {
  CLI::App* config = program.app.add_subcommand("config", "show or check the configuration that this call would use");
  config->require_subcommand(1);
  CLI::App* check = config->add_subcommand("check", "report everything that is wrong with it (78)");
  CLI::App* show = config->add_subcommand("show", "print every key with its value and meaning, as YAML");
  for (CLI::App* command : {config, check, show}) AddCommonFlags(*command, *program.flags);
  for (CLI::App* command : {config, check, show}) {
    command->footer(
        "Examples:\n  ytterby config check --config ops/config/example.yaml\n  ytterby config show > ytterby.yaml\n"
        "Relative paths in a file are relative to the file's folder.");
  }
  program.commands.push_back({check, [flags = program.flags] { return Check(*flags); }});
  program.commands.push_back({show, [flags = program.flags] { return Show(*flags); }});
}

}  // namespace ytterby::cli
