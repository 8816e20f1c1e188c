// A metric's name is an interface, and so is a configuration key: golden files hold the whole lists.
#include "common/metrics.hpp"

#include <gtest/gtest.h>

#include "common/config.hpp"
#include "consumers/consumer_events.hpp"
#include "producers/producer_events.hpp"
#include "tests/support/temporary_folder.hpp"

namespace ytterby {
namespace {

std::string Lines(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += line + "\n";
  return text;
}

std::string Fixture(const std::string& name) { return testing::ReadAll(std::string(YTTERBY_SOURCE_DIR) + "/tests/fixtures/" + name); }

TEST(MetricsTest, TheNamesAreThoseOfTheGoldenFile) {
  Metrics metrics;
  ProducerEvents producer(metrics);
  producer.DocumentPublished("f", "n", 1, 2);
  producer.DocumentUnchanged("f");
  producer.DocumentRejected("f", "n", {RejectReason::kEmpty, "m"});
  producer.DocumentSetAside("f", "n", "r");
  producer.SectionAppended(Category::kMarket, 3);
  producer.AppendFailed("f", "m");
  producer.FeedFailed("f", "m");
  ConsumerEvents consumer(metrics);
  consumer.Stored("c", 1, 2, 3);
  consumer.Visible("c", 0.5);
  consumer.DeadLettered("c", "decode", {"t", 0}, 1, "e");
  consumer.StoreRetried("c", "m");
  consumer.PositionLost("c", "m");
  consumer.LogChanged("c", "m");
  consumer.Gap("c", "m");
  consumer.Lag("g", {"t", 0}, 4);
  consumer.Letters("c", "decode", 1, 2.5);
  consumer.RelayHeld(true);
  consumer.RelayDirty(1);
  consumer.RecordPublished("t", false);
  consumer.LettersCopied(1);
  EXPECT_EQ(Lines(metrics.Names()), Fixture("metric_names.txt"));
}

TEST(MetricsTest, TheConfigurationKeysAreThoseOfTheGoldenFile) { EXPECT_EQ(Lines(ConfigKeys()), Fixture("config_keys.txt")); }

}  // namespace
}  // namespace ytterby
