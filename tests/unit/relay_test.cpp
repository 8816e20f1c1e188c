// The relay with a log in memory: the record topics hold the current view, whatever dies on the way.
#include "consumers/relay/relay.hpp"

#include <gtest/gtest.h>

#include "tests/support/pipeline.hpp"

namespace ytterby::testing {
namespace {

class RelayTest : public ::testing::Test {
 protected:
  static RelayOptions Options(std::chrono::milliseconds lease = std::chrono::seconds(60)) {
    RelayOptions options;
    options.lease = lease;
    options.issues = 3;
    options.batch_bytes = 20'000;
    return options;
  }
  // Runs steps until everything is published; returns the number of steps.
  int Settle(Relay& relay) {
    for (int steps = 1; steps < 100'000; ++steps) {
      const auto step = relay.RunStep();
      EXPECT_TRUE(step) << step.error().message;
      if (!step || *step == Relay::Step::kIdle) return steps;
    }
    ADD_FAILURE() << "the relay does not settle";
    return 0;
  }
  int Settle() {
    Relay relay(pipeline.log, *pipeline.store, pipeline.relay_events, Options());
    return Settle(relay);
  }

  // The contents of the record topics after compaction.
  std::map<std::string, std::string> Compacted() const {
    std::map<std::string, std::string> left;
    for (RecordKind kind : PublishedKinds()) {
      const auto records = pipeline.log.records.find({RecordTopic(kind), 0});
      if (records == pipeline.log.records.end()) continue;
      for (const LogRecord& record : records->second) {
        if (record.tombstone) {
          left.erase(RecordTopic(kind) + "/" + record.key);
        } else {
          left[RecordTopic(kind) + "/" + record.key] = record.value;
        }
      }
    }
    return left;
  }
  std::map<std::string, std::string> View() {
    std::map<std::string, std::string> view;
    for (RecordKind kind : PublishedKinds()) {
      EXPECT_TRUE(ForEachRecord(*Now(*pipeline.store), kind, [&](const ViewRecord& record) {
        view[RecordTopic(kind) + "/" + record.id] = ExportLine(record, false);
      }));
    }
    return view;
  }
  void ExpectTopicsAreTheView() {
    const auto left = Compacted(), view = View();
    EXPECT_EQ(left.size(), view.size());
    for (const auto& [key, value] : view) {
      const auto found = left.find(key);
      ASSERT_NE(found, left.end()) << key;
      ASSERT_EQ(found->second, value);
    }
  }
  RelayLease TakeLease() {
    // A bounded wait: the last holder may have released the lease in this same millisecond.
    for (int round = 0; round < 100'000; ++round) {
      const auto lease = pipeline.store->relay().TakeRelay("test", std::chrono::milliseconds(0));
      if (lease && *lease) return **lease;
    }
    ADD_FAILURE() << "the lease was not released";
    return {};
  }
  std::size_t Events() const {
    std::size_t events = 0;
    for (RecordKind kind : PublishedKinds()) events += pipeline.log.Count(RecordTopic(kind));
    return events;
  }
  // The same ce_id always means the same event, and a key's sequence never decreases.
  void ExpectNoEventInvented() const {
    std::map<std::string, std::string> by_id;
    for (RecordKind kind : PublishedKinds()) {
      const auto records = pipeline.log.records.find({RecordTopic(kind), 0});
      if (records == pipeline.log.records.end()) continue;
      std::map<std::string, std::int64_t> last;
      for (const LogRecord& record : records->second) {
        const auto event = DecodeRecordEvent(record);
        ASSERT_TRUE(event) << event.error().message;
        const std::string content = event->gone ? "(gone)" : event->value;
        const auto [known, fresh] = by_id.try_emplace(*FindHeader(record.headers, "ce_id"), content);
        EXPECT_TRUE(fresh || known->second == content) << record.key;
        EXPECT_GE(event->sequence, last[record.key]);
        last[record.key] = event->sequence;
      }
    }
  }
  void Publish(int issue, bool correction = false) {
    ASSERT_TRUE(pipeline.Publish(std::to_string(issue) + (correction ? "-corrected" : ""), Issue(issue, correction),
                                 correction ? 1 : 0));
    pipeline.Drain();
  }

