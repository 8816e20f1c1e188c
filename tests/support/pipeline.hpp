// The whole pipeline in one process: publish documents to a log, run the consumers until nothing is left, export.
#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <thread>

#include "consumers/consumer.hpp"
#include "consumers/relay/relay_events.hpp"
#include "consumers/stores/store.hpp"
#include "consumers/views/current_view.hpp"
#include "producers/publisher.hpp"
#include "tests/support/fake_log.hpp"
#include "tests/support/stores.hpp"
#include "tests/support/synthetic.hpp"
#include "tests/support/temporary_folder.hpp"

namespace ytterby::testing {

// A small synthetic issue, and its correction.
inline std::string Issue(int index, bool correction = false) {
  SyntheticOptions options;
  options.index = index;
  options.correction = correction;
  options.bytes = 15'000;
  return SyntheticBulletin(options);
}

class Pipeline {
 public:
  Pipeline() { Reopen(); }

  // Opens a new archive connection and publisher for the same folder, as after a kill.
  void Reopen() {
    publisher.reset();
    archive.reset();
    auto opened = Archive::Open(folder.path());
    EXPECT_TRUE(opened);
    archive = std::move(*opened);
    publisher = std::make_unique<Publisher>(log, *archive, producer_events, SystemClock(), options,
                                            [this](const PublishOutcome& outcome) { outcomes.push_back(outcome); });
  }
  void OpenStore(const std::string& name = "store.db") {
    auto opened = ytterby::OpenStore("sqlite:" + (folder.path() / name).string(), false);
    ASSERT_TRUE(opened) << opened.error().message;
    store = std::move(*opened);
  }
  Result<void> Publish(const std::string& name, const std::string& bytes, int priority = 0) {
    YT_CHECK(publisher->Offer({"test", name, "", priority, bytes, std::nullopt}));
    return publisher->Finish();
  }
  // Runs every consumer, or only the one named, until each has stored everything.
  void Drain(std::string_view only = {}) {
    if (!store) OpenStore();
    for (const Normaliser& normaliser : Normalisers()) {
      if (!only.empty() && normaliser.consumer != only) continue;
      Consumer consumer(normaliser, log, store->Id(), store->writer(), store->letters(), consumer_events, SystemClock(),
                        ConsumerOptions{});
      std::jthread thread([&](std::stop_token stop) { EXPECT_TRUE(consumer.Run(stop)); });
      const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
      while (!Stored(normaliser) && std::chrono::steady_clock::now() < deadline) std::this_thread::yield();
      EXPECT_TRUE(Stored(normaliser)) << normaliser.consumer;
    }
  }
  bool Stored(const Normaliser& normaliser) {
    for (const std::string& topic : TopicsOf(normaliser)) {
      const auto offset = store->writer().OffsetOf(std::string(normaliser.consumer), log.Id(), {topic, 0});
      if (!offset || (*offset ? (*offset)->next : 0) < log.GetWatermarks({topic, 0})->high) return false;
    }
    return true;
  }
  // The value of ytterby_errors_total for this stage and type.
  int Errors(const std::string& stage, const std::string& type) const {
    const std::string text = metrics.Text(),
                      name = fmt::format("\nytterby_errors_total{{stage=\"{}\",type=\"{}\"}} ", stage, type);
    const std::size_t at = text.find(name);
    return at == std::string::npos ? 0 : std::stoi(text.substr(at + name.size()));
  }
  // The trouble of a part of the process; nullopt while it works.
  std::optional<std::string> TroubleOf(const std::string& part) const {
    for (const HealthCheck& check : health.Checks()) {
      if (check.part == part) return check.trouble;
    }
    return "not known";
  }
  std::string Export() {
    std::string out;
    for (RecordKind kind : AllRecordKinds()) {
      EXPECT_TRUE(ForEachRecord(*Now(*store), kind,
                                [&](const ViewRecord& record) { out += ExportLine(record, false) + "\n"; }));
    }
    return out;
  }

  TemporaryFolder folder;
  FakeLog log;
  Metrics metrics;
  Health health{metrics};
  ProducerEvents producer_events{metrics, health};
  ConsumerEvents consumer_events{metrics, health, {"prices", "patents", "policies", "articles"}};
  RelayEvents relay_events{metrics, health};
  PublisherOptions options;
  std::vector<PublishOutcome> outcomes;
  std::unique_ptr<Archive> archive;
  std::unique_ptr<Publisher> publisher;
  std::unique_ptr<Store> store;
};

}  // namespace ytterby::testing
