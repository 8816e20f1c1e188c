// ytterby run: feeds, log, consumers, store and HTTP in one process, until stopped.
#include "ops/cli/context.hpp"
#include "ops/cli/daemon.hpp"

namespace ytterby::cli {
void AddRun(CLI::App& app, std::vector<Subcommand>& commands) {
  auto flags = std::make_shared<CommonFlags>();
  CLI::App* command = app.add_subcommand("run", "feeds, log, consumers, store and HTTP in one process, until stopped");
  AddCommonFlags(*command, *flags);
  AddHttpFlag(*command, *flags);
  command->footer(
      "Example:\n"
      "  ytterby run --config ops/config/example.yaml --data-dir data\n"
      "SIGTERM finishes the work in flight and exits 0; a second signal ends the process at once. SIGHUP reads the configuration again:\n"
      "feeds, limits.max_document_bytes, stop_timeout_s and log_level are taken over, what needs a restart is said.");
  commands.push_back({command, [flags] { return RunDaemon(*flags, Parts::kAll, {}); }});
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
  commands.push_back({command, [flags, chosen] { return RunDaemon(*flags, Parts::kConsumers, *chosen); }});
}

}  // namespace ytterby::cli
