// ytterby topics plan|apply|adopt|republish: topics as configuration, and which store publishes on the record topics.
#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "common/log/embedded_log.hpp"
#include "common/log/kafka_log.hpp"
#include "common/log/topic_check.hpp"
#include "consumers/relay/record_owner.hpp"
#include "ops/cli/context.hpp"
#include "ops/cli/say.hpp"

namespace ytterby::cli {
namespace {

// Opens the log even if topics are missing or not as configured.
Result<std::unique_ptr<RecordLog>> OpenUnchecked(const Config& config) {
  if (!config.brokers.empty()) {
    YT_ASSIGN(kafka, KafkaLog::Open({config.brokers, config.kafka, config.timeout}));
    return std::unique_ptr<RecordLog>(std::move(kafka));
  }
  YT_ASSIGN(embedded, EmbeddedLog::Open(DataFolder(config.data_dir).log(), SystemClock()));
  return std::unique_ptr<RecordLog>(std::move(embedded));
}

Result<int> Topics(const CommonFlags& flags, bool apply) {
  YT_ASSIGN(config, LoadConfig(flags));
  const std::vector<TopicSpec> specs = ConfiguredTopics(config);
  if (config.brokers.empty() && !apply && !std::filesystem::exists(DataFolder(config.data_dir).log())) {
    for (const TopicSpec& spec : specs) Say("{}: create with {} partitions\n", spec.name, spec.partitions);
    Say("{} changes; `ytterby topics apply` makes them\n", specs.size());
    return 0;
  }
  YT_ASSIGN(log, OpenUnchecked(config));
  YT_ASSIGN(plan, PlanTopics(*log, specs));
  int changes = 0, impossible = 0;
  for (const TopicChange& topic : plan) {
    impossible += topic.impossible;
    if (topic.replication > 0) {
      Say("{}: replication is {}, not {}; only Kafka's own tools change it\n", topic.spec.name, topic.replication,
          topic.spec.replication);
    }
    if (topic.kept_partitions > 0) {
      Say("{}: keeps its {} partitions instead of {}: a record's later events must follow its earlier ones\n",
          topic.spec.name, topic.kept_partitions, topic.spec.partitions);
    }
    for (const std::string& change : topic.changes) {
      Say("{}: {}\n", topic.spec.name, change);
      ++changes;
    }
  }
  if (impossible > 0)
    return Fail(ErrorKind::kConfiguration,
                "nothing was changed: a topic cannot lose partitions; raise topics.partitions");
  if (changes == 0) {
    Say("all {} topics are as configured\n", plan.size());
    return 0;
  }
  if (!apply) {
    Say("{} changes; `ytterby topics apply` makes them\n", changes);
    return 0;
  }
  YT_CHECK(log->ApplyTopics(specs));
  Say("{} changes made\n", changes);
  return 0;
}

Result<void> RequireRecordTopics(const Config& config) {
  if (config.PublishesRecords()) return {};
  return Fail(ErrorKind::kConfiguration, "record topics are off: set brokers, or record_topics: on");
}

Result<int> Adopt(const CommonFlags& flags) {
  YT_ASSIGN(config, LoadConfig(flags));
  YT_CHECK(RequireRecordTopics(config));
  YT_ASSIGN(store, OpenStore(config, false));
  YT_ASSIGN(log, OpenLog(config, Lifetime::kOneShot));
  YT_ASSIGN(before, ReadOwner(*log));
  if (before.owner && before.owner->store == store->Id()) {
    Say("store {} already owns the record topics\n", store->Id());
    return 0;
  }
  YT_CHECK(AdoptRecordTopics(*log, store->Id()));
  Say("store {} now owns the record topics of log {}{}\n", store->Id(), log->Id(),
      before.owner ? fmt::format("; store {} (claimed on {} at {}) no longer publishes there", before.owner->store,
                                 before.owner->host, before.owner->at)
                   : std::string());
  Say("`run`, `consume` or the next `ingest` with this store compares them with its view and publishes the "
      "differences\n");
  return 0;
}

Result<int> Republish(const CommonFlags& flags) {
  YT_ASSIGN(config, LoadConfig(flags));
  YT_CHECK(RequireRecordTopics(config));
  YT_ASSIGN(store, OpenStore(config, false));
  YT_CHECK(UntilAnswered(PatienceOf(config), [&] { return store->relay().ForgetPublished(); }));
  Say("`run`, `consume` or the next `ingest` reads the record topics again and publishes what is missing there\n");
  return 0;
}

}  // namespace

void AddTopics(Program& program) {
  CLI::App* topics =
      program.app.add_subcommand("topics", "manage the topics, and which store publishes on the record topics");
  topics->require_subcommand(1);
  CLI::App* plan = topics->add_subcommand("plan", "show what would change");
  CLI::App* apply = topics->add_subcommand("apply", "create and alter the topics; refuses to remove partitions");
  CLI::App* adopt = topics->add_subcommand(
      "adopt", "make this store the owner of the record topics; the former owner stops publishing");
  CLI::App* republish = topics->add_subcommand(
      "republish", "publish again what is missing on the record topics, e.g. after one was lost");
  for (CLI::App* command : {topics, plan, apply, adopt, republish}) AddCommonFlags(*command, *program.flags);
  for (CLI::App* command : {topics, plan, apply, adopt, republish}) {
    command->footer(
        "Examples:\n"
        "  ytterby topics plan --brokers 127.0.0.1:9092\n"
        "  ytterby topics apply --brokers 127.0.0.1:9092\n"
        "  ytterby topics adopt --brokers 127.0.0.1:9092 --store postgresql://ytterby_writer@db/ytterby\n"
        "A topic never loses partitions (78). Its replication is only shown; use Kafka's own tools to change\n"
        "it. One store owns the record topics of a log: the first that publishes there, until another adopts\n"
        "them.");
  }
  program.commands.push_back({plan, [flags = program.flags] { return Topics(*flags, false); }});
  program.commands.push_back({apply, [flags = program.flags] { return Topics(*flags, true); }});
  program.commands.push_back({adopt, [flags = program.flags] { return Adopt(*flags); }});
  program.commands.push_back({republish, [flags = program.flags] { return Republish(*flags); }});
}

}  // namespace ytterby::cli
