// ytterby config check|show.
#include <fmt/format.h>

#include "common/log/kafka_log.hpp"
#include "ops/cli/feeding.hpp"

namespace ytterby::cli {
namespace {

Result<int> Check(const CommonFlags& flags) {
  YT_ASSIGN(config, LoadConfig(flags));
  YT_CHECK(CheckFeedFolders(config));
  YT_CHECK(CheckStoreUrl(config.StoreUrl()));
  YT_CHECK(StorePassword(config));
  YT_CHECK(KafkaLog::CheckSettings({config.brokers, config.kafka, config.timeout}));
  fmt::print("the configuration is fine: {} feeds, log {}, store {}\n", config.feeds.size(),
             config.brokers.empty() ? "embedded" : config.brokers, config.StoreUrl());
  return 0;
}

Result<int> Show(const CommonFlags& flags) {
  YT_ASSIGN(config, LoadConfig(flags));
  fmt::print("{}", ShowConfig(config));
  return 0;
}

}  // namespace

void AddConfig(CLI::App& app, std::vector<Subcommand>& commands) {
  auto flags = std::make_shared<CommonFlags>();
  CLI::App* config = app.add_subcommand("config", "the configuration as this call would use it");
  config->require_subcommand(1);
  CLI::App* check = config->add_subcommand("check", "read it and say what is wrong (78)");
  CLI::App* show = config->add_subcommand("show", "print every key with its value and meaning, as YAML");
  AddCommonFlags(*check, *flags);
  AddCommonFlags(*show, *flags);
  for (CLI::App* command : {config, check, show}) {
    command->footer("Examples:\n  ytterby config check --config ops/config/example.yaml\n  ytterby config show > ytterby.yaml");
  }
  commands.push_back({check, [flags] { return Check(*flags); }});
  commands.push_back({show, [flags] { return Show(*flags); }});
}

}  // namespace ytterby::cli
