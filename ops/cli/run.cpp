// ytterby run: feeds, log, consumers, store and HTTP in one process, until stopped. ytterby consume: topics to store
// only.
#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "ops/cli/daemon.hpp"
#include "ops/cli/subcommands.hpp"

namespace ytterby::cli {

void AddRun(Program& program) {
  CLI::App* command =
      program.app.add_subcommand("run", "run feeds, log, consumers, store and HTTP in one process, until stopped");
  AddCommonFlags(*command, *program.flags);
  AddHttpFlag(*command, *program.flags);
  command->footer(
      "Example:\n"
      "  ytterby run --config ops/config/example.yaml\n"
      "SIGTERM finishes the work in flight and exits 0; a second signal ends the process at once (75).\n"
      "SIGHUP reads the configuration again and takes over feeds, limits.max_document_bytes,\n"
      "stop_timeout_s, log_level and log_format; the log names what needs a restart.");
  program.commands.push_back({command, [flags = program.flags] { return RunDaemon(*flags, Parts::kAll, {}); }});
}

void AddConsume(Program& program) {
  auto chosen = std::make_shared<std::vector<std::string>>();
  CLI::App* command = program.app.add_subcommand(
      "consume", "store what is on the topics, until stopped: prices,patents,policies,articles");
  command->add_option("CONSUMERS", *chosen, "consumers to run, comma-separated; default: all")->delimiter(',');
  AddCommonFlags(*command, *program.flags);
  AddHttpFlag(*command, *program.flags);
  command->footer(
      "Examples:\n"
      "  ytterby consume prices,patents --brokers 127.0.0.1:9092 --store sqlite:prices.db\n"
      "  ytterby consume articles --data-dir data\n"
      "On Kafka several processes may share a group; on the embedded log a group has one member, and a\n"
      "second one is refused (75). Every store gets every section. If a log has several stores, the one\n"
      "that owns the record topics publishes there (`ytterby topics --help`).");
  program.commands.push_back(
      {command, [flags = program.flags, chosen] { return RunDaemon(*flags, Parts::kConsumers, *chosen); }});
}

}  // namespace ytterby::cli
