#include "ops/cli/context.hpp"

#include <fmt/format.h>
#include <signal.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <ctime>
#include <fstream>
#include <utility>

#include "common/log/embedded_log.hpp"
#include "common/log/kafka_log.hpp"
#include "common/log/topic_check.hpp"

namespace ytterby::cli {
namespace {

sigset_t StopSignals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGINT);
  return set;
}

}  // namespace

void AddCommonFlags(CLI::App& app, CommonFlags& flags) {
  app.add_option("--config", flags.config_file, "configuration file (YAML)")->envname("YTTERBY_CONFIG");
  app.add_option("--data-dir", flags.data_dir, "folder of the archive, the embedded log and the default store")
      ->envname("YTTERBY_DATA_DIR");
  app.add_option("--store", flags.store, "store URL, sqlite:PATH or postgresql://USER@HOST/DATABASE; wins over the data folder's store.db")
      ->envname("YTTERBY_STORE");
  app.add_option("--brokers", flags.brokers, "Kafka bootstrap servers host:port,…; without it the embedded log is used")
      ->envname("YTTERBY_BROKERS");
  app.add_option("--timeout", flags.timeout, "seconds after which an unreachable service is given up (69)")
      ->check(CLI::Range(0, 86400))
      ->envname("YTTERBY_TIMEOUT");
  app.add_option("--log-level", flags.log_level, "debug, info, warn or error")->envname("YTTERBY_LOG_LEVEL");
}

void AddHttpFlag(CLI::App& app, CommonFlags& flags) {
  app.add_option("--http", flags.http, "address of /metrics, /livez, /readyz, /version (host:port, port 0: a free one; `none`: no server)")
      ->envname("YTTERBY_HTTP");
}

Result<Config> LoadConfig(const CommonFlags& flags) {
  Config config;
  if (!flags.config_file.empty()) {
    YT_ASSIGN(read, ReadConfig(flags.config_file));
    config = std::move(read);
  }
  if (!flags.data_dir.empty()) config.data_dir = flags.data_dir;
  if (!flags.store.empty()) config.store = flags.store;
  if (!flags.brokers.empty()) config.brokers = flags.brokers;
  if (!flags.log_level.empty()) config.log_level = flags.log_level;
  if (!flags.http.empty()) config.http.listen = flags.http == "none" ? "" : flags.http;
  if (flags.timeout) config.timeout = std::chrono::seconds(*flags.timeout);
  const auto level = spdlog::level::from_str(config.log_level);
  if (level == spdlog::level::off && config.log_level != "off") {
    return Fail(ErrorKind::kConfiguration, fmt::format("log_level {}: debug, info, warn or error", config.log_level));
  }
  spdlog::set_level(level);
  return config;
}

std::vector<TopicSpec> ConfiguredTopics(const Config& config) {
  std::vector<TopicSpec> specs;
  for (const std::string& name : AllTopics()) {
    TopicSpec spec{name, config.Partitions(), config.topics.replication, KeepForeverSettings()};
    if (!config.brokers.empty()) spec.settings["min.insync.replicas"] = std::to_string(config.topics.min_insync_replicas);
    TopicSpec letters = spec;
    letters.name = DeadLetterTopic(name);
    specs.push_back(std::move(spec));
    specs.push_back(std::move(letters));
  }
  if (!config.PublishesRecords()) return specs;
  for (RecordKind kind : PublishedKinds()) {
    // The embedded log compacts nothing.
    TopicSpec spec{RecordTopic(kind), config.Partitions(), config.topics.replication,
                   config.brokers.empty() ? KeepForeverSettings() : KeepLatestSettings(), true};
    if (!config.brokers.empty()) spec.settings["min.insync.replicas"] = std::to_string(config.topics.min_insync_replicas);
    specs.push_back(std::move(spec));
  }
  return specs;
}

Result<std::unique_ptr<RecordLog>> OpenLog(const Config& config, Lifetime lifetime) {
  std::vector<std::string> sections;
  for (const CategoryName& name : Categories()) sections.push_back(SectionTopic(name.category));
  if (!config.brokers.empty()) {
    KafkaOptions options{config.brokers, config.kafka,
                         lifetime == Lifetime::kDaemon ? std::chrono::milliseconds(0) : std::chrono::milliseconds(config.timeout)};
    // A one-shot command is a member of its own: under a daemon's name it would take the daemon's place.
    if (lifetime == Lifetime::kOneShot) options.properties.erase("group.instance.id");
    if (lifetime == Lifetime::kDaemon) options.stop = [] { return StopRequested(std::chrono::milliseconds(0)); };
    YT_ASSIGN(log, KafkaLog::Open(std::move(options)));
    YT_CHECK(CheckTopics(*log, ConfiguredTopics(config), sections));
    return std::unique_ptr<RecordLog>(std::move(log));
  }
  YT_ASSIGN(log, EmbeddedLog::Open(std::filesystem::path(config.data_dir) / "log.db", SystemClock()));
  // Missing topics are made; growing one is for `topics apply`.
  std::vector<TopicSpec> missing = ConfiguredTopics(config);
  std::vector<std::string> names;
  for (const TopicSpec& spec : missing) names.push_back(spec.name);
  YT_ASSIGN(states, log->DescribeTopics(names));
  std::erase_if(missing, [&](const TopicSpec& spec) { return states[spec.name].exists; });
  YT_CHECK(log->ApplyTopics(missing));
  return std::unique_ptr<RecordLog>(std::move(log));
}

