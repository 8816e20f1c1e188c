#include "ops/cli/flags.hpp"

#include <CLI/CLI.hpp>

namespace ytterby::cli {

void AddCommonFlags(CLI::App& app, CommonFlags& flags, bool with_environment) {
  const auto add = [&](const char* name, auto& value, const std::string& description, const char* environment) {
    CLI::Option* option = app.add_option(name, value, description + " [" + environment + "]");
    if (with_environment) option->envname(environment);
    return option;
  };
  add("--config", flags.config_file, "configuration file (YAML)", "YTTERBY_CONFIG");
  add("--data-dir", flags.data_dir, "folder of the archive, the embedded log and the default store",
      "YTTERBY_DATA_DIR");
  add("--store", flags.store,
      "store URL, sqlite:PATH or postgresql://USER@HOST/DATABASE; default: store.db in the data folder",
      "YTTERBY_STORE");
  add("--brokers", flags.brokers, "Kafka bootstrap servers host:port,…; default: the embedded log", "YTTERBY_BROKERS");
  add("--timeout", flags.timeout, "seconds after which a command gives up on an unreachable service (69)",
      "YTTERBY_TIMEOUT")
      ->check(CLI::Range(0, 86400));
  add("--log-level", flags.log_level, "debug, info, warn, error or off", "YTTERBY_LOG_LEVEL");
  add("--log-format", flags.log_format, "logfmt or json", "YTTERBY_LOG_FORMAT");
}

void AddHttpFlag(CLI::App& app, CommonFlags& flags) {
  app.add_option("--http", flags.http,
                 "address of /metrics, /livez, /readyz, /version (host:port, port 0: a free one; `none`: no server) "
                 "[YTTERBY_HTTP]")
      ->envname("YTTERBY_HTTP");
}

}  // namespace ytterby::cli
