// Flags that every subcommand takes. A flag overrides the environment (YTTERBY_…), which overrides the file, which
// overrides the default.
#pragma once

#include <optional>
#include <string>

namespace CLI {
class App;
}

namespace ytterby::cli {

struct CommonFlags {
  std::string config_file, data_dir, store, brokers, log_level, log_format, http;
  std::optional<int> timeout;
};

// `with_environment`: for the program itself; the environment sets its flags, and a subcommand's flags override them.
void AddCommonFlags(CLI::App& app, CommonFlags& flags, bool with_environment = false);
// --http, for the commands with an HTTP server.
void AddHttpFlag(CLI::App& app, CommonFlags& flags);

}  // namespace ytterby::cli
