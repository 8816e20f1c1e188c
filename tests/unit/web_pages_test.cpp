// What web feeds read and decide without a network: links, syndication, robots.txt, character sets, the pace.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "common/text/html_depth.hpp"
#include "producers/feeds/http/links.hpp"
#include "producers/feeds/http/pace.hpp"
#include "producers/feeds/http/page_text.hpp"
#include "producers/feeds/http/robots.hpp"
#include "producers/feeds/http/syndication.hpp"

namespace ytterby {
namespace {

using std::chrono::seconds;

std::vector<std::string> UrlsOf(const std::vector<PageLink>& links) {
  std::vector<std::string> urls;
  for (const PageLink& link : links) urls.push_back(link.url.text);
  return urls;
}

TEST(WebPagesTest, LinksAreResolvedAgainstTheBase) {
  const Url page = *ParseUrl("https://example.com/list/index.html");
  const auto links = LinksOf(
      "<p><a href='1.txt'> 第1期\n <b>简报</b></a><a href='#top'>x</a><a href='mailto:a@b'>y</a><a>z</a>"
      "<a href='/2.pdf'>二</a><A HREF=\"https://cdn.example.net/3.pdf\">三",
      page);
  EXPECT_EQ(UrlsOf(links), (std::vector<std::string>{"https://example.com/list/1.txt", "https://example.com/2.pdf",
                                                     "https://cdn.example.net/3.pdf"}));
  EXPECT_EQ(links[0].text, "第1期 简报");
  const auto moved = LinksOf("<base href='https://files.example.com/a/'><a href='1.txt'>1</a>", page);
  EXPECT_EQ(UrlsOf(moved), std::vector<std::string>{"https://files.example.com/a/1.txt"});
}

TEST(WebPagesTest, TheDepthOfMarkUpIsCounted) {
  EXPECT_EQ(HtmlDepth("<html><body><div><P>a<p>b</div><div></div>a < b <br/></body></html>"), 3u);
  EXPECT_EQ(HtmlDepth("<div></q><div></q><div>"), 3u) << "an end that closes nothing";
  EXPECT_EQ(HtmlDepth("<"), 0u);
  EXPECT_EQ(HtmlDepth("no mark-up"), 0u);
}

TEST(WebPagesTest, DeepAndLongPagesEnd) {
  std::string deep, many;
  for (int i = 0; i < 50'000; ++i) deep += "<div>";
  for (int i = 0; i < 30'000; ++i) many += "<a href=x>";
  const Url page = *ParseUrl("https://example.com/");
  EXPECT_TRUE(LinksOf(deep, page).empty());
  EXPECT_LE(LinksOf(many, page).size(), 20'000u);
}

TEST(WebPagesTest, SyndicationIsReadInItsForms) {
  const Url place = *ParseUrl("https://example.com/feed");
  const auto rss = ReadSyndication(
      "<?xml version='1.0'?><rss version='2.0'><channel><title>简报</title><ttl>90</ttl><skipHours><hour>3</hour>"
      "</skipHours><skipDays><day>Sunday</day></skipDays><item><title>第1期</title><link>/1.html</link>"
      "<guid>https://example.com/g</guid><pubDate>Mon, 01 Jan 2024 00:00:00 GMT</pubDate>"
      "<enclosure url='1.pdf' type='application/pdf'/></item>"
      "<item xmlns:c='http://purl.org/rss/1.0/modules/content/'><guid isPermaLink='false'>n2</guid>"
      "<c:encoded><![CDATA[<p>全文</p>]]></c:encoded></item></channel></rss>",
      place);
  ASSERT_TRUE(rss);
  EXPECT_EQ(rss->title, "简报");
  EXPECT_EQ(rss->ttl, seconds(5400));
  ASSERT_EQ(rss->entries.size(), 2u);
  EXPECT_EQ(rss->entries[0].link->text, "https://example.com/1.html");
  EXPECT_EQ(rss->entries[0].enclosure->text, "https://example.com/1.pdf");
  EXPECT_EQ(rss->entries[1].id, "n2");
  EXPECT_EQ(rss->entries[1].content, "<p>全文</p>");
  const auto atom = ReadSyndication(
      "<feed xmlns='http://www.w3.org/2005/Atom' xml:base='/a/'><entry><id>urn:1</id><updated>2024-01-02T00:00:00Z"
      "</updated><link rel='self' href='no'/><link href='1.txt'/></entry></feed>",
      place);
  ASSERT_TRUE(atom);
  EXPECT_EQ(atom->entries.at(0).link->text, "https://example.com/a/1.txt");
  EXPECT_EQ(atom->entries[0].updated, "2024-01-02T00:00:00Z");
  const auto rdf = ReadSyndication(
      "<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#' xmlns='http://purl.org/rss/1.0/'>"
      "<channel rdf:about='c'/><item rdf:about='https://example.com/i'><link>https://example.com/i</link></item>"
      "</rdf:RDF>",
      place);
  ASSERT_TRUE(rdf);
  EXPECT_EQ(rdf->entries.at(0).link->text, "https://example.com/i");
}

TEST(WebPagesTest, SyndicationAsItReallyOccurs) {
  const Url place = *ParseUrl("https://example.com/feed");
  const auto chinese = ReadSyndication(
      "<?xml version='1.0' encoding='gb2312'?><rss><channel><item><title>\xCF\xA1\xCD\xC1</title><link>/1</link></item>"
      "</channel></rss>",
      place);
  ASSERT_TRUE(chinese);
  EXPECT_EQ(chinese->entries.at(0).title, "稀土");
  const auto bare =
      ReadSyndication("<rss><channel><item><link>/x?a=1&b=2&amp;c=3</link></item></channel></rss>", place);
  ASSERT_TRUE(bare);
  EXPECT_EQ(bare->entries.at(0).link->text, "https://example.com/x?a=1&b=2&c=3");
  EXPECT_FALSE(ReadSyndication("<rss><channel><item><link>/2024-06.t", place)) << "cut";
}

TEST(WebPagesTest, HostileXmlIsNoFeed) {
  const Url place = *ParseUrl("https://example.com/feed");
  std::string bomb = "<!DOCTYPE rss [<!ENTITY a0 'aaaaaaaaaa'>";
  for (int i = 1; i < 12; ++i)
    bomb += "<!ENTITY a" + std::to_string(i) + " '&a" + std::to_string(i - 1) + ";&a" + std::to_string(i - 1) + ";'>";
  EXPECT_FALSE(ReadSyndication(bomb + "]><rss><channel><title>&a11;</title></channel></rss>", place));
  EXPECT_FALSE(
      ReadSyndication("<!DOCTYPE rss [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><rss><channel>"
                      "<item><title>&x;</title><link>http://x/</link></item></channel></rss>",
                      place));
  EXPECT_FALSE(ReadSyndication("<html><body>down for maintenance</body></html>", place));
  EXPECT_FALSE(ReadSyndication("", place));
}

TEST(WebPagesTest, SkippedHoursAreWaitedOut) {
  Syndication feed;
  feed.skip_hours = {3, 4};
  const Timestamp night = *ParseRfc3339("2024-01-02T03:30:00.000Z");
  EXPECT_EQ(UntilAllowed(feed, night), seconds(5400));
  EXPECT_EQ(UntilAllowed(feed, night + std::chrono::hours(2)), seconds(0));
  feed.skip_days = {"Tuesday"};
  EXPECT_EQ(UntilAllowed(feed, night), seconds(73'800));
}

TEST(WebPagesTest, RobotsFollowTheStandard) {
  const Robots robots(
      "User-agent: other\nDisallow: /\n\nuser-agent: YTTERBY/2\nUser-agent: more\nDisallow: /private # not this\n"
      "Allow: /private/open\nDisallow: /*.zip$\nDisallow: /%E7%A8%80\nDisallow:\n\nUser-agent: *\nDisallow: /all\n",
      "ytterby");
  EXPECT_TRUE(robots.Allows("/"));
  EXPECT_FALSE(robots.Allows("/private"));
  EXPECT_FALSE(robots.Allows("/private/x"));
  EXPECT_TRUE(robots.Allows("/private/open/x"));
  EXPECT_FALSE(robots.Allows("/a/b.zip"));
  EXPECT_TRUE(robots.Allows("/a/b.zip?x"));
  EXPECT_FALSE(robots.Allows("/\xE7\xA8\x80"));
  EXPECT_FALSE(robots.Allows("/%e7%a8%80/x"));
  EXPECT_TRUE(robots.Allows("/all"));
  EXPECT_EQ(*robots.RuleAgainst("/private/x"), "/private");
  EXPECT_FALSE(Robots("User-agent: *\r\nDisallow: /all", "ytterby").Allows("/all/x"));
  EXPECT_FALSE(Robots("User-agent: *\nDisallow: /a\nAllow: /a\nDisallow: /b", "ytterby").Allows("/b"));
  EXPECT_TRUE(Robots("User-agent: *\nDisallow: /a\nAllow: /a", "ytterby").Allows("/a"));
  EXPECT_TRUE(Robots("<html>not found</html>", "ytterby").Allows("/"));
  EXPECT_FALSE(Robots::DisallowAll().Allows("/"));
}

TEST(WebPagesTest, CharacterSetsAreFoundInHeaderMarkUpAndBytes) {
  const std::string gb = "\xCF\xA1\xCD\xC1";  // 稀土 in GB 18030
  EXPECT_EQ(PageText(gb, "text/html; charset=GB2312"), "稀土");
  EXPECT_EQ(PageText("<meta charset=\"gbk\">" + gb, "text/html"), "<meta charset=\"gbk\">稀土");
  EXPECT_EQ(PageText(gb, "text/html; charset=utf-8"), "稀土");  // the header is wrong
  EXPECT_EQ(PageText("稀土", "text/html; charset=gb2312"), "稀土");
  EXPECT_EQ(PageText("\xB5\x7D\xA4\x67", "text/html; charset=Big5"), "稀土");
  EXPECT_EQ(PageText("\xEF\xBB\xBF稀", ""), "稀");
  EXPECT_EQ(PageText(std::string("\xFF\xFE\x00\x7A", 4), ""), "稀");
  EXPECT_EQ(PageText(gb, "text/html; charset=no-such-set"), "稀土");
}

TEST(WebPagesTest, TheNextPollIsTheLatestThatAnyoneAsksFor) {
  PollFacts facts;
  facts.interval = seconds(900);
  const auto next = [&] {
    const NextPoll poll = ChooseNextPoll(facts);
    return fmt::format("{} {}", poll.after.count(), poll.reason);
  };
  EXPECT_EQ(next(), "900 interval");
  facts.fresh_for = seconds(600);
  EXPECT_EQ(next(), "900 interval");
  facts.fresh_for = seconds(3600);
  EXPECT_EQ(next(), "3600 Cache-Control");
  facts.syndicated = seconds(5400);
  EXPECT_EQ(next(), "5400 ttl");
  facts.failures = 1;
  EXPECT_EQ(next(), "5400 ttl");
  facts.failures = 9;
  EXPECT_EQ(next(), "15360 9 failures in a row");
  facts.failures = 1000;
  EXPECT_EQ(next(), "86400 1000 failures in a row");
  facts.failures = 0;
  facts.retry_after = seconds(7200);
  EXPECT_EQ(next(), "7200 Retry-After");
  facts.retry_after = seconds(999'999);
  EXPECT_EQ(next(), "86400 Retry-After");
  facts.gone = true;
  EXPECT_EQ(next(), "604800 gone");
}

TEST(WebPagesTest, TheServersWishesAreRead) {
  const Timestamp now = *ParseRfc3339("2024-01-02T00:00:00.000Z");
  EXPECT_EQ(RetryAfterOf("120", now), seconds(120));
  EXPECT_EQ(RetryAfterOf("Tue, 02 Jan 2024 00:05:00 GMT", now), seconds(300));
  EXPECT_EQ(RetryAfterOf("Mon, 01 Jan 2024 00:00:00 GMT", now), seconds(0));
  EXPECT_EQ(RetryAfterOf("soon", now), std::nullopt);
  EXPECT_EQ(RetryAfterOf("", now), std::nullopt);
  EXPECT_EQ(RetryAfterOf("99999999999999999999", now), seconds(604'800));
  FetchResponse response;
  EXPECT_EQ(FreshFor(response, now), std::nullopt);
  response.headers = {{"expires", "Tue, 02 Jan 2024 01:00:00 GMT"}, {"date", "Tue, 02 Jan 2024 00:30:00 GMT"}};
  EXPECT_EQ(FreshFor(response, now), seconds(1800));
  response.headers.emplace_back("cache-control", "public, max-age=600");
  response.headers.emplace_back("age", "100");
  EXPECT_EQ(FreshFor(response, now), seconds(500));
  response.headers = {{"cache-control", "no-store"}};
  EXPECT_EQ(FreshFor(response, now), seconds(0));
  response.headers = {{"expires", "0"}};
  EXPECT_EQ(FreshFor(response, now), seconds(0));
}

}  // namespace
}  // namespace ytterby
