// What a relay reads back from the record topics when it takes them over, and when they were lost or recreated.
#include "consumers/relay/relay.hpp"

#include <gtest/gtest.h>

#include "tests/support/captured_log.hpp"
#include "tests/support/relay_fixture.hpp"

namespace ytterby::testing {
namespace {

class RelayTakeoverTest : public RelayFixture {};

TEST_F(RelayTakeoverTest, TheLogSaysWhoPublishesAfterEachTakeover) {
  Publish(0);
  CapturedLog log;
  Relay relay(pipeline.log, *pipeline.store, pipeline.relay_events, Options(std::chrono::milliseconds(0)));
  Settle(relay);
  EXPECT_EQ(log.Take(), "info relay: this process publishes on the record topics\n");
  TakeLease(std::chrono::seconds(60));
  for (int round = 0; round < 3; ++round) EXPECT_EQ(relay.RunStep().value(), Relay::Step::kNotHeld);
  EXPECT_EQ(log.Take(), "info relay: another process of this store publishes\n");
  TakeLease();
  auto step = Relay::Step::kNotHeld;  // until the lease's last millisecond is over
  for (int round = 0; round < 100'000 && step == Relay::Step::kNotHeld; ++round) step = relay.RunStep().value();
  EXPECT_EQ(log.Take(), "info relay: this process publishes on the record topics\n");
}

TEST_F(RelayTakeoverTest, SequencesContinueAfterTheRecordTopicsWereLost) {
  for (int issue = 0; issue < 2; ++issue) Publish(issue);
  Settle();
  Publish(1, true);
  Settle();
  std::int64_t greatest = 0;
  for (RecordKind kind : PublishedKinds()) {
    for (const LogRecord& record : pipeline.log.records[{RecordTopic(kind), 0}]) {
      greatest = std::max(greatest, DecodeRecordEvent(record)->sequence);
    }
    pipeline.log.records[{RecordTopic(kind), 0}].clear();
  }
  EXPECT_GT(greatest, 1);
  ASSERT_TRUE(pipeline.store->relay().ForgetPublished());
  Settle();
  ExpectTopicsAreTheView();
  for (RecordKind kind : PublishedKinds()) {
    for (const LogRecord& record : pipeline.log.records[{RecordTopic(kind), 0}]) {
      EXPECT_GT(DecodeRecordEvent(record)->sequence, greatest) << record.key;
    }
  }
}

// A stranger's tombstones and values would stay for ever: `topics republish` forgets what is known and reads again.
TEST_F(RelayTakeoverTest, WhatAStrangerWroteIsReplaced) {
  for (int issue : {1, 2}) Publish(issue);
  Settle();
  auto& records = pipeline.log.records[{RecordTopic(RecordKind::kPrice), 0}];
  ASSERT_GT(records.size(), 3u);
  const std::string deleted = records[0].key, overwritten = records[1].key;
  LogRecord strange;
  strange.at = records[0].at;
  strange.key = deleted;
  strange.tombstone = true;
  strange.offset = records.back().offset + 1;
  records.push_back(strange);
  strange.key = overwritten;
  strange.tombstone = false;
  strange.value = "{\"product\":\"gold\"}";
  ++strange.offset;
  records.push_back(strange);
  ASSERT_TRUE(pipeline.store->relay().ForgetPublished());
  const std::size_t before = Events();
  Settle();
  ExpectTopicsAreTheView();
  EXPECT_EQ(Events(), before + 2) << "only these two are published again";
}

// A topic is deleted and recreated, and the relay is not notified.
TEST_F(RelayTakeoverTest, ARecreatedRecordTopicIsFilledWhenTheNextIsPublished) {
  for (int issue : {1, 2}) Publish(issue);
  RelayOptions options = Options();
  options.recreated_check = std::chrono::milliseconds(0);
  const std::string topic = RecordTopic(RecordKind::kPrice);
  {
    Relay relay(pipeline.log, *pipeline.store, pipeline.relay_events, options);
    Settle(relay);
    const std::size_t prices = pipeline.log.Count(topic), others = Events() - prices;
    ASSERT_GT(prices, 0u);
    pipeline.log.records[{topic, 0}].clear();
    Publish(3);
    Settle(relay);
    EXPECT_EQ(pipeline.Errors("relay", "log-changed"), 1);
    ExpectTopicsAreTheView();
    EXPECT_GE(pipeline.log.Count(topic), prices);
    EXPECT_LT(Events() - pipeline.log.Count(topic), 2 * others);  // nothing is repeated on the others
  }
  // All topics are recreated while no process is running.
  for (RecordKind kind : PublishedKinds()) pipeline.log.records[{RecordTopic(kind), 0}].clear();
  Publish(4);
  Settle();
  EXPECT_EQ(pipeline.Errors("relay", "log-changed"), 2);
  ExpectTopicsAreTheView();
}

// Recreated and grown past its former end between two checks: the offset of the next batch reveals it.
TEST_F(RelayTakeoverTest, ARecreatedRecordTopicThatHasGrownIsFilled) {
  RelayOptions options = Options();
  options.recreated_check = std::chrono::hours(1);
  Publish(1);
  Relay relay(pipeline.log, *pipeline.store, pipeline.relay_events, options);
  Settle(relay);
  auto& prices = pipeline.log.records[{RecordTopic(RecordKind::kPrice), 0}];
  const std::size_t before = prices.size();
  ASSERT_GT(before, 0u);
  prices.clear();
  for (int issue : {2, 3, 4}) Publish(issue);
  Settle(relay);
  EXPECT_GT(prices.size(), before);
  EXPECT_EQ(pipeline.Errors("relay", "log-changed"), 1);
  ExpectTopicsAreTheView();
}

// Kafka acknowledges a commit before it has marked the batch as committed. Until then, for a reader of committed
// records, the topic ends before the batch.
TEST_F(RelayTakeoverTest, ABatchThatDoesNotShowYetIsNoRecreatedTopic) {
  pipeline.log.late_marks = true;
  RelayOptions options = Options();
  options.recreated_check = std::chrono::milliseconds(0);
  Publish(1);
  Relay relay(pipeline.log, *pipeline.store, pipeline.relay_events, options);
  Settle(relay);
  for (int issue : {2, 3}) {
    Publish(issue);
    Settle(relay);
  }
  EXPECT_EQ(pipeline.Errors("relay", "log-changed"), 0);
  ExpectTopicsAreTheView();
}

TEST_F(RelayTakeoverTest, ARecreatedTopicIsStillNoticedAfterACheckFailed) {
  RelayOptions options = Options();
  options.recreated_check = std::chrono::milliseconds(0);
  Publish(1);
  Relay relay(pipeline.log, *pipeline.store, pipeline.relay_events, options);
  Settle(relay);
  pipeline.log.records[{RecordTopic(RecordKind::kPrice), 0}].clear();
  Publish(2);
  pipeline.log.refuse_watermarks = RecordTopic(RecordKind::kFinding);  // checked after the prices
  for (int tries = 0; tries < 10 && !pipeline.log.refuse_watermarks.empty(); ++tries) (void)relay.RunStep();
  EXPECT_EQ(pipeline.log.refuse_watermarks, "");
  Settle(relay);
  EXPECT_EQ(pipeline.Errors("relay", "log-changed"), 1);
  ExpectTopicsAreTheView();
}

TEST_F(RelayTakeoverTest, ANotedSequenceIsNotReusedAfterTheRecordTopicsWereLost) {
  Publish(0);
  Settle();
  const IssueId issue = Now(*pipeline.store)->Issues("prices")->front();
  ASSERT_TRUE(pipeline.store->relay().WriteRelay(
      TakeLease().term, {.noted = {{RecordKind::kQuota, "0123", issue, Sha256("{}"), 40, false}}}));
  ASSERT_TRUE(pipeline.store->relay().ForgetPublished());
  for (RecordKind kind : PublishedKinds()) pipeline.log.records[{RecordTopic(kind), 0}].clear();
  Settle();
  ExpectTopicsAreTheView();
  for (RecordKind kind : PublishedKinds()) {
    for (const LogRecord& record : pipeline.log.records[{RecordTopic(kind), 0}])
      EXPECT_GT(DecodeRecordEvent(record)->sequence, 40);
  }
}

TEST_F(RelayTakeoverTest, ForeignRecordsOnItsTopicsAreLeftAlone) {
  const std::string topic = RecordTopic(RecordKind::kPrice);
  for (const std::string& key : {std::string("\xff"), std::string("a\0b", 3)}) {
    const OutgoingRecord foreign{topic, key, "{}", {{"ce_subject", "s/2024-01"}, {"ce_sequence", "3"}}};
    ASSERT_TRUE(pipeline.log.Append(foreign, [](const Result<Appended>&) {}));
  }
  Publish(0);
  Settle();
  const auto left = Compacted();
  for (const auto& [key, value] : View()) EXPECT_EQ(left.at(key), value);
  EXPECT_EQ(left.at(topic + "/\xff"), "{}");
}

// A consumer that is stuck while documents arrive does not stop the relay from noting what is on the topics.
TEST_F(RelayTakeoverTest, WhatWasComparedIsNotedThoughIssuesWait) {
  Publish(0);
  RelayOptions options = Options();
  options.patience = std::chrono::hours(1);
  {
    Relay relay(pipeline.log, *pipeline.store, pipeline.relay_events, options);
    EXPECT_EQ(relay.RunStep().value_or(Relay::Step::kIdle), Relay::Step::kWorked);
    ASSERT_TRUE(pipeline.Publish("1", Issue(1)));
    pipeline.Drain("prices");
    for (auto step = relay.RunStep(); step && *step != Relay::Step::kWaiting;) step = relay.RunStep();
  }
  EXPECT_TRUE(TakeLease().mark.log_id.starts_with(pipeline.log.Id() + " "));
}

TEST_F(RelayTakeoverTest, ARebuiltStorePublishesNothingNewWhenNothingChanged) {
  for (int issue = 0; issue < 4; ++issue) Publish(issue);
  Settle();
  Publish(1, true);
  Settle();
  const std::size_t events = Events();
  const auto view = View();
  pipeline.store.reset();
  pipeline.OpenStore("rebuilt.db");
  ASSERT_TRUE(AdoptRecordTopics(pipeline.log, pipeline.store->Id()));
  {
    Relay early(pipeline.log, *pipeline.store, pipeline.relay_events, Options());
    for (int step = 0; step < 5; ++step) {
      const auto taken = early.RunStep();
      ASSERT_TRUE(taken) << taken.error().message;
      EXPECT_EQ(*taken, Relay::Step::kBehind);  // nothing is retracted while the store is being filled
    }
    pipeline.Drain();
    Settle(early);
  }
  EXPECT_EQ(Events(), events);
  EXPECT_TRUE(View() == view);
  // The sequence of a record that is new to the topics starts after all sequences they ever had.
  Publish(7);
  Settle();
  EXPECT_GT(Events(), events);
  ExpectTopicsAreTheView();
  ExpectNoEventInvented();
}

}  // namespace
}  // namespace ytterby::testing
