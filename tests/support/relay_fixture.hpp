// A relay with a log in memory and a store on disk, and what must hold of the record topics.
#pragma once

#include <gtest/gtest.h>

#include "consumers/relay/relay.hpp"
#include "tests/support/pipeline.hpp"

namespace ytterby::testing {

class RelayFixture : public ::testing::Test {
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
  RelayLease TakeLease(std::chrono::milliseconds lease = {}) {
    // A bounded wait: the last holder may have released the lease in this same millisecond.
    for (int round = 0; round < 100'000; ++round) {
      const auto taken = pipeline.store->relay().TakeRelay("test", lease);
      if (taken && *taken) return **taken;
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

}  // namespace ytterby::testing
