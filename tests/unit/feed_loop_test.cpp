// The loop over the feeds, with a feed that does what it is told and a log in memory.
#include "producers/feed_loop.hpp"

#include <gtest/gtest.h>

#include <condition_variable>
#include <ctime>

#include "common/metrics.hpp"
#include "schemas/events/manifest.hpp"
#include "tests/support/captured_log.hpp"
#include "tests/support/fake_log.hpp"
#include "tests/support/pipeline.hpp"

namespace ytterby::testing {
namespace {

// Documents appear and vanish on request, polls fail on request. Outlives the feeds that the loop opens over it.
// Thread-safe.
class Place {
 public:
  void Put(const std::string& name, std::string bytes) {
    std::lock_guard lock(mutex_);
    documents_[name] = {std::move(bytes), ++stamp_};
    order_.push_back(name);
    changed_.notify_all();
  }
  void Remove(const std::string& name) {
    std::lock_guard lock(mutex_);
    documents_.erase(name);
    vanished_.push_back(name);
    changed_.notify_all();
  }
  void FailPolls(int count, const Error& error) {
    std::lock_guard lock(mutex_);
    fail_polls_ = count;
    error_ = error;
  }
  void RefuseToOpen(int times) {
    std::lock_guard lock(mutex_);
    refuse_opens_ = times;
  }
  std::vector<std::string> Confirmed() const {
    std::lock_guard lock(mutex_);
    return confirmed_;
  }
  // Bounded.
  bool WaitFor(const std::function<bool()>& condition) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (!condition()) {
      if (std::chrono::steady_clock::now() >= deadline) return false;
      std::unique_lock lock(mutex_);
      changed_.wait_for(lock, std::chrono::milliseconds(5));
    }
    return true;
  }
  bool WaitForConfirmed(std::size_t count) {
    return WaitFor([&] { return Confirmed().size() >= count; });
  }
  Result<std::unique_ptr<Feed>> Open(const FeedConfig& config, std::map<std::string, std::string> known);

 private:
  friend class PlaceFeed;
  struct Document {
    std::string bytes;
    int stamp = 0;
  };

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::string, Document> documents_;
  std::vector<std::string> order_, confirmed_, vanished_;
  int stamp_ = 0, fail_polls_ = 0, refuse_opens_ = 0;
  Error error_{ErrorKind::kIo, ""};
};

class PlaceFeed final : public Feed {
 public:
  PlaceFeed(Place& place, std::string name, std::map<std::string, std::string> known)
      : place_(place), name_(std::move(name)), confirmed_(std::move(known)) {}
  const std::string& name() const override { return name_; }
  int priority() const override { return 0; }
  Result<std::vector<FeedDocument>> Poll(std::chrono::milliseconds wait) override {
    std::unique_lock lock(place_.mutex_);
    if (place_.fail_polls_ > 0) {
      --place_.fail_polls_;
      return tl::unexpected<Error>(place_.error_);
    }
    std::vector<FeedDocument> found;
    const auto look = [&] {
      for (const std::string& name : place_.order_) {
        const auto document = place_.documents_.find(name);
        if (document == place_.documents_.end()) continue;
        const std::string stamp = std::to_string(document->second.stamp);
        if (confirmed_[name] == stamp || handed_out_[name] == stamp) continue;
        handed_out_[name] = stamp;
        found.push_back({name, name, stamp});
      }
    };
    look();
    if (found.empty()) place_.changed_.wait_for(lock, std::min(wait, std::chrono::milliseconds(5)));
    return found;
  }
  Result<std::string> Read(const FeedDocument& document) override {
    std::lock_guard lock(place_.mutex_);
    const auto found = place_.documents_.find(document.location);
    if (found == place_.documents_.end()) return Fail(ErrorKind::kNoInput, document.name + ": gone");
    return found->second.bytes;
  }
  bool Has(const std::string& name) const override {
    std::lock_guard lock(place_.mutex_);
    return place_.documents_.contains(name);
  }
  std::vector<std::string> TakeVanished() override {
    std::lock_guard lock(place_.mutex_);
    return std::exchange(place_.vanished_, {});
  }
  void Abandon() override { handed_out_.clear(); }
  void Confirm(const FeedDocument& document) override {
    confirmed_[document.name] = document.stamp;
    std::lock_guard lock(place_.mutex_);
    place_.confirmed_.push_back(document.name);
    place_.changed_.notify_all();
  }

