#include "producers/feeds/http/web_client.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <utility>

#include "common/version.hpp"
#include "producers/feeds/http/page_text.hpp"

namespace ytterby {
namespace {

constexpr std::string_view kAgent = "ytterby";
constexpr std::chrono::hours kKeepRobots{24};
constexpr std::chrono::minutes kKeepTrouble{10};
constexpr std::uint64_t kMostRobotsBytes = 2u << 20;  // more than is read of it

}  // namespace

WebClient::WebClient(WebClientOptions options, std::unique_ptr<PageStore> store, const Clock& clock)
    : options_(std::move(options)),
      store_(std::move(store)),
      clock_(clock),
      user_agent_(fmt::format("{}/{} (+{})", kAgent, kVersion, options_.contact)),
      fetcher_(options_.host_interval) {}

void WebClient::Get(FetchRequest request, std::uint64_t known_bytes, Done done) {
  request.user_agent = user_agent_;
  const auto url = ParseUrl(request.url);
  if (!url) {
    fetcher_.Submit(std::move(request), [done = std::move(done)](FetchResponse response) {
      done({std::move(response), {}});  // says what is wrong with the URL
    });
    return;
  }
  const std::string origin = url->origin();
  Site& site = sites_[origin];
  if (site.robots && std::chrono::steady_clock::now() < site.until)
    return Send(site, {std::move(request), known_bytes, std::move(done)});
  const bool asked = !site.waiting.empty();
  FetchRequest robots;
  robots.url = origin + "/robots.txt";
  robots.user_agent = user_agent_;
  robots.allowed_hosts = request.allowed_hosts;
  robots.ca_file = request.ca_file;
  robots.max_bytes = kMostRobotsBytes;
  site.waiting.push_back({std::move(request), known_bytes, std::move(done)});
  if (asked) return;
  fetcher_.Submit(std::move(robots), [this, origin](const FetchResponse& response) { OnRobots(origin, response); });
}

// RFC 9309, 2.3.1: what is not there allows, what cannot be had forbids.
void WebClient::OnRobots(const std::string& origin, const FetchResponse& response) {
  Site& site = sites_[origin];
  const auto now = std::chrono::steady_clock::now();
  site.trouble.reset();
  site.until = now + kKeepRobots;
  if (const auto url = ParseUrl(origin)) Count(url->host, response, 0);
  const bool read = response.failure == FetchFailure::kNone || response.failure == FetchFailure::kTooLarge;
  if (read && response.status >= 200 && response.status < 300) {  // of a large one the beginning
    site.robots.emplace(PageText(response.body, response.Header("content-type")), kAgent);
  } else if (response.failure == FetchFailure::kRedirects ||
             (response.failure == FetchFailure::kNone && response.status >= 400 && response.status < 500 &&
              response.status != 429)) {
    site.robots.emplace();
  } else {
    site.robots = Robots::DisallowAll();
    site.trouble = response;
    if (response.failure == FetchFailure::kNone) site.trouble->message = fmt::format("HTTP {}", response.status);
    site.until = now + kKeepTrouble;
  }
  for (Asked& asked : std::exchange(site.waiting, {})) Send(site, std::move(asked));
}

void WebClient::Send(const Site& site, Asked asked) {
  const auto url = ParseUrl(asked.request.url);
  if (const std::string* rule = site.robots->RuleAgainst(url->path)) {
    WebAnswer answer;
    answer.forbidden = fmt::format("robots.txt forbids it (Disallow: {})", *rule);
    if (site.trouble) {
      answer.forbidden = fmt::format("robots.txt cannot be read ({}), which forbids everything", site.trouble->message);
      answer.response = *site.trouble;
    }
    return asked.done(std::move(answer));
  }
  fetcher_.Submit(std::move(asked.request), [this, host = url->host, known = asked.known_bytes,
                                             done = std::move(asked.done)](FetchResponse response) {
    Count(host, response, known);
    done({std::move(response), {}});
  });
}

void WebClient::Count(const std::string& host, const FetchResponse& response, std::uint64_t known_bytes) {
  if (!store_ || response.requests == 0) return;
  const bool spared = response.failure == FetchFailure::kNone && response.status == 304;
  const auto counted =
      store_->Count({host, response.requests, spared ? 1 : 0, static_cast<std::int64_t>(response.wire_bytes),
                     spared ? static_cast<std::int64_t>(known_bytes) : 0});
  if (!counted) spdlog::warn("the ledger of requests: {}", counted.error().message);
}

}  // namespace ytterby
