// Metric names and configuration keys are interfaces: golden files hold the complete lists.
#include "common/metrics.hpp"

#include <gtest/gtest.h>

#include "common/config.hpp"
#include "common/health.hpp"
#include "common/version.hpp"
#include "consumers/relay/relay_events.hpp"
#include "consumers/signals/consumer_events.hpp"
#include "producers/producer_events.hpp"
#include "tests/support/temporary_folder.hpp"

namespace ytterby {
namespace {

std::string Lines(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += line + "\n";
  return text;
}

std::string Fixture(const std::string& name) {
  return testing::ReadAll(std::string(YTTERBY_SOURCE_DIR) + "/tests/fixtures/" + name);
}

// The metrics as a process declares them at start, before anything has happened.
TEST(MetricsTest, TheNamesAreThoseOfTheGoldenFile) {
  Metrics metrics;
  Health health(metrics);
  ProducerEvents producer(metrics, health);
  ConsumerEvents consumer(metrics, health, {"prices"});
  RelayEvents relay(metrics, health);
  EXPECT_EQ(Lines(metrics.Names()), Fixture("metric_names.txt"));
}

TEST(MetricsTest, EverySeriesExistsAtZeroFromTheStart) {
  Metrics metrics;
  Health health(metrics);
  ProducerEvents producer(metrics, health);
  producer.FeedAdded("inbox");
  ConsumerEvents consumer(metrics, health, {"prices"});
  RelayEvents relay(metrics, health);
  const std::string text = metrics.Text();
  for (const char* series :
       {"ytterby_errors_total{stage=\"store\",type=\"retriable\"} 0",
        "ytterby_sections_stored_total{consumer=\"prices\"} 0", "ytterby_records_stored_total{kind=\"quotas\"} 0",
        "ytterby_findings_stored_total{check=\"row-change\",severity=\"warning\"} 0",
        "ytterby_documents_total{feed=\"inbox\",outcome=\"rejected\"} 0",
        "ytterby_sections_appended_total{category=\"market\"} 0",
        "ytterby_dead_letters_waiting{consumer=\"prices\",stage=\"decode\"} 0", "ytterby_relay_held 0",
        "ytterby_feed_last_success_timestamp_seconds{feed=\"inbox\"} 0", "ytterby_part_up{part=\"feed inbox\"} 0",
        "ytterby_ready 0", "ytterby_record_events_total{topic=\"bulletin.prices\",type=\"tombstone\"} 0"}) {
    EXPECT_NE(text.find(std::string("\n") + series + "\n"), std::string::npos) << series << "\n" << text;
  }
  EXPECT_NE(text.find(std::string("ytterby_build_info{version=\"") + kVersion + "\"} 1"), std::string::npos);
}

TEST(MetricsTest, TheConfigurationKeysAreThoseOfTheGoldenFile) {
  EXPECT_EQ(Lines(ConfigKeys()), Fixture("config_keys.txt"));
}

}  // namespace
}  // namespace ytterby
