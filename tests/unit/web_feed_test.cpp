#include "producers/feeds/http/web_feed.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "common/digest.hpp"
#include "tests/support/origin.hpp"
#include "tests/support/temporary_folder.hpp"

namespace ytterby::testing {
namespace {

using std::chrono::seconds;

class ManualClock final : public Clock {
 public:
  Timestamp Now() const override { return now; }
  Timestamp now = *ParseRfc3339("2024-01-02T00:00:00.000Z");
};

struct Page {
  int status = 200;
  std::string body, etag, headers;
};

class WebFeedTest : public ::testing::Test {
 protected:
  std::string Serve(const OriginRequest& request) {
    std::lock_guard lock(mutex_);
    if (request.path == "/robots.txt") return Answer(robots_.status, robots_.body);
    const auto page = pages_.find(request.path);
    if (page == pages_.end()) return Answer(404, "");
    const auto& [status, body, etag, headers] = page->second;
    if (!etag.empty() && request.Says("if-none-match: " + etag)) return Answer(304, "", headers);
    return Answer(status, body, headers + (etag.empty() ? "" : "ETag: " + etag + "\r\n"));
  }
  void Put(const std::string& path, Page page) {
    std::lock_guard lock(mutex_);
    pages_[path] = std::move(page);
  }
  void PutRobots(int status, std::string body) {
    std::lock_guard lock(mutex_);
    robots_ = {status, std::move(body), "", ""};
  }

  WebFeedOptions Options(WebFeedKind kind, const std::string& path) {
    WebFeedOptions options;
    options.name = "web";
    options.kind = kind;
    options.urls = {origin_.Url(path)};
    options.allow_hosts = {"127.0.0.1"};
    options.max_document_bytes = 100'000;
    if (kind == WebFeedKind::kIndex) options.links = R"(\.txt$)";
    return options;
  }
  // Like a new process.
  void Open(WebFeedOptions options) {
    feed_.reset();
    auto store = PageStore::Open(folder_.path() / "feeds.db");
    ASSERT_TRUE(store) << store.error().message;
    WebClientOptions client;
    client.contact = "mailto:ops@example.com";
    client.host_interval = std::chrono::milliseconds(0);
    client_ = std::make_shared<WebClient>(client, std::move(*store), clock_);
    auto opened = WebFeed::Open(std::move(options), client_);
    ASSERT_TRUE(opened) << opened.error().message;
    feed_ = std::move(*opened);
  }

  using Taken = std::map<std::string, std::string>;  // the path and the bytes, or what is wrong

  // Polls until nothing is under way, and confirms what comes, unless `confirms` is false.
  Taken Take(bool confirms = true) {
    Taken taken;
    for (int round = 0, quiet = 0; round < 2000 && quiet < 3; ++round) {
      auto documents = feed_->Poll(std::chrono::milliseconds(5));
      EXPECT_TRUE(documents) << documents.error().message;
      for (const FeedDocument& document : *documents) {
        auto bytes = feed_->Read(document);
        taken[document.name.substr(origin_.Url("").size())] = bytes ? *bytes : "! " + bytes.error().message;
        if (confirms) feed_->Confirm(document);
      }
      quiet = documents->empty() && client_->pending() == 0 ? quiet + 1 : 0;
    }
    return taken;
  }
  void Pass(std::chrono::seconds time) { clock_.now += time; }
  std::vector<std::string> TakePaths() {
    std::vector<std::string> paths;
    for (const OriginRequest& request : origin_.TakeRequests()) paths.push_back(request.path);
    return paths;
  }
  std::string Trouble() const {
    const auto trouble = feed_->Trouble();
    return trouble ? trouble->message : "";
  }

