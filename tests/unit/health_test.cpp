#include "common/health.hpp"

#include <gtest/gtest.h>
#include <spdlog/spdlog.h>

#include "tests/support/captured_log.hpp"

namespace ytterby {
namespace {

class HealthTest : public ::testing::Test {
 protected:
  testing::CapturedLog log;
  std::chrono::steady_clock::time_point now{std::chrono::hours(1)};
  Metrics metrics;
  Health health{metrics, [this] { return now; }};
};

TEST_F(HealthTest, SaysOnceThatAPartIsAwayAndOnceThatItIsBack) {
  health.Expect("log", "broker b:9092", "not connected yet", Health::Lines::kChanges);
  health.Up("log", "probe");
  EXPECT_EQ(log.Take(), "");
  for (int retry = 0; retry < 100; ++retry) {
    health.Down("log", "probe", "connection refused");
    health.Down("log", "consumer prices", "timed out");
  }
  EXPECT_EQ(log.Take(), "warning broker b:9092: connection refused; work paused, retrying\n");
  now += std::chrono::seconds(75);
  health.Up("log", "probe");
  EXPECT_FALSE(health.Ready()) << "the consumer still cannot reach it";
  health.Up("log", "consumer prices");
  health.Up("log", "consumer prices");
  EXPECT_EQ(log.Take(), "info broker b:9092: back after 75 s\n");
  EXPECT_TRUE(health.Ready());
}

TEST_F(HealthTest, RemindsAtGrowingIntervals) {
  health.Expect("feed inbox", "feed inbox", "", Health::Lines::kChanges);
  health.Down("feed inbox", "inbox", "the folder is gone");
  log.Take();
  std::size_t reminders = 0;
  for (int second = 0; second < 6 * 3600; ++second) {
    now += std::chrono::seconds(1);
    health.Remind();
    reminders += log.Take().empty() ? 0 : 1;
  }
  // After 1, 6 and 31 min, then every hour.
  EXPECT_EQ(reminders, 8u);
}

TEST_F(HealthTest, PagesMetricsAndLinesTellTheSame) {
  health.Expect("log", "log", "not connected yet", Health::Lines::kChanges);
  health.Expect("store", "store", "not connected yet", Health::Lines::kChanges);
  const auto has = [&](const std::string& series) {
    return metrics.Text().find("\n" + series + "\n") != std::string::npos;
  };
  EXPECT_TRUE(has("ytterby_ready 0"));
  EXPECT_TRUE(has("ytterby_part_up{part=\"store\"} 0"));
  health.Up("log", "probe");
  health.Up("store", "probe");
  EXPECT_TRUE(has("ytterby_ready 1"));
  health.Down("store", "prices", "disk full");
  EXPECT_TRUE(has("ytterby_ready 0"));
  EXPECT_TRUE(has("ytterby_part_up{part=\"store\"} 0"));
  EXPECT_TRUE(has("ytterby_part_up{part=\"log\"} 1"));
  ASSERT_EQ(health.Checks().size(), 2u);
  EXPECT_FALSE(health.Checks()[0].trouble);
  EXPECT_TRUE(health.Checks()[1].trouble->starts_with("disk full"));
  health.Remove("store");
  EXPECT_TRUE(health.Ready());
  EXPECT_FALSE(has("ytterby_part_up{part=\"store\"} 0"));
}

TEST_F(HealthTest, ARemovedPartTakesWhatItReportedWithIt) {
  health.Expect("log", "broker b:9092", "not connected yet", Health::Lines::kChanges);
  health.Up("log", "probe");
  health.Expect("feed inbox", "feed inbox", "", Health::Lines::kChanges);
  health.Down("log", "feed inbox", "timed out");
  health.Down("archive", "feed inbox", "read-only");
  EXPECT_FALSE(health.Ready());
  health.Remove("feed inbox");
  EXPECT_TRUE(health.Ready());
  EXPECT_NE(log.Take().find("info broker b:9092: back after 0.0 s\n"), std::string::npos);
}

TEST_F(HealthTest, APartBehindAnotherSaysNothingOfItsOwn) {
  health.Expect("consumer prices", "prices", "not started yet", Health::Lines::kNone);
  health.Down("consumer prices", "prices", "the store is away");
  now += std::chrono::hours(2);
  health.Remind();
  health.Up("consumer prices", "prices");
  EXPECT_EQ(log.Take(), "");
}

}  // namespace
}  // namespace ytterby
