// The program: a list of subcommands. Results go to stdout, everything else to stderr.
#include <fmt/format.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include "ops/cli/context.hpp"

using namespace ytterby;
using namespace ytterby::cli;

int main(int argc, char** argv) try {
  spdlog::set_default_logger(spdlog::stderr_color_mt("ytterby"));
  spdlog::set_pattern("%Y-%m-%dT%H:%M:%S.%eZ %^%l%$ %v", spdlog::pattern_time_type::utc);

  CLI::App app{"Rare-earth bulletins into trusted rows: feeds to topics, topics to a store, every value with the bytes it came from.",
               "ytterby"};
  app.set_version_flag("--version", fmt::format("ytterby {}", kVersion));
  app.require_subcommand(1);
  app.footer(
      "Examples:\n"
      "  ytterby ingest bulletins/ --data-dir data        read files, wait until their rows are stored\n"
      "  ytterby export prices --data-dir data            the current prices, one JSON object a line\n"
      "  ytterby run --config ytterby.yaml                watch feeds until stopped\n"
      "  ytterby status --data-dir data                   what is there, what is missing\n"
      "`ytterby COMMAND --help` explains each.\n\n"
      "Exit codes: 0 ok, 64 usage, 65 bad data, 66 no input, 69 unavailable, 70 internal, 74 I/O, 75 try later, 78 configuration.");
  std::vector<Subcommand> commands;
  AddIngest(app, commands);
  AddRun(app, commands);
  AddProduce(app, commands);
  AddConsume(app, commands);
  AddExport(app, commands);
  AddExplain(app, commands);
  AddFindings(app, commands);
  AddStatus(app, commands);
  AddDeadLetters(app, commands);
  AddTopics(app, commands);
  AddStore(app, commands);
  AddConfig(app, commands);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    const int code = app.exit(error);
    return code == 0 ? 0 : 64;
  }
  for (const Subcommand& command : commands) {
    if (!command.app->parsed()) continue;
    const Result<int> result = command.action();
    if (result) return *result;
    fmt::print(stderr, "ytterby: {}\n", result.error().message);
    return ExitCode(result.error().kind);
  }
  return 64;
} catch (const std::exception& error) {
  fmt::print(stderr, "ytterby: internal error: {}\n", error.what());
  return 70;
}