 private:
  Place& place_;
  const std::string name_;
  std::map<std::string, std::string> confirmed_, handed_out_;
};

Result<std::unique_ptr<Feed>> Place::Open(const FeedConfig& config, std::map<std::string, std::string> known) {
  std::lock_guard lock(mutex_);
  if (refuse_opens_ > 0) {
    --refuse_opens_;
    return Fail(ErrorKind::kNoInput, "the place is away");
  }
  return std::unique_ptr<Feed>(std::make_unique<PlaceFeed>(*this, config.name, std::move(known)));
}

class FeedLoopTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto opened = Archive::Open(folder.path());
    ASSERT_TRUE(opened);
    archive = std::move(*opened);
  }
  FeedLoopOptions Options(const std::string& feed = "inbox") const {
    FeedLoopOptions options;
    options.data_dir = folder.path();
    FeedConfig config;
    config.name = feed;
    config.directory = "unused";
    options.feeds = {config};
    options.poll = std::chrono::milliseconds(5);
    options.first_backoff = options.last_backoff = std::chrono::milliseconds(1);
    return options;
  }
  std::unique_ptr<FeedLoop> Start(const FeedLoopOptions& options) { return Start(options, events); }
  std::unique_ptr<FeedLoop> Start(const FeedLoopOptions& options, ProducerEvents& told) {
    auto loop = std::make_unique<FeedLoop>(
        options, log, *archive, told,
        [this](const FeedConfig& feed, FeedSurroundings&, std::map<std::string, std::string> known) {
          return place.Open(feed, std::move(known));
        });
    const auto started = loop->Start();
    EXPECT_TRUE(started) << started.error().message;
    return loop;
  }
  // Names of the documents whose manifests are on the log, in its order. Only while no loop runs.
  std::vector<std::string> Published() const {
    std::vector<std::string> names;
    const auto records = log.records.find({std::string(kDocumentsTopic), 0});
    if (records == log.records.end()) return names;
    for (const LogRecord& record : records->second) names.push_back(DecodeManifest(record)->name);
    return names;
  }
  std::optional<std::string> TroubleOf(const std::string& part) const {
    for (const HealthCheck& check : health.Checks()) {
      if (check.part == part) return check.trouble;
    }
    return "not known";
  }

  TemporaryFolder folder;
  FakeLog log;
  Metrics metrics;
  Health health{metrics};
  ProducerEvents events{metrics, health};
  std::unique_ptr<Archive> archive;
  Place place;
};

TEST_F(FeedLoopTest, PublishesInTheOrderOfTheFeedAndConfirmsOnlyWhatIsOnTheLog) {
  for (int i : {1, 2, 3}) place.Put("doc" + std::to_string(i), Issue(i));
  auto loop = Start(Options());
  ASSERT_TRUE(place.WaitForConfirmed(3));
  loop->Stop();
  EXPECT_EQ(Published(), (std::vector<std::string>{"doc1", "doc2", "doc3"}));
  EXPECT_EQ(place.Confirmed(), Published());
}

TEST_F(FeedLoopTest, WhatTheLogDidNotAcknowledgeIsPublishedAgainBeforeItIsConfirmed) {
  log.fail_appends = 3;
  place.Put("doc1", Issue(1));
  auto loop = Start(Options());
  ASSERT_TRUE(place.WaitForConfirmed(1));
  loop->Stop();
  EXPECT_EQ(Published(), (std::vector<std::string>{"doc1"}));
  EXPECT_EQ(log.fail_appends, 0);
}

