// ytterby topics plan|apply|republish: topics as configuration, and the record topics filled again.
#include <fmt/format.h>

#include "common/log/embedded_log.hpp"
#include "common/log/kafka_log.hpp"
#include "common/log/topic_check.hpp"
#include "ops/cli/context.hpp"

namespace ytterby::cli {
namespace {

Result<int> Topics(const CommonFlags& flags, bool apply) {
  YT_ASSIGN(config, LoadConfig(flags));
  std::unique_ptr<RecordLog> log;
  if (!config.brokers.empty()) {
    YT_ASSIGN(kafka, KafkaLog::Open({config.brokers, config.kafka, config.timeout}));
    log = std::move(kafka);
  } else if (const auto file = std::filesystem::path(config.data_dir) / "log.db"; !apply && !std::filesystem::exists(file)) {
    for (const TopicSpec& spec : ConfiguredTopics(config)) fmt::print("{}: create with {} partitions\n", spec.name, spec.partitions);
    fmt::print("{} changes; `ytterby topics apply` makes them\n", ConfiguredTopics(config).size());
    return 0;
  } else {
    YT_ASSIGN(embedded, EmbeddedLog::Open(std::filesystem::path(config.data_dir) / "log.db", SystemClock()));
    log = std::move(embedded);
  }
  YT_ASSIGN(plan, PlanTopics(*log, ConfiguredTopics(config)));
  int changes = 0, impossible = 0;
  for (const TopicChange& topic : plan) {
    impossible += topic.impossible;
    if (topic.replication > 0) {
      fmt::print("{}: replication is {}, not {}; only Kafka's own tools change it\n", topic.spec.name, topic.replication,
                 topic.spec.replication);
    }
    if (topic.kept_partitions > 0) {
      fmt::print("{}: keeps its {} partitions, not {}: a record's later events must follow its earlier ones\n", topic.spec.name,
                 topic.kept_partitions, topic.spec.partitions);
    }
    for (const std::string& change : topic.changes) {
      fmt::print("{}: {}\n", topic.spec.name, change);
      ++changes;
    }
  }
  if (impossible > 0) return Fail(ErrorKind::kConfiguration, "nothing was changed: a topic cannot shrink; raise topics.partitions");
  if (changes == 0) {
    fmt::print("all {} topics are as configured\n", plan.size());
    return 0;
  }
  if (!apply) {
    fmt::print("{} changes; `ytterby topics apply` makes them\n", changes);
    return 0;
  }
  YT_CHECK(log->ApplyTopics(ConfiguredTopics(config)));
  fmt::print("{} changes made\n", changes);
  return 0;
}

Result<int> Republish(const CommonFlags& flags) {
  YT_ASSIGN(config, LoadConfig(flags));
  if (!config.PublishesRecords()) {
    return Fail(ErrorKind::kConfiguration, "no record topics are published: set brokers, or record_topics: on");
  }
  YT_ASSIGN(store, OpenStore(config, false, Lifetime::kOneShot));
  YT_CHECK(UntilAnswered(config, [&] { return store->ForgetPublished(); }));
  fmt::print("the record topics will be read again, and what is missing there published, by `run`, `consume` or the next `ingest`\n");
  return 0;
}

}  // namespace

void AddTopics(CLI::App& app, std::vector<Subcommand>& commands) {
  auto flags = std::make_shared<CommonFlags>();
  CLI::App* topics = app.add_subcommand("topics", "topics as configuration: what would change, change it");
  topics->require_subcommand(1);
  CLI::App* plan = topics->add_subcommand("plan", "show what would change");
  CLI::App* apply = topics->add_subcommand("apply", "create and alter the topics; refuses to shrink one");
  CLI::App* republish = topics->add_subcommand("republish", "publish again what is missing on the record topics, as after one was lost");
  AddCommonFlags(*republish, *flags);
  AddCommonFlags(*plan, *flags);
  AddCommonFlags(*apply, *flags);
  for (CLI::App* command : {topics, plan, apply, republish}) {
    command->footer(
        "Examples:\n"
        "  ytterby topics plan --brokers 127.0.0.1:9092\n"
        "  ytterby topics apply --brokers 127.0.0.1:9092\n"
        "  ytterby topics republish --brokers 127.0.0.1:9092 --store postgresql://ytterby_writer@db/ytterby\n"
        "A topic never shrinks (78), and its replication is only shown: moving partitions is the work of Kafka's own tools.");
  }
  commands.push_back({plan, [flags] { return Topics(*flags, false); }});
  commands.push_back({republish, [flags] { return Republish(*flags); }});
  commands.push_back({apply, [flags] { return Topics(*flags, true); }});
}

}  // namespace ytterby::cli
