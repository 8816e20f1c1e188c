// What the subcommands share: the configuration of this call, and the log and store it names.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "common/config.hpp"
#include "common/log/record_log.hpp"
#include "common/wait.hpp"
#include "consumers/stores/store.hpp"
#include "ops/cli/flags.hpp"
#include "ops/cli/signals.hpp"
#include "ops/cli/subcommands.hpp"

namespace ytterby {
struct RelayOptions;
}

namespace ytterby::cli {

// Merges defaults, file, environment and flags, and sets level and format of the log. The error message lists every
// error.
Result<Config> LoadConfig(const CommonFlags& flags);
// The same for a caller that has more to check: adds the errors to `errors`, and fails only where there is nothing to
// continue with. Sets nothing.
Result<Config> LoadConfig(const CommonFlags& flags, std::vector<std::string>& errors);

enum class Lifetime { kOneShot, kDaemon };

// How long to wait: until --timeout or a stop signal.
Patience PatienceOf(const Config& config);

// The password of the configured store; empty if none is configured. kConfiguration: its file cannot be read.
Result<std::string> StorePassword(const Config& config);
// Opens the configured store for a one-shot command. Waits up to --timeout for a server that does not answer.
Result<std::unique_ptr<Store>> OpenStore(const Config& config, bool read_only);
// Opens it for a daemon: waits without limit until `stop`. `waiting` is called each time that the server does not
// answer. kUnavailable: stopped.
using Waiting = std::function<void(const Error&)>;
Result<std::unique_ptr<Store>> AwaitStore(const Config& config, const std::stop_token& stop, const Waiting& waiting);

// Opens the embedded log, and creates its missing topics, or Kafka, and checks its topics. Waits for a broker that does
// not answer: one-shot commands for --timeout, daemons without limit, calling `waiting`.
Result<std::unique_ptr<RecordLog>> OpenLog(const Config& config, Lifetime lifetime, const Waiting& waiting = nullptr);
// Opens the log only if it exists. kNoInput: there is no embedded log yet.
Result<std::unique_ptr<RecordLog>> OpenLogForReading(const Config& config);
std::vector<TopicSpec> ConfiguredTopics(const Config& config);
RelayOptions RelayOptionsOf(const Config& config);

// How log lines name log and store: "broker 127.0.0.1:9092" or "log data/log.db", "store sqlite:data/store.db".
std::string LogSubject(const Config& config);
std::string StoreSubject(const Config& config);

// Shows progress on stderr: rewrites one line on a terminal, otherwise logs a line now and then.
class Progress {
 public:
  Progress();
  void Show(const std::string& text);
  void Clear();

 private:
  bool terminal_;
  std::chrono::steady_clock::time_point last_;
  bool shown_ = false;
};

}  // namespace ytterby::cli