TEST_F(FeedLoopTest, ARestartFinishesWhatTheLoopBeforeHadRecorded) {
  log.fail_appends = 1'000'000;
  place.Put("doc1", Issue(1));
  auto loop = Start(Options());
  ASSERT_TRUE(place.WaitFor([&] { return archive->Count()->deliveries == 1; }));
  loop.reset();
  EXPECT_TRUE(place.Confirmed().empty());
  log.fail_appends = 0;
  place.Remove("doc1");  // the archive has it
  loop = Start(Options());
  ASSERT_TRUE(place.WaitForConfirmed(1));
  loop->Stop();
  EXPECT_EQ(Published(), (std::vector<std::string>{"doc1"}));
  // Running it again adds nothing.
  place.Put("doc2", Issue(2));
  loop.reset();
  loop = Start(Options());
  ASSERT_TRUE(place.WaitForConfirmed(2));
  loop->Stop();
  EXPECT_EQ(Published(), (std::vector<std::string>{"doc1", "doc2"}));
}

// log.db and store.db come from an older backup than the archive.
TEST_F(FeedLoopTest, WhatARestoredLogLacksIsPublishedAgain) {
  for (int i : {1, 2, 3}) place.Put("doc" + std::to_string(i), Issue(i));
  auto loop = Start(Options());
  ASSERT_TRUE(place.WaitForConfirmed(3));
  loop.reset();
  const auto whole = log.records;
  for (auto& [at, records] : log.records) records.resize(records.size() / 3);  // of doc1
  ASSERT_EQ(Published(), std::vector<std::string>{"doc1"});
  loop = Start(Options());
  // Until the loop has compared log and archive, the archive takes all for published.
  ASSERT_TRUE(place.WaitFor([&] {
    return log.Count(std::string(kDocumentsTopic)) == 3 && archive->Unpublished("inbox", log.Id(), 0, 100)->empty() &&
           archive->PublishedOn(log.Id(), 0, 100)->size() == 3;
  }));
  loop.reset();
  EXPECT_EQ(Published(), (std::vector<std::string>{"doc1", "doc2", "doc3"}));
  for (const auto& [at, records] : whole) EXPECT_EQ(log.records[at].size(), records.size()) << at.topic;
}

// Otherwise a correction would come with revision 1, and the former revision 2 would stay current.
TEST_F(FeedLoopTest, AfterTheArchiveWasLostRevisionsContinueThoseOfTheLog) {
  const auto revisions = [&] {
    std::vector<int> found;
    for (const LogRecord& record : log.records[{std::string(kDocumentsTopic), 0}])
      found.push_back(DecodeManifest(record)->revision);
    return found;
  };
  place.Put("doc", Issue(1));
  auto loop = Start(Options());
  ASSERT_TRUE(place.WaitForConfirmed(1));
  place.Put("doc", Issue(1, true));
  ASSERT_TRUE(place.WaitForConfirmed(2));
  loop.reset();
  ASSERT_EQ(revisions(), (std::vector<int>{1, 2}));
  archive.reset();
  std::filesystem::remove_all(folder.path() / "archive");
  archive = std::move(*Archive::Open(folder.path()));
  place.Put("doc", Issue(1));  // the correction is withdrawn
  loop = Start(Options());
  ASSERT_TRUE(place.WaitForConfirmed(3));
  loop.reset();
  EXPECT_EQ(revisions(), (std::vector<int>{1, 2, 3}));
}

