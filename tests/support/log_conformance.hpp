// What every record log must do, whatever the adapter. Included by the tests of each adapter.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <functional>
#include <future>
#include <memory>
#include <string>

#include "common/log/record_log.hpp"
#include "common/log/topic_check.hpp"

namespace ytterby::testing {

struct LogUnderTest {
  std::string name;
  std::function<std::unique_ptr<RecordLog>()> open;  // the same log each time
};

class LogConformance : public ::testing::TestWithParam<LogUnderTest> {
 protected:
  void SetUp() override {
    log = GetParam().open();
    ASSERT_TRUE(log);
    static std::atomic<int> number = 0;
    topic = "conformance." + std::to_string(getpid()) + "." + std::to_string(++number);
    Make(topic, 1);
  }
  void Make(const std::string& name, int partitions) {
    const auto made = log->ApplyTopics({{name, partitions, 1, KeepForeverSettings()}});
    ASSERT_TRUE(made) << made.error().message;
  }
  Appended Append(const std::string& key, const std::string& value, Headers headers = {}) {
    return AppendTo(topic, key, value, std::move(headers));
  }
  Appended AppendTo(const std::string& to, const std::string& key, const std::string& value, Headers headers = {}) {
    std::promise<Result<Appended>> promise;
    const auto taken = log->Append({to, key, value, std::move(headers)},
                                   [&](Result<Appended> place) { promise.set_value(std::move(place)); });
    EXPECT_TRUE(taken);
    auto place = promise.get_future().get();
    EXPECT_TRUE(place) << place.error().message;
    return place.value_or(Appended{});
  }
  std::unique_ptr<GroupMember> Join(const std::string& group, Offset from = 0) {
    auto member = log->Join(group, {topic}, [from](const TopicPartition&) -> Result<Offset> { return from; });
    EXPECT_TRUE(member) << member.error().message;
    return std::move(*member);
  }
  // Polls until `count` records have arrived; the wait is bounded.
  std::vector<LogRecord> Take(GroupMember& member, std::size_t count) {
    std::vector<LogRecord> all;
    for (int round = 0; round < 300 && all.size() < count; ++round) {
      auto some = member.Poll({.wait = std::chrono::milliseconds(100)});
      EXPECT_TRUE(some) << some.error().message;
      if (some) all.insert(all.end(), some->begin(), some->end());
    }
    return all;
  }