  Pipeline pipeline;
};

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

TEST_F(RelayTest, SequencesContinueAfterTheRecordTopicsWereLost) {
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

// A topic is deleted and recreated, and the relay is not notified.
TEST_F(RelayTest, ARecreatedRecordTopicIsFilledWhenTheNextIsPublished) {
  for (int issue : {1, 2}) Publish(issue);
  RelayOptions options = Options();
  options.look = std::chrono::milliseconds(0);
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
TEST_F(RelayTest, ARecreatedRecordTopicThatHasGrownIsFilled) {
  RelayOptions options = Options();
  options.look = std::chrono::hours(1);
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
TEST_F(RelayTest, ABatchThatDoesNotShowYetIsNoRecreatedTopic) {
  pipeline.log.late_marks = true;
  RelayOptions options = Options();
  options.look = std::chrono::milliseconds(0);
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

TEST_F(RelayTest, ARecreatedTopicIsNotForgottenWhenALookFails) {
  RelayOptions options = Options();
  options.look = std::chrono::milliseconds(0);
  Publish(1);
  Relay relay(pipeline.log, *pipeline.store, pipeline.relay_events, options);
  Settle(relay);
  pipeline.log.records[{RecordTopic(RecordKind::kPrice), 0}].clear();
  Publish(2);
  pipeline.log.refuse_look = RecordTopic(RecordKind::kFinding);  // checked after the prices
  for (int tries = 0; tries < 10 && !pipeline.log.refuse_look.empty(); ++tries) (void)relay.RunStep();
  EXPECT_EQ(pipeline.log.refuse_look, "");
  Settle(relay);
  EXPECT_EQ(pipeline.Errors("relay", "log-changed"), 1);
  ExpectTopicsAreTheView();
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

TEST_F(RelayTest, ANotedSequenceIsNotReusedAfterTheRecordTopicsWereLost) {
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

TEST_F(RelayTest, ForeignRecordsOnItsTopicsAreLeftAlone) {
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

// A consumer that is stuck while documents arrive does not stop the relay from noting what is on the topics.
TEST_F(RelayTest, WhatWasComparedIsNotedThoughIssuesWait) {
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

// Two stores on one log, as when a second process with its own store is started by mistake. Both would publish the same
// keys, each with its own sequences.
class TwoStoresTest : public RelayTest {
 protected:
  void SetUp() override {
    Publish(1);
    auto opened = OpenStore("sqlite:" + (pipeline.folder.path() / "second.db").string(), false);
    ASSERT_TRUE(opened);
    second = std::move(*opened);
    pipeline.store.swap(second);
    pipeline.Drain();  // the second store has seen the same sections
    pipeline.store.swap(second);
  }
  static RelayOptions AlwaysLooking() {
    RelayOptions options = Options();
    options.owner_look = std::chrono::milliseconds(0);
    return options;
  }
  // A bounded wait: the previous relay may have released its lease in this same millisecond.
  static Relay::Step FirstStep(Relay& relay) {
    for (int round = 0; round < 100'000; ++round) {
      const auto step = relay.RunStep();
      if (!step || *step != Relay::Step::kNotHeld) return step.value_or(Relay::Step::kNotHeld);
    }
    return Relay::Step::kNotHeld;
  }
  // In the order of a key's events, its sequences must increase or repeat.
  void ExpectOnePublisher() {
    ExpectNoEventInvented();
    ExpectTopicsAreTheView();
  }

  std::unique_ptr<Store> second;
  RelayEvents second_events{pipeline.metrics, pipeline.health};
};

TEST_F(TwoStoresTest, TheFirstToPublishOwnsTheTopicsAndTheSecondPublishesNothing) {
  Settle();
  const std::size_t events = Events();
  Relay other(pipeline.log, *second, second_events, AlwaysLooking());
  for (int step = 0; step < 5; ++step) EXPECT_EQ(*other.RunStep(), Relay::Step::kNotOwner);
  EXPECT_EQ(Events(), events);
  EXPECT_EQ(pipeline.Errors("relay", "not-owner"), 1) << "reported once";
  // A correction reaches the topics once, from the owner.
  Publish(1, true);
  Settle();
  EXPECT_EQ(*other.RunStep(), Relay::Step::kNotOwner);
  ExpectOnePublisher();
}

TEST_F(TwoStoresTest, TheOneThatWasThereAfterIsTheOwnerAfterARestartToo) {
  Relay first(pipeline.log, *second, second_events, AlwaysLooking());
  Settle(first);
  const std::size_t events = Events();
  for (int restart = 0; restart < 2; ++restart) {
    Relay other(pipeline.log, *pipeline.store, pipeline.relay_events, AlwaysLooking());
    EXPECT_EQ(FirstStep(other), Relay::Step::kNotOwner);
  }
  EXPECT_EQ(Events(), events);
  const auto owner = ReadOwner(pipeline.log);
  ASSERT_TRUE(owner && owner->owner);
  EXPECT_EQ(owner->owner->store, second->Id());
}

TEST_F(TwoStoresTest, OfTwoThatClaimAtOnceOneFails) {
  Relay one(pipeline.log, *pipeline.store, pipeline.relay_events, AlwaysLooking());
  Relay other(pipeline.log, *second, second_events, AlwaysLooking());
  // The other relay claims the topics between this relay's check and its own claim.
  pipeline.log.before_fenced = [&] { EXPECT_TRUE(other.RunStep()); };
  EXPECT_EQ(*one.RunStep(), Relay::Step::kNotHeld);
  EXPECT_EQ(*one.RunStep(), Relay::Step::kNotOwner);
  Settle(other);
  EXPECT_EQ(*one.RunStep(), Relay::Step::kNotOwner);
  ExpectNoEventInvented();
}

TEST_F(TwoStoresTest, AnOwnerThatWasPausedWhileAnotherAdoptedAppendsNothingMore) {
  Relay paused(pipeline.log, *pipeline.store, pipeline.relay_events, AlwaysLooking());
  Settle(paused);
  Publish(2);
  std::size_t events = 0;
  // The other store adopts the topics in the middle of a batch, before it is appended.
  pipeline.log.before_fenced = [&] {
    EXPECT_TRUE(AdoptRecordTopics(pipeline.log, second->Id()));
    events = Events();
  };
  EXPECT_EQ(*paused.RunStep(), Relay::Step::kNotHeld);
  EXPECT_EQ(Events(), events);
  EXPECT_EQ(*paused.RunStep(), Relay::Step::kNotOwner);
  // The new owner continues after all sequences of the old one.
  pipeline.store.swap(second);
  pipeline.Drain();
  Relay adopter(pipeline.log, *pipeline.store, second_events, AlwaysLooking());
  Settle(adopter);
  ExpectOnePublisher();
  // And back again: the relay first reads what the other published in between.
  Publish(1, true);
  Settle(adopter);
  pipeline.store.swap(second);
  pipeline.Drain();
  ASSERT_TRUE(AdoptRecordTopics(pipeline.log, pipeline.store->Id()));
  Settle(paused);
  ExpectOnePublisher();
}

TEST_F(RelayTest, ARebuiltStorePublishesNothingNewWhenNothingChanged) {
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
