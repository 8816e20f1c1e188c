// Flags that every subcommand takes. Flag over environment (YTTERBY_…) over file over default.
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

// `with_environment`: of the program itself, whose flags the environment sets; a subcommand's win over them.
void AddCommonFlags(CLI::App& app, CommonFlags& flags, bool with_environment = false);
// --http, for the commands that serve it.
void AddHttpFlag(CLI::App& app, CommonFlags& flags);

}  // namespace ytterby::cli