  std::mutex mutex_;
  std::map<std::string, Page> pages_;
  Page robots_{404, "", "", ""};
  TemporaryFolder folder_;
  ManualClock clock_;
  Origin origin_{[this](const OriginRequest& request) { return Serve(request); }};
  std::shared_ptr<WebClient> client_;
  std::unique_ptr<WebFeed> feed_;
};

constexpr seconds kInterval{1000}, kDay{96'000};  // with what may be added to them

TEST_F(WebFeedTest, AnIndexGivesItsDocumentsOnceAndAgainWhenTheyChange) {
  Put("/", {200, "<a href=1.txt>一</a> <a href=2.txt>二</a> <a href=about.html>x</a>", "\"i1\"", ""});
  Put("/1.txt", {200, "one", "\"a\"", ""});
  Put("/2.txt", {200, "two", "", ""});
  Open(Options(WebFeedKind::kIndex, "/"));
  EXPECT_EQ(Take(), (Taken{{"/1.txt", "one"}, {"/2.txt", "two"}}));
  EXPECT_EQ(TakePaths(), (std::vector<std::string>{"/", "/1.txt", "/2.txt"}));
  EXPECT_EQ(Take(), Taken());
  EXPECT_TRUE(TakePaths().empty()) << "not before the interval is over";
  Pass(kInterval);
  EXPECT_EQ(Take(), Taken());
  const auto requests = origin_.TakeRequests();
  ASSERT_EQ(requests.size(), 1u) << "an unchanged index costs one conditional request";
  EXPECT_TRUE(requests[0].Says("if-none-match: \"i1\""));
  EXPECT_TRUE(requests[0].Says("(+mailto:ops@example.com)"));
  Put("/1.txt", {200, "one, corrected", "\"b\"", ""});
  Pass(kDay);
  EXPECT_EQ(Take(), (Taken{{"/1.txt", "one, corrected"}}));
  const auto ledger = client_->store().Ledger();
  ASSERT_EQ(ledger->size(), 1u);
  EXPECT_EQ(ledger->at(0).requests, 8);  // robots.txt, 3, 1, 3
  EXPECT_EQ(ledger->at(0).not_modified, 2);
}

TEST_F(WebFeedTest, WhatIsNotConfirmedComesAgainAfterARestart) {
  Put("/", {200, "<a href=1.txt>一</a>", "\"i1\"", ""});
  Put("/1.txt", {200, "one", "\"a\"", ""});
  Open(Options(WebFeedKind::kIndex, "/"));
  EXPECT_EQ(Take(false), (Taken{{"/1.txt", "one"}}));
  Open(Options(WebFeedKind::kIndex, "/"));
  Pass(kDay);
  EXPECT_EQ(Take(), (Taken{{"/1.txt", "one"}})) << "although the index has not changed";
  Open(Options(WebFeedKind::kIndex, "/"));
  Pass(kDay);
  EXPECT_EQ(Take(), Taken());
}

TEST_F(WebFeedTest, WhatIsAbandonedComesAgain) {
  Put("/", {200, "<a href=1.txt>一</a>", "", ""});
  Put("/1.txt", {200, "one", "\"a\"", ""});
  Open(Options(WebFeedKind::kIndex, "/"));
  EXPECT_EQ(Take(false).size(), 1u);
  feed_->Abandon();
  EXPECT_EQ(Take(), (Taken{{"/1.txt", "one"}}));
}

TEST_F(WebFeedTest, DocumentsThatVanishStayAndMayComeBack) {
  Put("/", {200, "<a href=1.txt>一</a><a href=2.txt>二</a>", "", ""});
  Put("/1.txt", {200, "one", "", ""});
  Put("/2.txt", {200, "two", "", ""});
  Open(Options(WebFeedKind::kIndex, "/"));
  EXPECT_EQ(Take().size(), 2u);
  Put("/", {200, "<a href=2.txt>二</a>", "", ""});
  Pass(kInterval);
  EXPECT_EQ(Take(), Taken());
  EXPECT_FALSE(feed_->Has(origin_.Url("/1.txt")));
  EXPECT_TRUE(feed_->Has(origin_.Url("/2.txt")));
  Put("/1.txt", {200, "one, again", "", ""});
  Put("/", {200, "<a href=1.txt>一</a><a href=2.txt>二</a>", "", ""});
  Pass(kInterval);
  EXPECT_EQ(Take(), (Taken{{"/1.txt", "one, again"}}));
}

TEST_F(WebFeedTest, AMaintenancePageTakesNothingAway) {
  Put("/", {200, "<a href=1.txt>一</a>", "", ""});
  Put("/1.txt", {200, "one", "", ""});
  Open(Options(WebFeedKind::kIndex, "/"));
  EXPECT_EQ(Take().size(), 1u);
  Put("/", {200, "<h1>down for maintenance</h1>", "", ""});
  Pass(kInterval);
  EXPECT_EQ(Take(), Taken());
  EXPECT_NE(Trouble().find("no link matches"), std::string::npos) << Trouble();
  EXPECT_TRUE(feed_->Has(origin_.Url("/1.txt")));
  Put("/", {200, "<a href=1.txt>一</a>", "", ""});
  Pass(kInterval);
  EXPECT_EQ(Take(), Taken());
  EXPECT_EQ(Trouble(), "");
}

TEST_F(WebFeedTest, AnIndexMayHaveSeveralPages) {
  Put("/", {200, "<a href=1.txt>一</a><a href='/?p=2'>下一页</a>", "", ""});
  Put("/?p=2", {200, "<a href=2.txt>二</a><a href='/'>首页</a><a href='/?p=3'>下一页</a>", "", ""});
  Put("/?p=3", {200, "<a href=3.txt>三</a><a href='/?p=2'>下一页</a>", "", ""});
  for (const char* path : {"/1.txt", "/2.txt", "/3.txt"}) Put(path, {200, path, "", ""});
  WebFeedOptions options = Options(WebFeedKind::kIndex, "/");
  options.next_page = "下一页";
  options.pages = 2;
  Open(options);
  EXPECT_EQ(Take(), (Taken{{"/1.txt", "/1.txt"}, {"/2.txt", "/2.txt"}}));
  options.pages = 9;
  Open(options);
  Pass(kInterval);
  EXPECT_EQ(Take(), (Taken{{"/3.txt", "/3.txt"}}));
}

TEST_F(WebFeedTest, ASyndicationFeedGivesLinksEnclosuresAndTexts) {
  const auto feed = [](const std::string& date, const std::string& text) {
    return "<rss version='2.0' xmlns:c='http://purl.org/rss/1.0/modules/content/'><channel><ttl>60</ttl>"
           "<item><link>/1.txt</link><pubDate>" +
           date +
           "</pubDate></item><item><link>/no</link><enclosure url='/2.pdf'/></item><item><guid>tag:3</guid>"
           "<c:encoded>" +
           text + "</c:encoded></item></channel></rss>";
  };
  Put("/feed", {200, feed("1 Jan", "three"), "\"f1\"", ""});
  Put("/1.txt", {200, "one", "", ""});
  Put("/2.pdf", {200, "two", "", ""});
  Open(Options(WebFeedKind::kSyndication, "/feed"));
  Taken taken;
  bool inline_text = false;
  for (int round = 0; round < 300 && taken.size() < 3; ++round) {
    const auto documents = feed_->Poll(std::chrono::milliseconds(5));
    for (const FeedDocument& document : *documents) {
      taken[document.name] = *feed_->Read(document);
      inline_text = inline_text || document.name == "tag:3";
      feed_->Confirm(document);
    }
  }
  EXPECT_EQ(taken, (Taken{{origin_.Url("/1.txt"), "one"}, {origin_.Url("/2.pdf"), "two"}, {"tag:3", "three"}}));
  EXPECT_TRUE(inline_text);
  TakePaths();
  Pass(kInterval);
  EXPECT_EQ(Take(), Taken());
  EXPECT_TRUE(TakePaths().empty()) << "<ttl> is an hour";
  Put("/1.txt", {200, "one, corrected", "", ""});
  Put("/feed", {200, feed("2 Jan", "three"), "\"f2\"", ""});
  Pass(seconds(4000));
  EXPECT_EQ(Take(), (Taken{{"/1.txt", "one, corrected"}})) << "the entry's date has changed";
}

TEST_F(WebFeedTest, TextsInAListThatWereNotConfirmedComeAgain) {
  Put("/feed", {200,
                "<rss xmlns:c='http://purl.org/rss/1.0/modules/content/'><channel><item><link>/3</link><c:encoded>three"
                "</c:encoded></item></channel></rss>",
                "\"f1\"", ""});
  Open(Options(WebFeedKind::kSyndication, "/feed"));
  EXPECT_EQ(Take(false), (Taken{{"/3", "three"}}));
  Open(Options(WebFeedKind::kSyndication, "/feed"));
  Pass(kInterval);
  EXPECT_EQ(Take(), (Taken{{"/3", "three"}}));
  Pass(kInterval);
  EXPECT_EQ(Take(), Taken());
}

TEST_F(WebFeedTest, ValidatorsAreTakenOverWhereTheBodyIsTheSame) {
  Put("/1.txt", {200, "one", "\"a\"", ""});
  Open(Options(WebFeedKind::kUrls, "/1.txt"));
  EXPECT_EQ(Take().size(), 1u);
  Put("/1.txt", {200, "one", "\"b\"", ""});
  Pass(kInterval);
  EXPECT_EQ(Take(), Taken());
  TakePaths();
  Pass(kInterval);
  EXPECT_EQ(Take(), Taken());
  const auto requests = origin_.TakeRequests();
  ASSERT_EQ(requests.size(), 1u);
  EXPECT_TRUE(requests[0].Says("if-none-match: \"b\""));
}

TEST_F(WebFeedTest, FailuresAreWaitedOutAndSaid) {
  Put("/1.txt", {503, "busy", "", "Retry-After: 7200\r\n"});
  Open(Options(WebFeedKind::kUrls, "/1.txt"));
  EXPECT_EQ(Take(), Taken());
  EXPECT_NE(Trouble().find("HTTP 503"), std::string::npos) << Trouble();
  EXPECT_NE(Trouble().find("(Retry-After)"), std::string::npos) << Trouble();
  TakePaths();
  Pass(seconds(7000));
  Take();
  EXPECT_TRUE(TakePaths().empty());
  Put("/1.txt", {500, "", "", ""});
  Pass(seconds(2000));
  Take();
  EXPECT_EQ(TakePaths().size(), 1u);
  EXPECT_NE(Trouble().find("HTTP 500, 2 times in a row"), std::string::npos) << Trouble();
  Put("/1.txt", {200, "one", "", ""});
  Pass(kInterval);
  EXPECT_EQ(Take().size(), 1u);
  EXPECT_EQ(Trouble(), "");
}

TEST_F(WebFeedTest, ANotModifiedThatNobodyAskedForTakesNothing) {
  Put("/1.txt", {304, "", "", ""});
  Open(Options(WebFeedKind::kUrls, "/1.txt"));
  EXPECT_EQ(Take(), Taken());
  EXPECT_NE(Trouble().find("HTTP 304 although"), std::string::npos) << Trouble();
  Put("/1.txt", {200, "one", "\"" + std::string(2000, 'e') + "\"", ""});
  Pass(kInterval);
  EXPECT_EQ(Take(), (Taken{{"/1.txt", "one"}}));
  TakePaths();
  Pass(kInterval);
  EXPECT_EQ(Take(), Taken());
  EXPECT_FALSE(origin_.TakeRequests().at(0).Says("if-none-match")) << "no validator is that long";
}

TEST_F(WebFeedTest, GoneStopsAndSaysSo) {
  Put("/1.txt", {410, "", "", ""});
  Open(Options(WebFeedKind::kUrls, "/1.txt"));
  EXPECT_EQ(Take(), Taken());
  EXPECT_NE(Trouble().find("HTTP 410"), std::string::npos) << Trouble();
  EXPECT_NE(Trouble().find("(gone)"), std::string::npos) << Trouble();
  TakePaths();
  Pass(kDay);
  Take();
  EXPECT_TRUE(TakePaths().empty());
}

TEST_F(WebFeedTest, ATooLargeDocumentIsHandedOutAsUnreadable) {
  Put("/1.txt", {200, std::string(200'000, 'a'), "", ""});
  Open(Options(WebFeedKind::kUrls, "/1.txt"));
  EXPECT_EQ(Take(), (Taken{{"/1.txt", "! more than 100000 bytes"}}));
  EXPECT_EQ(Take(), Taken());
}

TEST_F(WebFeedTest, RobotsAreAskedFirstAndObeyed) {
  PutRobots(200, "User-agent: *\nDisallow: /2.txt\n");
  Put("/", {200, "<a href=1.txt>一</a><a href=2.txt>二</a>", "", ""});
  Put("/1.txt", {200, "one", "", ""});
  Put("/2.txt", {200, "two", "", ""});
  Open(Options(WebFeedKind::kIndex, "/"));
  EXPECT_EQ(Take(), (Taken{{"/1.txt", "one"}}));
  EXPECT_EQ(TakePaths(), (std::vector<std::string>{"/", "/1.txt"}));
  PutRobots(503, "");
  Open(Options(WebFeedKind::kIndex, "/"));
  Pass(kDay);
  EXPECT_EQ(Take(), Taken());
  EXPECT_TRUE(TakePaths().empty());
  EXPECT_NE(Trouble().find("robots.txt cannot be read (HTTP 503)"), std::string::npos) << Trouble();
}

TEST_F(WebFeedTest, APermanentRedirectIsAdoptedAfterAWeek) {
  Put("/old.txt", {301, "", "", "Location: /new.txt\r\n"});
  Put("/new.txt", {200, "one", "", ""});
  Open(Options(WebFeedKind::kUrls, "/old.txt"));
  EXPECT_EQ(Take(), (Taken{{"/old.txt", "one"}})) << "under the name that the configuration gives it";
  EXPECT_EQ(TakePaths(), (std::vector<std::string>{"/old.txt", "/new.txt"}));
  Pass(kDay);
  Take();
  EXPECT_EQ(TakePaths(), (std::vector<std::string>{"/old.txt", "/new.txt"}));
  Pass(7 * kDay);
  Take();
  EXPECT_EQ(TakePaths(), std::vector<std::string>{"/new.txt"});
  Put("/new.txt", {404, "", "", ""});
  Put("/old.txt", {200, "one, at home", "", ""});
  Pass(kDay);
  Take();
  Pass(kDay);
  EXPECT_EQ(Take(), (Taken{{"/old.txt", "one, at home"}})) << "what was adopted no longer answers";
}

TEST_F(WebFeedTest, AMoveToAPlaceThatFailsOnceIsKept) {
  Put("/old.txt", {301, "", "", "Location: /new.txt\r\n"});
  Put("/new.txt", {200, "one", "", ""});
  Open(Options(WebFeedKind::kUrls, "/old.txt"));
  EXPECT_EQ(Take().size(), 1u);
  Put("/old.txt", {404, "", "", ""});  // before the week is over: the known target is asked at once
  Pass(kInterval);
  TakePaths();
  Take();
  EXPECT_EQ(TakePaths(), (std::vector<std::string>{"/old.txt", "/new.txt"}));
  EXPECT_EQ(Trouble(), "");
  Put("/new.txt", {503, "", "", ""});
  Pass(kInterval);
  Take();
  EXPECT_NE(Trouble().find("HTTP 503"), std::string::npos) << Trouble();
  Put("/new.txt", {200, "two", "", ""});
  Pass(kInterval);
  EXPECT_EQ(Take(), (Taken{{"/old.txt", "two"}}));
}

TEST_F(WebFeedTest, AnOlderDeliveryThatIsConfirmedDoesNotConfirmTheNewerOne) {
  Put("/1.txt", {200, "two", "\"b\"", ""});
  Open(Options(WebFeedKind::kUrls, "/1.txt"));
  const std::string url = origin_.Url("/1.txt");
  for (int round = 0; round < 300 && !feed_->Read({url, url, ""}); ++round) {
    feed_->Confirm({url, url, Sha256("one").Hex()});
    const auto documents = feed_->Poll(std::chrono::milliseconds(5));
    ASSERT_TRUE(documents);
    if (!documents->empty()) break;
  }
  feed_->Confirm({url, url, Sha256("one").Hex()});
  EXPECT_TRUE(feed_->Read({url, url, ""})) << "the newer one is still there";
}

TEST_F(WebFeedTest, OtherPatternsAreAppliedToAnUnchangedIndex) {
  Put("/", {200, "<a href=1.txt>一</a><a href=2.md>二</a>", "\"i1\"", ""});
  Put("/1.txt", {200, "one", "", ""});
  Put("/2.md", {200, "two", "", ""});
  WebFeedOptions options = Options(WebFeedKind::kIndex, "/");
  Open(options);
  EXPECT_EQ(Take(), (Taken{{"/1.txt", "one"}}));
  options.links = R"(\.(txt|md)$)";
  Open(options);
  EXPECT_EQ(Take(), (Taken{{"/2.md", "two"}})) << "at once, whatever the interval";
}

TEST_F(WebFeedTest, ADocumentThatLeavesTheListBeforeItWasTakenIsStillAskedFor) {
  Put("/", {200, "<a href=1.txt>一</a><a href=2.txt>二</a>", "", ""});
  Put("/1.txt", {503, "", "", ""});
  Put("/2.txt", {200, "two", "", ""});
  Open(Options(WebFeedKind::kIndex, "/"));
  EXPECT_EQ(Take(), (Taken{{"/2.txt", "two"}}));
  Put("/", {200, "<a href=2.txt>二</a>", "", ""});
  Pass(kInterval);
  EXPECT_EQ(Take(), Taken());
  Put("/1.txt", {200, "one", "", ""});
  Pass(2 * kInterval);
  EXPECT_EQ(Take(), (Taken{{"/1.txt", "one"}}));
}

TEST_F(WebFeedTest, AStopBeforeTheConfirmationPutsNothingOff) {
  Put("/1.txt", {200, "one", "\"a\"", "Cache-Control: max-age=80000\r\n"});
  Open(Options(WebFeedKind::kUrls, "/1.txt"));
  EXPECT_EQ(Take(false).size(), 1u);
  Open(Options(WebFeedKind::kUrls, "/1.txt"));
  EXPECT_EQ(Take(), (Taken{{"/1.txt", "one"}}));
  EXPECT_EQ(Take(), Taken());
  TakePaths();
  Pass(kInterval);
  Take();
  EXPECT_TRUE(TakePaths().empty()) << "once confirmed, max-age holds";
}

TEST_F(WebFeedTest, WrongConfigurationsAreRefused) {
  WebFeedOptions options = Options(WebFeedKind::kIndex, "/");
  options.links = "(";
  EXPECT_EQ(WebFeed::Check(options).error().kind, ErrorKind::kConfiguration);
  options.links = "x";
  options.urls = {"ftp://example.com/"};
  EXPECT_NE(WebFeed::Check(options).error().message.find("no http or https URL"), std::string::npos);
}

TEST_F(WebFeedTest, EveryLinkHasAVerdict) {
  Put("/", {200, "<a href=1.txt>简报</a><a href=1.txt>简报</a><a href=2.txt>目录</a><a href=x.html>x</a>", "", ""});
  WebFeedOptions options = Options(WebFeedKind::kIndex, "/");
  options.titles = "简报";
  Open(options);
  const auto verdicts = feed_->Judge(Fetch(feed_->RequestFor(origin_.Url("/"))));
  ASSERT_TRUE(verdicts);
  std::vector<std::string> whys;
  for (const LinkVerdict& verdict : *verdicts) whys.push_back(verdict.taken ? "taken" : verdict.why);
  EXPECT_EQ(whys, (std::vector<std::string>{"taken", "the list names it twice", "its text does not match `titles`",
                                            "does not match `links`"}));
}

}  // namespace
}  // namespace ytterby::testing
