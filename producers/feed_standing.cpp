#include "producers/feed_standing.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <memory>

#include "common/http/url.hpp"
#include "producers/documents/archive.hpp"
#include "producers/feeds/http/page_store.hpp"

namespace ytterby {
namespace {

using std::chrono::seconds;

constexpr int kHistory = 200;  // deliveries

void AddPages(const std::vector<PageState>& pages, const std::vector<std::string>& urls, FeedStanding& standing) {
  for (const PageState& page : pages) {
    if (std::find(urls.begin(), urls.end(), page.url) == urls.end()) {
      if (page.listed && page.failures > 0) ++standing.pages_failing;
      continue;
    }
    if (page.succeeded != Timestamp())
      standing.succeeded = std::max(standing.succeeded.value_or(Timestamp()), page.succeeded);
    if (!standing.next || page.next < *standing.next) {
      standing.next = page.next;
      standing.reason = page.reason;
    }
    if (page.failures > standing.failures) {
      standing.failures = page.failures;
      standing.trouble = fmt::format("{}: {}", page.url, page.error);
    }
  }
  if (standing.failures > 0) standing.state = FeedState::kFailing;
}

}  // namespace

const char* FeedStateName(FeedState state) {
  switch (state) {
    case FeedState::kQuiet:
      return "quiet";
    case FeedState::kLate:
      return "late";
    case FeedState::kFailing:
      return "failing";
  }
  return "";
}

std::optional<seconds> ExpectedInterval(const std::vector<Timestamp>& times) {
  constexpr seconds kOneArrival{3600};
  constexpr std::size_t kLeastArrivals = 4;
  std::vector<seconds> gaps;
  for (std::size_t i = 1; i < times.size(); ++i) {
    const auto gap = std::chrono::duration_cast<seconds>(times[i - 1] - times[i]);
    if (gap >= kOneArrival) gaps.push_back(gap);
  }
  if (gaps.size() + 1 < kLeastArrivals) return std::nullopt;
  const auto middle = gaps.begin() + static_cast<std::ptrdiff_t>(gaps.size() / 2);
  std::nth_element(gaps.begin(), middle, gaps.end());
  return 2 * *middle;
}

Result<std::vector<FeedStanding>> ReadFeedStandings(const Config& config, Timestamp now) {
  std::unique_ptr<Archive> archive;
  std::unique_ptr<PageStore> store;
  if (auto opened = Archive::OpenReadOnly(config.data_dir)) {
    archive = std::move(*opened);
  } else if (opened.error().kind != ErrorKind::kNoInput) {
    return tl::unexpected<Error>(opened.error());
  }
  if (auto opened = PageStore::OpenReadOnly(DataFolder(config.data_dir).feeds())) {
    store = std::move(*opened);
  } else if (opened.error().kind != ErrorKind::kNoInput) {
    return tl::unexpected<Error>(opened.error());
  }
  std::vector<FeedStanding> standings;
  for (const FeedConfig& feed : config.feeds) {
    FeedStanding standing;
    standing.feed = feed.name;
    std::vector<std::string> urls = feed.urls;
    if (const std::string list = feed.index + feed.syndication; !list.empty()) urls.push_back(list);
    standing.place = feed.OnTheWeb() ? urls.front() : feed.directory;
    for (std::string& url : urls) {
      if (const auto parsed = ParseUrl(url)) url = parsed->text;  // as the page store names it
    }
    std::error_code ec;
    if (feed.OnTheWeb() && store) {
      YT_ASSIGN(pages, store->Pages(feed.name));
      AddPages(pages, urls, standing);
    } else if (!feed.OnTheWeb() && !std::filesystem::is_directory(feed.directory, ec)) {
      standing.state = FeedState::kFailing;
      standing.trouble = ec ? ec.message() : "no such folder";
    }
    std::vector<Timestamp> times;
    if (archive) {
      YT_ASSIGN(fetched, archive->FetchTimes(feed.name, kHistory));
      times = std::move(fetched);
    }
    if (!times.empty()) standing.newest = times.front();
    standing.learnt = feed.expected.count() == 0;
    standing.expected = standing.learnt ? ExpectedInterval(times) : std::optional(feed.expected);
    const bool late = standing.expected && standing.newest && now - *standing.newest > *standing.expected;
    if (late && standing.state != FeedState::kFailing) standing.state = FeedState::kLate;
    standings.push_back(std::move(standing));
  }
  return standings;
}

}  // namespace ytterby
