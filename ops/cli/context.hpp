// What the subcommands share: the configuration of this call, and the log and the store it names.
#pragma once

#include <chrono>
#include <memory>
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

// Defaults, file, environment and flags together; also sets level and format of the log. Every error there is stands in
// the message.
Result<Config> LoadConfig(const CommonFlags& flags);

enum class Lifetime { kOneShot, kDaemon };

// --timeout, and the signals that end waiting.
Patience PatienceOf(const Config& config);

// The password of the configured store, empty where none is configured. kConfiguration: its file cannot be read.
Result<std::string> StorePassword(const Config& config);
// Opens the configured store. A server that does not answer is waited for: --timeout by one-shot commands, without end
// by daemons.
Result<std::unique_ptr<Store>> OpenStore(const Config& config, bool read_only, Lifetime lifetime);

// The embedded log (its topics are created as configured) or Kafka (whose topics are checked).
Result<std::unique_ptr<RecordLog>> OpenLog(const Config& config, Lifetime lifetime);
// The log as it is: nothing is created. kNoInput: there is no embedded log yet.
Result<std::unique_ptr<RecordLog>> OpenLogForReading(const Config& config);
std::vector<TopicSpec> ConfiguredTopics(const Config& config);
RelayOptions RelayOptionsOf(const Config& config);

// "broker 127.0.0.1:9092" or "log data/log.db", and "store sqlite:data/store.db": how log lines name the two.
std::string LogSubject(const Config& config);
std::string StoreSubject(const Config& config);

// A progress line on stderr: rewritten in place on a terminal, a log line now and then elsewhere.
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
