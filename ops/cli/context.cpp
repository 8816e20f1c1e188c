#include "ops/cli/context.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <fstream>
#include <utility>

#include "common/log/embedded_log.hpp"
#include "common/log/kafka_log.hpp"
#include "common/log/topic_check.hpp"
#include "common/log_format.hpp"
#include "consumers/normaliser.hpp"
#include "consumers/relay/relay.hpp"
#include "schemas/events/ownership.hpp"
#include "schemas/events/record_event.hpp"

namespace ytterby::cli {

Result<Config> LoadConfig(const CommonFlags& flags) {
  std::vector<std::string> errors;
  YT_ASSIGN(config, LoadConfig(flags, errors));
  if (!errors.empty()) return Fail(ErrorKind::kConfiguration, fmt::format("{}", fmt::join(errors, "\n")));
  SetLogFormat(config.log_format, config.log_level);
  return config;
}

Result<Config> LoadConfig(const CommonFlags& flags, std::vector<std::string>& errors) {
  Config config;
  if (!flags.config_file.empty()) {
    YT_ASSIGN(read, ReadConfig(flags.config_file, errors));
    config = std::move(read);
  }
  if (!flags.data_dir.empty()) config.data_dir = flags.data_dir;
  if (!flags.store.empty()) config.store = flags.store;
  if (!flags.brokers.empty()) config.brokers = flags.brokers;
  if (!flags.log_level.empty()) config.log_level = flags.log_level;
  if (!flags.log_format.empty()) config.log_format = flags.log_format;
  if (!flags.http.empty()) config.http.listen = flags.http;
  if (flags.timeout) config.timeout = std::chrono::seconds(*flags.timeout);
  if (config.http.listen == "none") config.http.listen.clear();
  if (const auto checked = CheckConfig(config); !checked) errors.push_back(checked.error().message);
  // Before anything prints the URL: one with a password in it is refused.
  if (const auto checked = CheckStoreUrl(config.StoreUrl()); !checked) errors.push_back(checked.error().message);
  return config;
}

Patience PatienceOf(const Config& config) { return {config.timeout, &StopRequested}; }

std::string LogSubject(const Config& config) {
  return config.brokers.empty() ? "log " + DataFolder(config.data_dir).log().string() : "broker " + config.brokers;
}

std::string StoreSubject(const Config& config) { return "store " + config.StoreUrl(); }

std::vector<TopicSpec> ConfiguredTopics(const Config& config) {
  std::vector<TopicSpec> specs;
  const auto add = [&](std::string name, int partitions, std::map<std::string, std::string> settings,
                       bool keeps_partitions) {
    TopicSpec spec{std::move(name), partitions, config.topics.replication, std::move(settings), keeps_partitions};
    if (!config.brokers.empty())
      spec.settings["min.insync.replicas"] = std::to_string(config.topics.min_insync_replicas);
    specs.push_back(std::move(spec));
  };
  for (const std::string& name : AllTopics()) {
    for (const std::string& topic : {name, DeadLetterTopic(name)})
      add(topic, config.Partitions(), KeepForeverSettings(), false);
  }
  if (!config.PublishesRecords()) return specs;
  // The embedded log compacts nothing.
  const auto settings = config.brokers.empty() ? KeepForeverSettings() : KeepLatestSettings();
  for (RecordKind kind : PublishedKinds()) add(RecordTopic(kind), config.Partitions(), settings, true);
  add(std::string(kOwnershipTopic), 1, KeepForeverSettings(), true);
  return specs;
}

Result<std::unique_ptr<RecordLog>> OpenLog(const Config& config, Lifetime lifetime, const Waiting& waiting) {
  std::vector<std::string> sections;
  for (const CategoryName& name : Categories()) sections.push_back(SectionTopic(name.category));
  if (!config.brokers.empty()) {
    KafkaOptions options{
        config.brokers, config.kafka,
        lifetime == Lifetime::kDaemon ? std::chrono::milliseconds(0) : std::chrono::milliseconds(config.timeout)};
    // A one-shot command joins as a separate member: under a daemon's name it would take the daemon's place.
    if (lifetime == Lifetime::kOneShot) options.properties.erase("group.instance.id");
    if (lifetime == Lifetime::kDaemon) {
      options.stop = [waiting, begun = std::chrono::steady_clock::now()] {
        constexpr std::chrono::seconds kUsual{2};
        if (waiting && std::chrono::steady_clock::now() - begun > kUsual) {
          waiting({ErrorKind::kUnavailable, "no broker answers", Part::kLog});
        }
        return StopRequested(std::chrono::milliseconds(0));
      };
    }
    YT_ASSIGN(log, KafkaLog::Open(std::move(options)));
    YT_CHECK(CheckTopics(*log, ConfiguredTopics(config), sections));
    return std::unique_ptr<RecordLog>(std::move(log));
  }
  YT_ASSIGN(log, EmbeddedLog::Open(DataFolder(config.data_dir).log(), SystemClock()));
  // Creates missing topics; only `topics apply` adds partitions.
  std::vector<TopicSpec> missing = ConfiguredTopics(config);
  std::vector<std::string> names;
  for (const TopicSpec& spec : missing) names.push_back(spec.name);
  YT_ASSIGN(states, log->DescribeTopics(names));
  std::erase_if(missing, [&](const TopicSpec& spec) { return states[spec.name].exists; });
  YT_CHECK(log->ApplyTopics(missing));
  return std::unique_ptr<RecordLog>(std::move(log));
}

Result<std::unique_ptr<RecordLog>> OpenLogForReading(const Config& config) {
  const auto file = DataFolder(config.data_dir).log();
  if (config.brokers.empty() && !std::filesystem::exists(file))
    return Fail(ErrorKind::kNoInput, file.string() + ": there is no log yet", Part::kLog);
  return OpenLog(config, Lifetime::kOneShot);
}

Result<std::string> StorePassword(const Config& config) {
  if (config.store_password_file.empty()) return std::string();
  std::ifstream file(config.store_password_file);
  std::string password;
  if (!std::getline(file, password)) {
    return Fail(ErrorKind::kConfiguration,
                fmt::format("store_password_file {}: cannot be read or is empty", config.store_password_file));
  }
  if (password.ends_with('\r')) password.pop_back();
  return password;
}

Result<std::unique_ptr<Store>> OpenStore(const Config& config, bool read_only) {
  YT_ASSIGN(password, StorePassword(config));
  bool said = false;
  const PgPatience patience{std::max<std::chrono::milliseconds>(config.timeout, std::chrono::seconds(1)),
                            [] { return StopRequested(std::chrono::milliseconds(0)); }};
  return UntilAnswered(PatienceOf(config), [&]() -> Result<std::unique_ptr<Store>> {
    auto store = ytterby::OpenStore(config.StoreUrl(), read_only, password, patience);
    if (!store && store.error().kind == ErrorKind::kUnavailable && !std::exchange(said, true))
      spdlog::warn("{}: {}; retrying", StoreSubject(config), store.error().message);
    // On the embedded log a group has one member, which its lease guards; a copied folder has a log of its own.
    if (store && !read_only && !config.brokers.empty()) YT_CHECK((*store)->CheckHome());
    return store;
  });
}

Result<std::unique_ptr<Store>> AwaitStore(const Config& config, const std::stop_token& stop, const Waiting& waiting) {
  YT_ASSIGN(password, StorePassword(config));
  for (Backoff backoff(std::chrono::milliseconds(200), std::chrono::seconds(5));; WaitFor(stop, backoff.Next())) {
    auto store = ytterby::OpenStore(config.StoreUrl(), false, password,
                                    {PgPatience{}.limit, [stop] { return stop.stop_requested(); }});
    if (store && !config.brokers.empty()) YT_CHECK((*store)->CheckHome());
    if (store || store.error().kind != ErrorKind::kUnavailable || stop.stop_requested()) return store;
    waiting(store.error());
  }
}

RelayOptions RelayOptionsOf(const Config& config) {
  RelayOptions options;
  options.max_event_bytes = config.limits.max_event_bytes;
  options.records = config.PublishesRecords();
  return options;
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
