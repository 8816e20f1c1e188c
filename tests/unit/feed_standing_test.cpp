#include "producers/feed_standing.hpp"

#include <gtest/gtest.h>

#include "producers/documents/archive.hpp"
#include "producers/feeds/http/page_store.hpp"
#include "tests/support/temporary_folder.hpp"

namespace ytterby {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

const Timestamp kNow = *ParseRfc3339("2024-06-30T00:00:00.000Z");

class FeedStandingTest : public ::testing::Test {
 protected:
  FeedStandingTest() {
    config_.data_dir = folder_.path() / "data";
    std::filesystem::create_directory(config_.data_dir);
    std::filesystem::create_directory(folder_.path() / "inbox");
  }
  FeedConfig& AddFolder(const std::string& name) {
    FeedConfig feed;
    feed.name = name;
    feed.directory = folder_.path() / "inbox";
    config_.feeds.push_back(feed);
    return config_.feeds.back();
  }
  FeedConfig& AddPage(const std::string& name) {
    FeedConfig feed;
    feed.name = name;
    feed.index = "https://Example.com";
    config_.feeds.push_back(feed);
    return config_.feeds.back();
  }
  void Deliver(const std::string& feed, hours ago) {
    auto archive = Archive::Open(config_.data_dir);
    Delivery delivery;
    delivery.feed = feed;
    delivery.name = std::to_string(ago.count());
    delivery.fetched_at = FormatRfc3339(kNow - ago);
    ASSERT_TRUE((*archive)->Record({&delivery}));
  }
  void Put(const std::string& feed, const PageState& page) {
    auto store = PageStore::Open(DataFolder(config_.data_dir).feeds());
    ASSERT_TRUE((*store)->Put(feed, {&page}));
  }
  FeedStanding Only() {
    const auto standings = ReadFeedStandings(config_, kNow);
    EXPECT_TRUE(standings) << standings.error().message;
    return standings->at(0);
  }

  testing::TemporaryFolder folder_;
  Config config_;
};

TEST_F(FeedStandingTest, TheExpectedIntervalIsTwiceTheMedianOfArrivals) {
  std::vector<Timestamp> times;
  for (int day : {0, 30, 60, 95}) {
    times.push_back(kNow - hours(24 * day));
    times.push_back(kNow - hours(24 * day) - seconds(5));  // came with the one before
  }
  EXPECT_EQ(ExpectedInterval(times), hours(2 * 24 * 30) - seconds(10));
  times.resize(5);
  EXPECT_EQ(ExpectedInterval(times), std::nullopt) << "three arrivals teach nothing";
  EXPECT_EQ(ExpectedInterval({}), std::nullopt);
}

TEST_F(FeedStandingTest, WithoutHistoryAFeedIsQuiet) {
  AddFolder("inbox");
  const FeedStanding standing = Only();
  EXPECT_EQ(standing.state, FeedState::kQuiet);
  EXPECT_FALSE(standing.newest || standing.expected || standing.next);
}

TEST_F(FeedStandingTest, AFeedIsLateAfterTheConfiguredInterval) {
  AddFolder("inbox").expected = hours(48);
  Deliver("inbox", hours(47));
  EXPECT_EQ(Only().state, FeedState::kQuiet);
  config_.feeds[0].expected = hours(46);
  EXPECT_EQ(Only().state, FeedState::kLate);
  EXPECT_FALSE(Only().learnt);
}

TEST_F(FeedStandingTest, AFeedIsLateByWhatItsHistoryTeaches) {
  AddFolder("inbox");
  for (int day : {100, 90, 80, 70, 60}) Deliver("inbox", hours(24 * day));
  const FeedStanding standing = Only();
  EXPECT_EQ(standing.state, FeedState::kLate);
  EXPECT_TRUE(standing.learnt);
  EXPECT_EQ(standing.expected, hours(24 * 20));
}

TEST_F(FeedStandingTest, AFolderThatIsGoneIsFailing) {
  AddFolder("inbox").directory = folder_.path() / "nowhere";
  EXPECT_EQ(Only().state, FeedState::kFailing);
  EXPECT_FALSE(Only().trouble.empty());
}

TEST_F(FeedStandingTest, APageTellsItsFailuresAndItsNextPoll) {
  AddPage("web").expected = hours(1);
  Deliver("web", hours(5));
  PageState page;
  page.url = "https://example.com/";
  page.succeeded = kNow - hours(3);
  page.next = kNow + hours(1);
  page.reason = "Retry-After";
  Put("web", page);
  EXPECT_EQ(Only().state, FeedState::kLate);
  page.failures = 2;
  page.error = "HTTP 503";
  Put("web", page);
  PageState document;
  document.url = "https://example.com/1.txt";
  document.listed = true;
  document.failures = 1;
  Put("web", document);
  const FeedStanding standing = Only();
  EXPECT_EQ(standing.state, FeedState::kFailing) << "which is worse than late";
  EXPECT_EQ(standing.trouble, "https://example.com/: HTTP 503");
  EXPECT_EQ(standing.failures, 2);
  EXPECT_EQ(standing.pages_failing, 1);
  EXPECT_EQ(standing.succeeded, kNow - hours(3));
  EXPECT_EQ(standing.next, kNow + hours(1));
  EXPECT_EQ(standing.reason, "Retry-After");
}

}  // namespace
}  // namespace ytterby