// The rounds between two attempts have nothing to do and succeed.
TEST_F(FeedLoopTest, AFailureThatRepeatsIsSaidOnce) {
  CapturedLog captured;
  log.fail_appends = 1'000'000;
  place.Put("doc1", Issue(1));
  auto loop = Start(Options());
  const auto failures = [&] {
    const std::string text = metrics.Text(), series = "\nytterby_errors_total{stage=\"feed\",type=\"io\"} ";
    const std::size_t at = text.find(series);
    return at == std::string::npos ? 0 : std::stod(text.substr(at + series.size()));
  };
  ASSERT_TRUE(place.WaitFor([&] { return failures() >= 5; })) << metrics.Text();
  loop.reset();
  const std::string lines = captured.Take();
  EXPECT_EQ(lines.find("back after"), std::string::npos) << lines;
}

TEST_F(FeedLoopTest, TheNewestDocumentIsKnownAfterARestart) {
  place.Put("doc1", Issue(1));
  auto loop = Start(Options());
  ASSERT_TRUE(place.WaitForConfirmed(1));
  loop.reset();
  Metrics fresh;
  Health fresh_health{fresh};
  ProducerEvents fresh_events{fresh, fresh_health};
  const auto again = Start(Options(), fresh_events);
  const std::string series = "\nytterby_feed_newest_document_timestamp_seconds{feed=\"inbox\"} ";
  const std::string text = fresh.Text();
  const std::size_t at = text.find(series);
  ASSERT_NE(at, std::string::npos) << text;
  EXPECT_NEAR(std::stod(text.substr(at + series.size())), static_cast<double>(std::time(nullptr)), 600);
}

TEST_F(FeedLoopTest, TroubleShowsUntilTheFeedWorksAgain) {
  place.FailPolls(1'000'000, {ErrorKind::kIo, "the folder is gone"});
  auto loop = Start(Options());
  ASSERT_TRUE(place.WaitFor([&] {
    const auto trouble = TroubleOf("feed inbox");
    return trouble && trouble->starts_with("the folder is gone");
  }));
  EXPECT_EQ(TroubleOf("log"), "not known") << "the feed is at fault, nothing else";
  place.FailPolls(0, {ErrorKind::kIo, ""});
  place.Put("doc1", Issue(1));
  ASSERT_TRUE(place.WaitForConfirmed(1));
  EXPECT_TRUE(place.WaitFor([&] { return !TroubleOf("feed inbox"); }));
}

TEST_F(FeedLoopTest, AReloadGoesOnWithOtherFeedsAndRetriesOnesThatCannotStart) {
  place.Put("doc1", Issue(1));
  auto loop = Start(Options("one"));
  ASSERT_TRUE(place.WaitForConfirmed(1));
  place.RefuseToOpen(1);
  loop->Restart(Options("two"));
  ASSERT_TRUE(place.WaitForConfirmed(2)) << "the other feed publishes the same document under its own name";
  EXPECT_EQ(TroubleOf("feed one"), "not known");
  EXPECT_TRUE(place.WaitFor([&] { return !TroubleOf("feed two"); }));
  // The lease of the old feed is free.
  EXPECT_TRUE(Lease::Acquire(folder.path(), "feed.one"));
  EXPECT_EQ(Lease::Acquire(folder.path(), "feed.two").error().kind, ErrorKind::kTryLater);
}

TEST_F(FeedLoopTest, ARejectionIsSaidOnceAndLeavesWithItsDocument) {
  place.Put("novel", "no bulletin at all, but long enough to be looked at");
  auto loop = Start(Options());
  ASSERT_TRUE(place.WaitForConfirmed(1));
  loop.reset();
  loop = Start(Options());  // a restart reads it again
  ASSERT_TRUE(place.WaitForConfirmed(2));
  EXPECT_EQ(archive->Rejections()->size(), 1u);
  const std::string counted = "\nytterby_documents_total{feed=\"inbox\",outcome=\"rejected\"} 1\n";
  EXPECT_NE(metrics.Text().find(counted), std::string::npos) << metrics.Text();
  place.Remove("novel");
  EXPECT_TRUE(place.WaitFor([&] { return archive->Rejections()->empty(); }));
}

}  // namespace
}  // namespace ytterby::testing
