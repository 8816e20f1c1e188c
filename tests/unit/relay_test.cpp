// The relay with a log in memory: the record topics hold the current view, whatever dies on the way.
#include "consumers/relay/relay.hpp"

#include <gtest/gtest.h>

#include "tests/support/relay_fixture.hpp"

namespace ytterby::testing {
namespace {

class RelayTest : public RelayFixture {};

TEST_F(RelayTest, TheRecordTopicsCompactedAreTheCurrentView) {
  for (int issue = 0; issue < 5; ++issue) Publish(issue);
  EXPECT_GT(Settle(), 1);
  EXPECT_GT(Compacted().size(), 100u);
  ExpectTopicsAreTheView();
  const std::size_t events = Events();
  Settle();
  EXPECT_EQ(Events(), events);
  Publish(2, true);
  Settle();
  EXPECT_GT(Events(), events);
  EXPECT_LT(Events(), events * 3 / 2) << "only what changed is published";
  ExpectTopicsAreTheView();
  ExpectNoEventInvented();
}

TEST_F(RelayTest, ARecordThatLeavesTheViewIsATombstoneUnderALaterSequence) {
  Publish(0);
  Settle();
  // As if the view had once held another record: note it as published.
  const IssueId issue = Now(*pipeline.store)->Issues("prices")->front();
  ASSERT_TRUE(pipeline.store->relay().WriteRelay(
      TakeLease().term, {.published = {{RecordKind::kQuota, "0123", issue, Sha256("{}"), 4, true}}}));
  Publish(0, true);
  Settle();
  const auto& quotas = pipeline.log.records[{RecordTopic(RecordKind::kQuota), 0}];
  const auto gone =
      std::find_if(quotas.begin(), quotas.end(), [](const LogRecord& record) { return record.key == "0123"; });
  ASSERT_NE(gone, quotas.end());
  EXPECT_TRUE(gone->tombstone);
  EXPECT_EQ(*FindHeader(gone->headers, "ce_sequence"), "5");
  ExpectTopicsAreTheView();
}

TEST_F(RelayTest, ACrashAnywhereRepeatsAnEventAndNeverInventsOne) {
  for (int issue = 0; issue < 3; ++issue) Publish(issue);
  // In each round a different transaction dies: before the log took it, or after that but before the relay was
  // notified. Meanwhile the view changes.
  for (int round = 0; round < 8; ++round) {
    if (round % 2 == 0) {
      pipeline.log.fail_fenced = 1;
    } else {
      pipeline.log.die_after_fenced = 1 + round / 2;
    }
    {
      Relay relay(pipeline.log, *pipeline.store, pipeline.relay_events, Options());
      for (int step = 0; step < 100'000; ++step) {
        const auto taken = relay.RunStep();
        if (!taken || *taken == Relay::Step::kIdle) break;
      }
    }
    pipeline.log.fail_fenced = pipeline.log.die_after_fenced = 0;
    if (round % 3 == 1) Publish(round / 3, true);
  }
  Settle();
  ExpectTopicsAreTheView();
  ExpectNoEventInvented();
}

TEST_F(RelayTest, PublishesAtOnceWhenAllConsumersAreDoneElseAfterTheLongestWait) {
  for (int issue = 0; issue < 2; ++issue) Publish(issue);
  Settle();
  const std::size_t events = Events();
  RelayOptions options = Options();
  options.patience = std::chrono::hours(1);
  {
    Relay patient(pipeline.log, *pipeline.store, pipeline.relay_events, options);
    ASSERT_TRUE(pipeline.Publish("2", Issue(2)));
    pipeline.Drain("prices");
    for (int step = 0; step < 3; ++step) {
      const auto taken = patient.RunStep();
      ASSERT_TRUE(taken) << taken.error().message;
      EXPECT_EQ(*taken, Relay::Step::kWaiting);
    }
    EXPECT_EQ(Events(), events);
    pipeline.Drain();
    Settle(patient);
    EXPECT_GT(Events(), events);
    ExpectTopicsAreTheView();
  }
  const std::size_t before = Events();
  options.patience = std::chrono::milliseconds(1);
  ASSERT_TRUE(pipeline.Publish("3", Issue(3)));
  pipeline.Drain("prices");
  Relay hasty(pipeline.log, *pipeline.store, pipeline.relay_events, options);
  Settle(hasty);
  EXPECT_GT(Events(), before);
  ExpectTopicsAreTheView();
}

TEST_F(RelayTest, ARelayThatSleptPublishesNothingStale) {
  Publish(0);
  Settle();
  Publish(0, true);
  Relay sleeper(pipeline.log, *pipeline.store, pipeline.relay_events, Options(std::chrono::milliseconds(0)));
  // It notes what it will send and sleeps past its lease; another relay publishes that and a later state.
  pipeline.log.before_fenced = [&] {
    Publish(1);
    Relay successor(pipeline.log, *pipeline.store, pipeline.relay_events, Options());
    Settle(successor);
  };
  auto step = sleeper.RunStep();
  ASSERT_TRUE(step) << step.error().message;
  EXPECT_EQ(*step, Relay::Step::kNotHeld);
  ExpectTopicsAreTheView();
  ExpectNoEventInvented();
  const std::size_t events = Events();
  Settle();
  EXPECT_EQ(Events(), events);
}

TEST_F(RelayTest, WhatWasReadUnderATermThatEndedIsNotPublishedUnderTheNext) {
  Publish(0);
  Settle();
  Publish(0, true);
  // It sleeps while comparing. Another relay takes the lease, publishes that and a later state, and releases the lease.
  RelayOptions options = Options(std::chrono::milliseconds(0));
  bool slept = false;
  options.stop = [&] {
    if (!std::exchange(slept, true)) {
      Publish(0);
      Publish(1, true);
      Relay other(pipeline.log, *pipeline.store, pipeline.relay_events, Options());
      Settle(other);
    }
    return false;
  };
  Relay sleeper(pipeline.log, *pipeline.store, pipeline.relay_events, options);
  auto step = sleeper.RunStep();
  while (step && !slept) step = sleeper.RunStep();
  ASSERT_TRUE(step) << step.error().message;
  EXPECT_EQ(*step, Relay::Step::kNotHeld);
  ExpectTopicsAreTheView();
  ExpectNoEventInvented();
}

TEST_F(RelayTest, ARefusedRecordDoesNotBlockOthers) {
  Publish(1);
  const std::string topic = RecordTopic(RecordKind::kPrice);
  std::string refused;
  for (const auto& [key, value] : View()) {
    if (key.starts_with(topic)) refused = key.substr(topic.size() + 1);
  }
  ASSERT_FALSE(refused.empty());
  pipeline.log.never_takes = [&](const OutgoingRecord& record) { return record.key == refused; };
  Settle();
  auto view = View();
  EXPECT_EQ(view.erase(topic + "/" + refused), 1u);
  EXPECT_TRUE(Compacted() == view);
  EXPECT_EQ(pipeline.Errors("relay", "refused"), 1);
  const std::size_t events = Events();
  Settle();
  EXPECT_EQ(Events(), events);
  // The limit was raised: the record is published with the next change of its issue.
  pipeline.log.never_takes = nullptr;
  Publish(1, true);
  Settle();
  ExpectTopicsAreTheView();
}

// Once it stopped the relay for good.
TEST_F(RelayTest, AnIssueWithDamagedRowsDoesNotBlockOthers) {
  for (int issue = 1; issue <= 3; ++issue) ASSERT_TRUE(pipeline.Publish(std::to_string(issue), testing::Issue(issue)));
  pipeline.Drain();
  const auto change = [&](const std::string& sql) {
    auto db = Database::Open(pipeline.folder.path() / "store.db", {});
    ASSERT_TRUE(db) << db.error().message;
    ASSERT_TRUE(db->Execute(sql));
  };
  change("CREATE TABLE whole AS SELECT * FROM prices_row");
  change(
      "UPDATE prices_row SET body = replace(body, '1', '2') WHERE section IN (SELECT s.id FROM prices_section s "
      "JOIN prices_issue i ON i.id = s.issue WHERE i.label = '" +
      testing::SyntheticLabel(2) + "')");
  RelayOptions options = Options();
  options.blocked = std::chrono::milliseconds(0);
  Relay relay(pipeline.log, *pipeline.store, pipeline.relay_events, options);
  const int errors = pipeline.Errors("relay", "refused");
  for (int step = 0; step < 50; ++step) {
    const auto taken = relay.RunStep();
    ASSERT_TRUE(taken) << taken.error().message;
  }
  // Issue 3 looks back at the prices of issue 2, so that its findings wait too.
  EXPECT_EQ(pipeline.Errors("relay", "refused"), errors + 2) << "said again at each try";
  const auto published = [&](int issue) {
    const auto compacted = Compacted();
    return std::any_of(compacted.begin(), compacted.end(), [&](const auto& one) {
      return one.first.starts_with("bulletin.prices/") &&
             one.second.find("\"issue\":\"" + testing::SyntheticLabel(issue) + "\"") != std::string::npos;
    });
  };
  EXPECT_TRUE(published(1));
  EXPECT_FALSE(published(2));
  EXPECT_TRUE(published(3));
  change("DELETE FROM prices_row");
  change("INSERT INTO prices_row SELECT * FROM whole");
  Settle(relay);
  ExpectTopicsAreTheView();
}

// The record topics are compared as a whole, with no issue marked as dirty: the damaged one stays to be done.
TEST_F(RelayTest, ADamagedIssueIsNotForgottenWhenEverythingIsCompared) {
  for (int issue = 1; issue <= 3; ++issue) ASSERT_TRUE(pipeline.Publish(std::to_string(issue), testing::Issue(issue)));
  pipeline.Drain();
  Settle();
  for (RecordKind kind : PublishedKinds()) pipeline.log.records.erase({RecordTopic(kind), 0});
  const auto change = [&](const std::string& sql) {
    auto db = Database::Open(pipeline.folder.path() / "store.db", {});
    ASSERT_TRUE(db) << db.error().message;
    ASSERT_TRUE(db->Execute(sql));
  };
  change("CREATE TABLE whole AS SELECT * FROM patents_row");
  change("UPDATE patents_row SET body = replace(body, '1', '2')");
  {
    // Blocks end at once, as they do when a batch takes longer than a block lasts.
    RelayOptions options = Options();
    options.blocked = std::chrono::milliseconds(0);
    Relay relay(pipeline.log, *pipeline.store, pipeline.relay_events, options);
    for (int step = 0; step < 50; ++step) ASSERT_TRUE(relay.RunStep());
    EXPECT_TRUE(relay.WhyBlocked());
  }
  {
    Relay relay(pipeline.log, *pipeline.store, pipeline.relay_events, Options());
    auto step = relay.RunStep();
    for (int steps = 0; step && *step != Relay::Step::kBlocked && steps < 100; ++steps) step = relay.RunStep();
    ASSERT_TRUE(step);
    EXPECT_EQ(*step, Relay::Step::kBlocked);
  }
  change("DELETE FROM patents_row");
  change("INSERT INTO patents_row SELECT * FROM whole");
  Settle();
  ExpectTopicsAreTheView();
}

TEST_F(RelayTest, StoppedWhileABatchIsUnderWayItLeavesNothingHalfDone) {
  for (int issue = 0; issue < 6; ++issue) Publish(issue);
  for (int turns = 1; turns < 12; ++turns) {
    RelayOptions options = Options();
    options.batch_bytes = 1;  // one batch per issue
    int asked = 0;
    options.stop = [&] { return ++asked > turns; };
    Relay relay(pipeline.log, *pipeline.store, pipeline.relay_events, options);
    for (auto step = relay.RunStep(); step && *step == Relay::Step::kWorked;) step = relay.RunStep();
    EXPECT_TRUE(pipeline.store->relay().Noted()->empty());
    Publish(turns % 6, turns % 2 == 0);
  }
  Settle();
  ExpectTopicsAreTheView();
  ExpectNoEventInvented();
}

TEST_F(RelayTest, OfTwoOnlyTheHolderOfTheLeasePublishes) {
  Publish(0);
  Relay one(pipeline.log, *pipeline.store, pipeline.relay_events, Options()),
      two(pipeline.log, *pipeline.store, pipeline.relay_events, Options());
  for (auto step = one.RunStep(); step && *step == Relay::Step::kNotHeld;) step = one.RunStep();
  const auto step = two.RunStep();
  ASSERT_TRUE(step);
  EXPECT_EQ(*step, Relay::Step::kNotHeld);
  Settle(one);
  ExpectTopicsAreTheView();
}

TEST_F(RelayTest, ARefusedDeadLetterStaysInTheStoreAndDoesNotBlockOthers) {
  for (const char* key : {"long", "short"}) {
    ASSERT_TRUE(pipeline.log.Append({"bulletin.sections.market", key, "poison", {}}, [](const Result<Appended>&) {}));
  }
  pipeline.log.never_takes = [](const OutgoingRecord& record) { return record.key == "long"; };
  Publish(1);
  Settle();
  Settle();
  const auto& copies = pipeline.log.records[{"bulletin.sections.market.dlq", 0}];
  ASSERT_EQ(copies.size(), 2u);
  for (const LogRecord& copy : copies) EXPECT_EQ(copy.key, "short");
  EXPECT_EQ(AllLetters(*pipeline.store, "prices").size(), 2u);
  ExpectTopicsAreTheView();
}

TEST_F(RelayTest, ADeadLetterIsCopiedToItsTopicWithItsBytesAndWhatWentWrong) {
  ASSERT_TRUE(pipeline.log.Append({"bulletin.sections.market", "k", std::string("\0poison", 7), {{"h", "1"}}},
                                  [](const Result<Appended>&) {}));
  pipeline.Drain();
  Settle();
  Settle();
  const auto& copies = pipeline.log.records[{"bulletin.sections.market.dlq", 0}];
  ASSERT_EQ(copies.size(), 2u);  // one per consumer of the topic
  EXPECT_EQ(copies[0].key, "k");
  EXPECT_EQ(copies[0].value, std::string("\0poison", 7));
  EXPECT_EQ(*FindHeader(copies[0].headers, "h"), "1");
  EXPECT_EQ(*FindHeader(copies[0].headers, "__connect.errors.topic"), "bulletin.sections.market");
  EXPECT_EQ(*FindHeader(copies[0].headers, "__connect.errors.offset"), "0");
  EXPECT_NE(FindHeader(copies[0].headers, "__connect.errors.exception.message"), nullptr);
}

}  // namespace
}  // namespace ytterby::testing
