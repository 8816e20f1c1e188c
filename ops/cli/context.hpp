// What the subcommands share: the configuration of this call, and the parts they wire together.
#pragma once

#include <CLI/CLI.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "common/config.hpp"
#include "common/lease.hpp"
#include "common/log/record_log.hpp"
#include "common/metrics.hpp"
#include "consumers/consumer.hpp"
#include "consumers/relay.hpp"
#include "consumers/stores/store.hpp"
#include "producers/documents/archive.hpp"
#include "producers/publisher.hpp"

namespace ytterby::cli {

// Flags that most subcommands take. Flag over environment (YTTERBY_…) over file over default.
struct CommonFlags {
  std::string config_file, data_dir, store, brokers, log_level, http;
  std::optional<int> timeout;
};

// A subcommand: adds itself to the program, and runs when chosen. Returns the exit code.
using Action = std::function<Result<int>()>;
struct Subcommand {
  CLI::App* app;
  Action action;
};

void AddCommonFlags(CLI::App& app, CommonFlags& flags);
// --http, for the commands that serve it.
void AddHttpFlag(CLI::App& app, CommonFlags& flags);
// Defaults, file, environment and flags together; also sets the log level.
Result<Config> LoadConfig(const CommonFlags& flags);

// Blocks SIGTERM and SIGINT in this and all later threads; call before any thread starts.
void BlockStopSignals();
// Waits up to `wait` for one of them. A second one ends the process at once.
bool StopRequested(std::chrono::milliseconds wait);

// For daemons: SIGHUP asks them to read their configuration again. Call BlockReloadSignal before any thread starts.
void BlockReloadSignal();
bool ReloadRequested();

enum class Lifetime { kOneShot, kDaemon };

// The password of the configured store, empty where none is configured. kConfiguration: its file cannot be read.
Result<std::string> StorePassword(const Config& config);
// Opens the configured store. A server that does not answer is waited for: --timeout by one-shot commands, without end by daemons.
Result<std::unique_ptr<Store>> OpenStore(const Config& config, bool read_only, Lifetime lifetime);

// Asks again while a service does not answer, up to --timeout.
template <class Ask>
auto UntilAnswered(const Config& config, Ask ask) -> decltype(ask()) {
  constexpr std::chrono::milliseconds kPause{200};
  const auto give_up = std::chrono::steady_clock::now() + config.timeout;
  while (true) {
    auto answer = ask();
    if (answer || answer.error().kind != ErrorKind::kUnavailable) return answer;
    if (std::chrono::steady_clock::now() + kPause > give_up || StopRequested(kPause)) return answer;
  }
}

// The embedded log (its topics are made as configured) or Kafka (whose topics are checked).
Result<std::unique_ptr<RecordLog>> OpenLog(const Config& config, Lifetime lifetime);
std::vector<TopicSpec> ConfiguredTopics(const Config& config);

// Consumers of this process, a thread each. On the embedded log each holds its group's lease.
class ConsumerPool {
 public:
  ConsumerPool(const Config& config, RecordLog& log, Store& store, Metrics& metrics, ConsumerOptions options = {});
  ~ConsumerPool();
  // Starts one consumer. kTryLater when another process holds its lease.
  Result<void> Start(const Normaliser& normaliser);
  void Stop();
  // The first error that ended a consumer.
  std::optional<Error> error() const;
  const std::vector<std::unique_ptr<Consumer>>& consumers() const { return consumers_; }

 private:
  const Config& config_;
  RecordLog& log_;
  Store& store_;
  ConsumerEvents events_;
  ConsumerOptions options_;
  mutable std::mutex mutex_;
  std::optional<Error> error_;
  std::vector<Lease> leases_;
  std::vector<std::unique_ptr<Consumer>> consumers_;
  std::vector<std::jthread> threads_;
};

RelayOptions RelayOptionsOf(const Config& config);
PublisherOptions PublisherOptionsOf(const Config& config);

// Ends the process with 0 when stopping takes longer than `limit`: what is under way is finished from the archive by the next start.
void LimitStopping(std::chrono::seconds limit);

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

void AddIngest(CLI::App& app, std::vector<Subcommand>& commands);
void AddRun(CLI::App& app, std::vector<Subcommand>& commands);
void AddProduce(CLI::App& app, std::vector<Subcommand>& commands);
void AddConsume(CLI::App& app, std::vector<Subcommand>& commands);
void AddExport(CLI::App& app, std::vector<Subcommand>& commands);
void AddStatus(CLI::App& app, std::vector<Subcommand>& commands);
void AddTopics(CLI::App& app, std::vector<Subcommand>& commands);
void AddDeadLetters(CLI::App& app, std::vector<Subcommand>& commands);
void AddStore(CLI::App& app, std::vector<Subcommand>& commands);
void AddFindings(CLI::App& app, std::vector<Subcommand>& commands);
void AddExplain(CLI::App& app, std::vector<Subcommand>& commands);
void AddConfig(CLI::App& app, std::vector<Subcommand>& commands);

inline constexpr const char* kVersion = "0.1.0";

}  // namespace ytterby::cli
