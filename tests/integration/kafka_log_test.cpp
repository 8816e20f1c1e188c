// The log's conformance test with a real Kafka broker, whose address is in YTTERBY_TEST_BROKERS
// (tests/support/with_broker).
#include "common/log/kafka_log.hpp"
#include "common/log/kafka_messages.hpp"

#include <future>
#include <random>
#include <set>
#include <thread>

#include "common/digest.hpp"
#include "common/log/kafka_handles.hpp"
#include "tests/support/log_conformance.hpp"

namespace ytterby::testing {
namespace {

KafkaOptions Options() {
  const char* brokers = std::getenv("YTTERBY_TEST_BROKERS");
  return {brokers ? brokers : "", {{"session.timeout.ms", "6000"}}, std::chrono::seconds(30)};
}

std::unique_ptr<RecordLog> OpenKafka() {
  auto log = KafkaLog::Open(Options());
  EXPECT_TRUE(log) << log.error().message;
  return log ? std::move(*log) : nullptr;
}

INSTANTIATE_TEST_SUITE_P(Kafka, LogConformance, ::testing::Values(LogUnderTest{"kafka", &OpenKafka}),
                         [](const auto& one) { return one.param.name; });

TEST(KafkaLogTest, ReportsASettingThatLibrdkafkaRejects) {
  KafkaOptions options = Options();
  options.properties["no.such.setting"] = "1";
  const auto log = KafkaLog::Open(options);
  ASSERT_FALSE(log);
  EXPECT_EQ(log.error().kind, ErrorKind::kConfiguration);
  EXPECT_NE(log.error().message.find("no.such.setting"), std::string::npos);
}

TEST(KafkaLogTest, WhatTheGuaranteesRestOnIsNotForConfiguration) {
  for (const char* name : {"acks", "enable.idempotence", "enable.auto.commit", "isolation.level", "auto.offset.reset",
                           "partitioner", "transactional.id", "message.timeout.ms", "group.id"}) {
    KafkaOptions options = Options();
    options.properties[name] = "read_uncommitted";
    const auto log = KafkaLog::Open(options);
    ASSERT_FALSE(log) << name;
    EXPECT_EQ(log.error().kind, ErrorKind::kConfiguration) << name;
    EXPECT_EQ(log.error().message, std::string("kafka setting ") + name + ": is fixed by the program");
  }
}

TEST(KafkaLogTest, RefusesCooperativeSticky) {
  KafkaOptions options = Options();
  options.properties["partition.assignment.strategy"] = "cooperative-sticky";
  EXPECT_EQ(KafkaLog::Open(options).error().kind, ErrorKind::kConfiguration);
}

TEST(KafkaLogTest, AConsumerTakesMessagesAsLargeAsTheConfigurationAllows) {
  KafkaOptions options = Options();
  options.properties["message.max.bytes"] = "4000000";
  const auto log = KafkaLog::Open(options);
  ASSERT_TRUE(log) << log.error().message;
  const std::string topic = "large." + std::to_string(getpid());
  ASSERT_TRUE((*log)->ApplyTopics({{topic, 1, 1, KeepForeverSettings()}}));
  const auto member =
      (*log)->Join("large." + topic, {topic}, [](const TopicPartition&) -> Result<Offset> { return 0; });
  EXPECT_TRUE(member) << member.error().message;
}

TEST(KafkaLogTest, GivesUpOnABrokerThatDoesNotAnswer) {
  const auto log = KafkaLog::Open({"127.0.0.1:1", {}, std::chrono::milliseconds(500)});
  ASSERT_FALSE(log);
  EXPECT_EQ(log.error().kind, ErrorKind::kUnavailable);
}

TEST(KafkaLogTest, ATopicThatMayForgetIsRefusedUntilApplied) {
  const auto log = OpenKafka();
  ASSERT_TRUE(log);
  const std::string topic = "forgetful." + std::to_string(getpid());
  ASSERT_TRUE(log->ApplyTopics({{topic, 1, 1, {{"retention.ms", "60000"}, {"max.message.bytes", "2000000"}}}}));
  const auto refused = CheckTopics(*log, {{topic, 1, 1, KeepForeverSettings()}}, {});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::kConfiguration);
  ASSERT_TRUE(log->ApplyTopics({{topic, 1, 1, KeepForeverSettings()}}));
  EXPECT_TRUE(CheckTopics(*log, {{topic, 1, 1, KeepForeverSettings()}}, {}));
  for (const auto& [setting, wrong] :
       std::multimap<std::string, std::string>{{"cleanup.policy", "compact"},
                                               {"cleanup.policy", "compact,delete"},
                                               {"retention.ms", "60000"},
                                               {"retention.bytes", "1000000000"},
                                               {"message.timestamp.type", "CreateTime"}}) {
    ASSERT_TRUE(log->ApplyTopics({{topic, 1, 1, {{setting, wrong}}}}));
    const auto told = CheckTopics(*log, {{topic, 1, 1, KeepForeverSettings()}}, {});
    ASSERT_FALSE(told) << setting;
    EXPECT_NE(told.error().message.find(setting + " is " + wrong), std::string::npos) << told.error().message;
    ASSERT_TRUE(log->ApplyTopics({{topic, 1, 1, KeepForeverSettings()}}));
  }
  // The legacy call resets every setting it is not given; earlier settings must still be there.
  EXPECT_EQ(log->DescribeTopics({topic})->at(topic).settings.at("max.message.bytes"), "2000000");
}

// A broker may report a topic as created before every metadata request shows it.
TEST(KafkaLogTest, ANewReaderSeesWhatWasAppended) {
  const auto log = OpenKafka();
  const auto other = OpenKafka();
  ASSERT_TRUE(log && other);
  for (int i = 0; i < 25; ++i) {
    const std::string topic = "seen." + std::to_string(getpid()) + "." + std::to_string(i);
    ASSERT_TRUE(log->ApplyTopics({{topic, 2, 1, KeepForeverSettings()}}));
    const auto made = PlanTopics(*other, {{topic, 2, 1, KeepForeverSettings()}});
    ASSERT_TRUE(made && made->front().changes.empty())
        << topic << ": " << (made ? made->front().changes.front() : made.error().message);
    ASSERT_TRUE(log->ApplyTopics({{topic, 4, 1, {{"retention.ms", "60000"}}}}));
    const auto altered = PlanTopics(*other, {{topic, 4, 1, {{"retention.ms", "60000"}}}});
    ASSERT_TRUE(altered && altered->front().changes.empty())
        << topic << ": " << (altered ? altered->front().changes.front() : altered.error().message);
  }
}

// A new leader may refuse the first batch to a partition and accept the next one. Every record must arrive all the
// same, and members that join in the meantime must start at the first record of each partition and miss none.
TEST(KafkaLogTest, WhatIsAppendedToATopicJustMadeIsReadWhole) {
  const auto log = OpenKafka();
  ASSERT_TRUE(log);
  constexpr int kTopics = 10, kPartitions = 3, kGroups = 4;
  constexpr std::size_t kRecords = 160;
  const char* rounds = std::getenv("YTTERBY_TEST_ROUNDS");
  for (int round = 0; round < (rounds ? std::atoi(rounds) : 5); ++round) {
    const std::string name = "joined." + std::to_string(getpid()) + "." + std::to_string(round) + ".";
    std::vector<std::string> topics;
    std::vector<TopicSpec> specs;
    for (int i = 0; i < kTopics; ++i) {
      topics.push_back(name + std::to_string(i));
      specs.push_back({topics.back(), kPartitions, 1, KeepForeverSettings()});
    }
    ASSERT_TRUE(log->ApplyTopics(specs));
    std::vector<std::thread> members;
    for (int group = 0; group < kGroups; ++group) {
      members.emplace_back([&, group] {
        std::map<TopicPartition, Offset> next;
        auto member =
            log->Join(name + "group" + std::to_string(group), topics, [&](const TopicPartition& at) -> Result<Offset> {
              YT_ASSIGN(marks, log->GetWatermarks(at));
              EXPECT_EQ(marks.low, 0);
              return next[at] = marks.low;
            });
        ASSERT_TRUE(member) << member.error().message;
        std::set<std::string> read;  // a record whose append seemed to fail may come twice
        const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
        while (read.size() < kRecords && std::chrono::steady_clock::now() < deadline) {
          const auto some = (*member)->Poll({.batch = {1000, 2u << 20}, .wait = std::chrono::milliseconds(250)});
          ASSERT_TRUE(some) << some.error().message;
          for (const LogRecord& record : *some) {
            ASSERT_EQ(record.offset, next[record.at]) << record.at.topic << "/" << record.at.partition;
            ++next[record.at];
            read.insert(record.value.substr(0, record.value.find(' ')));
          }
        }
        EXPECT_EQ(read.size(), kRecords);
      });
    }
    for (std::size_t i = 0; i < kRecords; ++i) {
      if (i % 16 == 0)
        (void)log->Flush(std::chrono::milliseconds(20));  // keeps more in flight while a leader is not ready
      const std::string key = std::to_string(i / 16);
      ASSERT_TRUE(log->Append({topics[i % kTopics], key, std::to_string(i) + ' ' + std::string(2000, 'x'), {}},
                              [](const Result<Appended>& place) { EXPECT_TRUE(place) << place.error().message; }));
    }
    for (std::thread& member : members) member.join();
  }
}

// Records that another program appends in a transaction are read once the transaction is committed, and never if it is
// aborted.
TEST(KafkaLogTest, OnlyWhatIsCommittedIsRead) {
  const auto log = OpenKafka();
  ASSERT_TRUE(log);
  const std::string topic = "committed." + std::to_string(getpid());
  ASSERT_TRUE(log->ApplyTopics({{topic, 1, 1, KeepForeverSettings()}}));
  char message[512];
  rd_kafka_conf_t* conf = rd_kafka_conf_new();
  for (const auto& [name, value] :
       {std::pair("bootstrap.servers", Options().brokers), std::pair("transactional.id", topic)}) {
    ASSERT_EQ(rd_kafka_conf_set(conf, name, value.c_str(), message, sizeof message), RD_KAFKA_CONF_OK) << message;
  }
  const KafkaPtr<rd_kafka_t> producer(rd_kafka_new(RD_KAFKA_PRODUCER, conf, message, sizeof message));
  ASSERT_TRUE(producer) << message;
  const auto went = [](rd_kafka_error_t* error) {
    const KafkaPtr<rd_kafka_error_t> owned(error);
    EXPECT_FALSE(error) << rd_kafka_error_string(error);
  };
  constexpr int kTimeoutMs = 30'000;
  went(rd_kafka_init_transactions(producer.get(), kTimeoutMs));
  for (const char* value : {"given up", "committed"}) {
    went(rd_kafka_begin_transaction(producer.get()));
    ASSERT_EQ(Produce(producer.get(), {topic, "", value, {}}, nullptr), RD_KAFKA_RESP_ERR_NO_ERROR);
    ASSERT_EQ(rd_kafka_flush(producer.get(), kTimeoutMs), RD_KAFKA_RESP_ERR_NO_ERROR);  // it is on the log now
    const auto before = log->Read({topic, 0}, 0, {100, 1u << 20});
    ASSERT_TRUE(before) << before.error().message;
    EXPECT_TRUE(before->empty()) << value;
    const bool commits = value == std::string("committed");
    went(commits ? rd_kafka_commit_transaction(producer.get(), kTimeoutMs)
                 : rd_kafka_abort_transaction(producer.get(), kTimeoutMs));
  }
  std::vector<std::string> read, polled;
  const auto all = log->Read({topic, 0}, 0, {100, 1u << 20});
  ASSERT_TRUE(all) << all.error().message;
  for (const LogRecord& record : *all) read.push_back(record.value);
  auto member = log->Join("committed." + topic, {topic}, [](const TopicPartition&) -> Result<Offset> { return 0; });
  ASSERT_TRUE(member) << member.error().message;
  for (int round = 0; round < 100 && polled.empty(); ++round) {
    const auto some = (*member)->Poll({.wait = std::chrono::milliseconds(300)});
    ASSERT_TRUE(some) << some.error().message;
    for (const LogRecord& record : *some) polled.push_back(record.value);
  }
  EXPECT_EQ(read, std::vector<std::string>{"committed"});
  EXPECT_EQ(polled, std::vector<std::string>{"committed"});
}

// The broker in these tests creates any topic that a client asks for, unless the client forbids it.
TEST(KafkaLogTest, AMissingTopicIsNotCreated) {
  KafkaOptions options = Options();
  options.properties["topic.metadata.propagation.max.ms"] = "1000";
  const auto log = KafkaLog::Open(options);
  ASSERT_TRUE(log) << log.error().message;
  const std::string topic = "nowhere." + std::to_string(getpid());
  std::promise<Result<Appended>> answer;
  const auto taken =
      (*log)->Append({topic, "k", "value", {}}, [&](Result<Appended> place) { answer.set_value(std::move(place)); });
  const Result<Appended> place =
      taken ? answer.get_future().get() : Result<Appended>(tl::unexpected<Error>(taken.error()));
  ASSERT_FALSE(place);
  EXPECT_EQ(place.error().kind, ErrorKind::kConfiguration) << place.error().message;
  EXPECT_FALSE((*log)->Join(topic, {topic}, [](const TopicPartition&) -> Result<Offset> { return 0; }));
  EXPECT_EQ((*log)->PartitionCount(topic).value_or(-1), 0);
}

// Two processes with the same name by mistake: the one that holds the place loses it to the other and is told why.
TEST(KafkaLogTest, OfTwoMembersWithOneNameTheFirstLosesItsPlace) {
  const std::string topic = "named." + std::to_string(getpid());
  KafkaOptions options = Options();
  options.properties["group.instance.id"] = "one-name";
  std::vector<std::unique_ptr<KafkaLog>> logs;
  for (int i = 0; i < 2; ++i) {
    auto log = KafkaLog::Open(options);
    ASSERT_TRUE(log) << log.error().message;
    logs.push_back(std::move(*log));
  }
  ASSERT_TRUE(logs[0]->ApplyTopics({{topic, 1, 1, KeepForeverSettings()}}));
  const auto from_start = [](const TopicPartition&) -> Result<Offset> { return 0; };
  auto first = logs[0]->Join("named." + topic, {topic}, from_start);
  ASSERT_TRUE(first) << first.error().message;
  for (int round = 0; round < 100 && (*first)->Assignment().empty(); ++round) {
    ASSERT_TRUE((*first)->Poll({.wait = std::chrono::milliseconds(300)}));
  }
  ASSERT_FALSE((*first)->Assignment().empty());
  auto second = logs[1]->Join("named." + topic, {topic}, from_start);
  ASSERT_TRUE(second) << second.error().message;
  std::optional<Error> told;
  for (int round = 0; round < 100 && !told; ++round) {
    ASSERT_TRUE((*second)->Poll({.wait = std::chrono::milliseconds(100)}));
    const auto polled = (*first)->Poll({.wait = std::chrono::milliseconds(100)});
    if (!polled) told = polled.error();
  }
  ASSERT_TRUE(told);
  EXPECT_EQ(told->kind, ErrorKind::kUnavailable);
  EXPECT_NE(told->message.find("nstance"), std::string::npos) << told->message;
}

// A reader slower than the broker reads from a full queue. On its own, librdkafka refills such a queue up to a second
// after there is room.
TEST(KafkaLogTest, AQueueThatWasFullIsFilledWhileItEmpties) {
  const auto log = OpenKafka();
  ASSERT_TRUE(log);
  const std::string topic = "backlog." + std::to_string(getpid());
  ASSERT_TRUE(log->ApplyTopics({{topic, 1, 1, KeepForeverSettings()}}));
  constexpr std::size_t kRecords = 2000, kBytes = 10'000;  // five queues full
  std::mt19937 random(1);                                  // not compressible
  std::string value(kBytes, ' ');
  for (std::size_t i = 0; i < kRecords; ++i) {
    for (char& byte : value) byte = static_cast<char>(random());
    ASSERT_TRUE(
        log->Append({topic, std::to_string(i), value, {}}, [](const Result<Appended>& place) { EXPECT_TRUE(place); }));
  }
  ASSERT_TRUE(log->Flush(std::chrono::seconds(60)));
  auto member = log->Join("backlog." + topic, {topic}, [](const TopicPartition&) -> Result<Offset> { return 0; });
  ASSERT_TRUE(member);
  std::size_t read = 0;
  int empty = 0;
  for (int round = 0; round < 200 && read < kRecords; ++round) {
    const auto some = (*member)->Poll({.batch = {1000, 1u << 20}, .wait = std::chrono::milliseconds(300)});
    ASSERT_TRUE(some) << some.error().message;
    if (some->empty() && read > 0) ++empty;
    read += some->size();
    for (const LogRecord& record : *some) {
      for (int i = 0; i < 30; ++i) EXPECT_NE(Sha256(record.value), Digest{});  // work that takes longer than fetching
    }
  }
  EXPECT_EQ(read, kRecords);
  EXPECT_LE(empty, 3) << "polls returned nothing for 300 ms";
}

TEST(KafkaLogTest, TwoMembersShareTheirPartitions) {
  const auto log = OpenKafka();
  ASSERT_TRUE(log);
  const std::string topic = "shared." + std::to_string(getpid());
  ASSERT_TRUE(log->ApplyTopics({{topic, 4, 1, KeepForeverSettings()}}));
  const auto from_start = [](const TopicPartition&) -> Result<Offset> { return 0; };
  auto one = log->Join("pair." + topic, {topic}, from_start), two = log->Join("pair." + topic, {topic}, from_start);
  ASSERT_TRUE(one && two);
  for (int round = 0; round < 200 && ((*one)->Assignment().size() != 2 || (*two)->Assignment().size() != 2); ++round) {
    ASSERT_TRUE((*one)->Poll({.wait = std::chrono::milliseconds(50)}));
    ASSERT_TRUE((*two)->Poll({.wait = std::chrono::milliseconds(50)}));
  }
  EXPECT_EQ((*one)->Assignment().size(), 2u);
  EXPECT_EQ((*two)->Assignment().size(), 2u);
}

}  // namespace
}  // namespace ytterby::testing