  std::unique_ptr<RecordLog> log;
  std::string topic;
};

TEST_P(LogConformance, KeepsKeyValueAndHeadersInOrder) {
  const Headers headers = {{"ce_id", "42"}, {"empty", ""}, {"binary", std::string("\0\xff", 2)}};
  EXPECT_EQ(Append("k", "first", headers).offset, 0);
  EXPECT_EQ(Append("k", std::string("second\0", 7)).offset, 1);
  const auto records = log->Read({topic, 0}, 0, {});
  ASSERT_TRUE(records);
  ASSERT_EQ(records->size(), 2u);
  EXPECT_EQ((*records)[0].key, "k");
  EXPECT_EQ((*records)[0].value, "first");
  EXPECT_EQ((*records)[0].headers, headers);
  EXPECT_EQ((*records)[1].value, std::string("second\0", 7));
  EXPECT_EQ((*records)[1].offset, 1);
}

TEST_P(LogConformance, SendsEqualKeysToOnePartition) {
  const std::string many = topic + ".many";
  Make(many, 4);
  for (const char* key : {"series/2024-01", "series/2024-02", "another"}) {
    const int partition = AppendTo(many, key, "x").at.partition;
    EXPECT_EQ(partition, PartitionForKey(key, 4));
    EXPECT_EQ(AppendTo(many, key, "y").at.partition, partition);
  }
  EXPECT_EQ(log->PartitionCount(many).value_or(0), 4);
}

TEST_P(LogConformance, KnowsWhereALogBeginsAndEnds) {
  EXPECT_EQ(log->GetWatermarks({topic, 0})->high, 0);
  Append("k", "v");
  EXPECT_EQ(log->GetWatermarks({topic, 0})->low, 0);
  EXPECT_EQ(log->GetWatermarks({topic, 0})->high, 1);
  EXPECT_TRUE(log->Read({topic, 0}, 1, {})->empty());
}

TEST_P(LogConformance, FindsTheOffsetForATime) {
  const Appended first = Append("k", "1");
  const Timestamp taken = log->Read({topic, 0}, first.offset, {1, 1})->front().timestamp;
  EXPECT_EQ(log->OffsetForTime({topic, 0}, taken).value_or(-1), 0);
  EXPECT_EQ(log->OffsetForTime({topic, 0}, taken + std::chrono::hours(1)).value_or(-1), 1);
}

TEST_P(LogConformance, GivesAMemberEverythingFromItsPosition) {
  for (int i = 0; i < 5; ++i) Append("k", std::to_string(i));
  const auto member = Join(topic + ".group", 2);
  const auto records = Take(*member, 3);
  ASSERT_EQ(records.size(), 3u);
  EXPECT_EQ(records[0].value, "2");
  EXPECT_EQ(records[2].value, "4");
  ASSERT_EQ(member->Assignment().size(), 1u);
  ASSERT_TRUE(member->Seek({topic, 0}, 1));
  EXPECT_EQ(Take(*member, 1).front().value, "1");
  EXPECT_TRUE(member->CommitForTools({{{topic, 0}, 5}}));
}

TEST_P(LogConformance, WakesAWaitingMember) {
  const auto member = Join(topic + ".waiting");
  EXPECT_TRUE(member->Poll({.wait = std::chrono::milliseconds(50)})->empty());
  auto appended = std::async(std::launch::async, [&] { return Append("k", "news"); });
  EXPECT_EQ(Take(*member, 1).front().value, "news");
  appended.wait();
}

TEST_P(LogConformance, KeepsRecordsOverAReopening) {
  const std::string id = log->Id();
  Append("k", "kept");
  log.reset();
  log = GetParam().open();
  EXPECT_EQ(log->Id(), id);
  EXPECT_EQ(log->Read({topic, 0}, 0, {})->front().value, "kept");
}

TEST_P(LogConformance, AcknowledgesEveryAppendOnce) {
  constexpr int kCount = 2000;
  std::atomic<int> acknowledged = 0;
  std::promise<void> all;
  for (int i = 0; i < kCount; ++i) {
    ASSERT_TRUE(log->Append({topic, "k", std::string(2000, 'x'), {}}, [&](Result<Appended> place) {
      EXPECT_TRUE(place);
      if (++acknowledged == kCount) all.set_value();
    }));
  }
  ASSERT_EQ(all.get_future().wait_for(std::chrono::seconds(60)), std::future_status::ready);
  EXPECT_TRUE(log->Flush(std::chrono::seconds(10)));
  EXPECT_EQ(log->GetWatermarks({topic, 0})->high, kCount);
}

TEST_P(LogConformance, LimitsWhatOneReadReturns) {
  for (int i = 0; i < 10; ++i) Append("k", std::string(1000, 'x'));
  EXPECT_EQ(log->Read({topic, 0}, 0, {3, 1u << 20})->size(), 3u);
  const std::size_t few = log->Read({topic, 0}, 0, {10, 2500})->size();
  EXPECT_GE(few, 1u);
  EXPECT_LT(few, 10u);
}

TEST_P(LogConformance, ATombstoneIsNoEmptyValue) {
  Append("k", "");
  std::promise<Result<Appended>> promise;
  ASSERT_TRUE(log->Append({topic, "k", "", {{"h", "1"}}, true},
                          [&](Result<Appended> place) { promise.set_value(std::move(place)); }));
  ASSERT_TRUE(promise.get_future().get());
  const auto records = log->Read({topic, 0}, 0, {});
  ASSERT_TRUE(records);
  ASSERT_EQ(records->size(), 2u);
  EXPECT_FALSE((*records)[0].tombstone);
  EXPECT_TRUE((*records)[1].tombstone);
  EXPECT_EQ((*records)[1].value, "");
  EXPECT_EQ((*records)[1].headers, (Headers{{"h", "1"}}));
}

TEST_P(LogConformance, AFencedBatchIsSeenAsAWhole) {
  const auto appender = log->OpenFenced(topic + ".relay");
  ASSERT_TRUE(appender) << appender.error().message;
  const auto first = (*appender)->Append({{topic, "a", "1", {{"h", "x"}}}, {topic, "b", "", {}, true}});
  ASSERT_TRUE(first) << first.error().message;
  const auto second = (*appender)->Append({{topic, "a", "2", {}}});
  ASSERT_TRUE(second) << second.error().message;
  const auto member = Join(topic + ".group");
  const auto records = Take(*member, 3);
  ASSERT_EQ(records.size(), 3u);
  BatchStarts starts;
  for (const LogRecord& record : {records[0], records[1]}) starts.try_emplace(record.at, record.offset);
  EXPECT_EQ(*first, starts);
  EXPECT_EQ(*second, (BatchStarts{{records[2].at, records[2].offset}}));
  EXPECT_EQ(records[0].key + records[0].value, "a1");
  EXPECT_EQ(records[0].headers, (Headers{{"h", "x"}}));
  EXPECT_TRUE(records[1].tombstone);
  EXPECT_EQ(records[2].value, "2");
  // A batch with a record for a missing topic is not visible in part.
  const auto refused = (*appender)->Append({{topic, "a", "3", {}}, {topic + ".none", "a", "3", {}}});
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().kind, ErrorKind::kConflict);
  const auto again = log->OpenFenced(topic + ".relay");
  ASSERT_TRUE(again);
  ASSERT_TRUE((*again)->Append({{topic, "a", "4", {}}}));
  EXPECT_EQ(Take(*member, 1).front().value, "4");
}

