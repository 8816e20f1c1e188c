// The owner of the record topics: of two stores on one log, one publishes.
#include "consumers/relay/record_owner.hpp"

#include <gtest/gtest.h>

#include "tests/support/relay_fixture.hpp"

namespace ytterby::testing {
namespace {

// Two stores on one log, as when a second process with its own store is started by mistake. Both would publish the same
// keys, each with its own sequences.
class RecordOwnerTest : public RelayFixture {
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
    options.owner_check = std::chrono::milliseconds(0);
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

TEST_F(RecordOwnerTest, TheFirstToPublishOwnsTheTopicsAndTheSecondPublishesNothing) {
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

TEST_F(RecordOwnerTest, TheOneThatWasThereAfterIsTheOwnerAfterARestartToo) {
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

TEST_F(RecordOwnerTest, OfTwoThatClaimAtOnceOneFails) {
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

TEST_F(RecordOwnerTest, AnOwnerThatWasPausedWhileAnotherAdoptedAppendsNothingMore) {
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

}  // namespace
}  // namespace ytterby::testing