Result<std::string> StorePassword(const Config& config) {
  if (config.store_password_file.empty()) return std::string();
  std::ifstream file(config.store_password_file);
  std::string password;
  if (!std::getline(file, password)) {
    return Fail(ErrorKind::kConfiguration, fmt::format("store_password_file {}: cannot be read, or is empty", config.store_password_file));
  }
  if (password.ends_with('\r')) password.pop_back();
  return password;
}

Result<std::unique_ptr<Store>> OpenStore(const Config& config, bool read_only, Lifetime lifetime) {
  YT_ASSIGN(password, StorePassword(config));
  bool said = false;
  const auto open = [&] {
    auto store = ytterby::OpenStore(config.StoreUrl(), read_only, password);
    if (!store && store.error().kind == ErrorKind::kUnavailable && !std::exchange(said, true)) {
      spdlog::warn("the store does not answer, trying on: {}", store.error().message);
    }
    return store;
  };
  auto store = UntilAnswered(config, open);
  while (lifetime == Lifetime::kDaemon && !store && store.error().kind == ErrorKind::kUnavailable && !StopRequested({})) {
    store = UntilAnswered(config, open);
  }
  return store;
}

ConsumerPool::ConsumerPool(const Config& config, RecordLog& log, Store& store, Metrics& metrics, ConsumerOptions options)
    : config_(config), log_(log), store_(store), events_(metrics), options_(options) {}

ConsumerPool::~ConsumerPool() { Stop(); }

Result<void> ConsumerPool::Start(const Normaliser& normaliser) {
  auto consumer = std::make_unique<Consumer>(normaliser, log_, store_, events_, SystemClock(), options_);
  if (config_.brokers.empty()) {
    YT_ASSIGN(lease, Lease::Acquire(config_.data_dir, "group." + consumer->group()));
    leases_.push_back(std::move(lease));
  }
  Consumer* loop = consumer.get();
  consumers_.push_back(std::move(consumer));
  threads_.emplace_back([this, loop](std::stop_token stop) {
    auto result = loop->Run(std::move(stop));
    if (result) return;
    std::lock_guard lock(mutex_);
    if (!error_) error_ = result.error();
  });
  return {};
}

void ConsumerPool::Stop() {
  for (std::jthread& thread : threads_) thread.request_stop();
  threads_.clear();
  leases_.clear();
}

std::optional<Error> ConsumerPool::error() const {
  std::lock_guard lock(mutex_);
  return error_;
}

RelayOptions RelayOptionsOf(const Config& config) {
  RelayOptions options;
  options.max_event_bytes = config.limits.max_event_bytes;
  options.records = config.PublishesRecords();
  return options;
}

PublisherOptions PublisherOptionsOf(const Config& config) {
  PublisherOptions options;
  options.max_document_bytes = config.limits.max_document_bytes;
  options.max_event_bytes = config.limits.max_event_bytes;
  return options;
}

void BlockStopSignals() {
  const sigset_t set = StopSignals();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  signal(SIGPIPE, SIG_IGN);
}

bool StopRequested(std::chrono::milliseconds wait) {
  static bool requested = false;
  const sigset_t set = StopSignals();
  const timespec time{static_cast<time_t>(wait.count() / 1000), static_cast<long>(wait.count() % 1000 * 1'000'000)};
  if (sigtimedwait(&set, nullptr, &time) < 0) return requested;
  if (requested) _exit(75);
  requested = true;
  // From now on a second signal ends the process at once, also while it is finishing.
  std::thread([set] {
    int received = 0;
    sigwait(&set, &received);
    _exit(75);
  }).detach();
  return true;
}

void BlockReloadSignal() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGHUP);
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
}

bool ReloadRequested() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGHUP);
  const timespec at_once{};
  return sigtimedwait(&set, nullptr, &at_once) == SIGHUP;
}

void LimitStopping(std::chrono::seconds limit) {
  std::thread([limit] {
    std::this_thread::sleep_for(limit);
    spdlog::warn("stopped with work under way; the next start finishes it");
    _exit(0);
  }).detach();
}

Progress::Progress() : terminal_(isatty(STDERR_FILENO) != 0), last_(std::chrono::steady_clock::now()) {}

void Progress::Show(const std::string& text) {
  const auto now = std::chrono::steady_clock::now();
  if (now - last_ < (terminal_ ? std::chrono::milliseconds(200) : std::chrono::milliseconds(10'000))) return;
  last_ = now;
  shown_ = true;
  if (terminal_) {
    fmt::print(stderr, "\r\x1b[K{}", text);
    std::fflush(stderr);
  } else {
    spdlog::info("{}", text);
  }
}

void Progress::Clear() {
  if (terminal_ && shown_) fmt::print(stderr, "\r\x1b[K");
}

}  // namespace ytterby::cli