TEST_P(LogConformance, OpeningAFencedNameFencesOffTheFormerHolder) {
  auto elsewhere = GetParam().open();  // as another process would
  const auto sleeper = log->OpenFenced(topic + ".relay");
  ASSERT_TRUE(sleeper && (*sleeper)->Append({{topic, "k", "old", {}}}));
  const auto successor = elsewhere->OpenFenced(topic + ".relay");
  ASSERT_TRUE(successor && (*successor)->Append({{topic, "k", "new", {}}}));
  for (int i = 0; i < 2; ++i) {
    const auto fenced = (*sleeper)->Append({{topic, "k", "stale", {}}});
    ASSERT_FALSE(fenced);
    EXPECT_EQ(fenced.error().kind, ErrorKind::kConflict) << fenced.error().message;
  }
  const auto other = log->OpenFenced(topic + ".another");  // another name is not affected
  ASSERT_TRUE(other && (*other)->Append({{topic, "k", "other", {}}}));
  ASSERT_TRUE((*successor)->Append({{topic, "k", "newer", {}}}));
  const auto member = Join(topic + ".group");
  std::string values;
  for (const LogRecord& record : Take(*member, 4)) values += record.value + " ";
  EXPECT_EQ(values, "old new other newer ");
}

TEST_P(LogConformance, GrowsATopicButNeverShrinksIt) {
  Make(topic, 3);
  EXPECT_EQ(log->DescribeTopics({topic})->at(topic).partitions, 3);
  const auto shrunk = log->ApplyTopics({{topic, 2, 1, KeepForeverSettings()}});
  ASSERT_FALSE(shrunk);
  EXPECT_EQ(shrunk.error().kind, ErrorKind::kConfiguration);
}

TEST_P(LogConformance, ATopicThatKeepsItsPartitionsDoesNotGrow) {
  TopicSpec spec{topic + ".kept", 2, 1, {}, true};
  ASSERT_TRUE(log->ApplyTopics({spec}));
  for (int wanted : {4, 1}) {
    spec.partitions = wanted;
    ASSERT_TRUE(log->ApplyTopics({spec}));
    EXPECT_EQ(log->PartitionCount(spec.name).value_or(0), 2);
    const auto plan = PlanTopics(*log, {spec});
    ASSERT_TRUE(plan);
    EXPECT_TRUE(plan->front().changes.empty());
    EXPECT_EQ(plan->front().kept_partitions, 2);
  }
}

TEST_P(LogConformance, GivesARunningMemberThePartitionsATopicGrowsBy) {
  const auto member = Join(topic + ".growing");
  Append("k", "before");
  EXPECT_EQ(Take(*member, 1).front().value, "before");
  auto other = GetParam().open();  // as another process would
  ASSERT_TRUE(other->ApplyTopics({{topic, 4, 1, KeepForeverSettings()}}));
  // The member learns of the partitions at once or when it next checks the topics; the appender's view may lag too.
  for (int round = 0; round < 300 && member->Assignment().size() < 4; ++round) {
    ASSERT_TRUE(member->Poll({.wait = std::chrono::milliseconds(100)}));
  }
  ASSERT_EQ(member->Assignment().size(), 4u);
  const std::string key = [] {
    int i = 0;
    while (PartitionForKey(std::to_string(i), 4) == 0) ++i;
    return std::to_string(i);
  }();
  other = GetParam().open();
  std::promise<Result<Appended>> promise;
  ASSERT_TRUE(
      other->Append({topic, key, "after", {}}, [&](Result<Appended> place) { promise.set_value(std::move(place)); }));
  const auto place = promise.get_future().get();
  ASSERT_TRUE(place) << place.error().message;
  EXPECT_NE(place->at.partition, 0);
  // A rebalance resets every partition to its start position, so the first record may come again.
  bool came = false;
  for (int round = 0; round < 300 && !came; ++round) {
    const auto some = member->Poll({.wait = std::chrono::milliseconds(100)});
    ASSERT_TRUE(some);
    came = std::any_of(some->begin(), some->end(), [](const LogRecord& record) { return record.value == "after"; });
  }
  EXPECT_TRUE(came);
}

TEST_P(LogConformance, RefusesAMissingTopic) {
  EXPECT_EQ(log->PartitionCount(topic + ".missing").value_or(-1), 0);
  EXPECT_FALSE(log->DescribeTopics({topic + ".missing"})->at(topic + ".missing").exists);
  const auto member =
      log->Join("group", {topic + ".missing"}, [](const TopicPartition&) -> Result<Offset> { return 0; });
  ASSERT_FALSE(member);
  EXPECT_EQ(member.error().kind, ErrorKind::kConfiguration);
  EXPECT_EQ(CheckTopics(*log, {{topic + ".missing", 1, 1, {}}}, {}).error().kind, ErrorKind::kConfiguration);
  EXPECT_TRUE(CheckTopics(*log, {{topic, 1, 1, {}}}, {topic}));
}

}  // namespace ytterby::testing
