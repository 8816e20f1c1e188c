#include "producers/feeds/http/pace.hpp"

#include <curl/curl.h>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace ytterby {
namespace {

using std::chrono::seconds;

constexpr seconds kLongest{86'400}, kOfGone{7 * 86'400}, kFirstBackoff{60};

std::optional<seconds> SecondsOf(std::string_view text) {
  if (text.empty() || text.find_first_not_of("0123456789") != std::string_view::npos) return std::nullopt;
  long long value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || value > kOfGone.count()) return kOfGone;
  return seconds(value);
}

std::optional<seconds> UnixTimeOf(std::string_view date) {
  const time_t time = curl_getdate(std::string(date).c_str(), nullptr);
  if (time < 0) return std::nullopt;
  return seconds(time);
}

seconds UnixTimeOf(Timestamp time) { return std::chrono::duration_cast<seconds>(time.time_since_epoch()); }

}  // namespace

NextPoll ChooseNextPoll(const PollFacts& facts) {
  if (facts.gone) return {kOfGone, "gone"};
  NextPoll next{facts.interval, "interval"};
  const auto raise = [&](std::optional<seconds> to, const char* reason) {
    if (to && *to > next.after) next = {*to, reason};
  };
  raise(facts.fresh_for, "Cache-Control");
  raise(facts.syndicated, "ttl");
  if (facts.failures > 0) {
    const seconds backoff = kFirstBackoff * (1 << std::min(facts.failures - 1, 11));
    if (backoff > next.after)
      next = {backoff, facts.failures == 1 ? "a failure" : fmt::format("{} failures in a row", facts.failures)};
  }
  raise(facts.retry_after, "Retry-After");
  next.after = std::min(next.after, kLongest);
  return next;
}

std::optional<seconds> RetryAfterOf(std::string_view header, Timestamp now) {
  if (const auto after = SecondsOf(header)) return after;
  if (header.empty()) return std::nullopt;
  const auto at = UnixTimeOf(header);
  if (!at) return std::nullopt;
  return std::max(seconds(0), *at - UnixTimeOf(now));
}

std::optional<seconds> FreshFor(const FetchResponse& response, Timestamp now) {
  std::optional<seconds> fresh;
  std::string_view control = response.Header("cache-control");
  while (!control.empty()) {
    std::string_view one = control.substr(0, control.find(','));
    control.remove_prefix(std::min(control.size(), one.size() + 1));
    while (!one.empty() && one.front() == ' ') one.remove_prefix(1);
    while (!one.empty() && one.back() == ' ') one.remove_suffix(1);
    if (one == "no-cache" || one == "no-store") return seconds(0);
    if (one.starts_with("max-age=")) fresh = SecondsOf(one.substr(8));
  }
  if (fresh) return std::max(seconds(0), *fresh - SecondsOf(response.Header("age")).value_or(seconds(0)));
  const std::string_view expires = response.Header("expires");
  if (expires.empty()) return std::nullopt;
  const auto until = UnixTimeOf(expires);
  if (!until) return seconds(0);  // Expires: 0
  return std::max(seconds(0), *until - UnixTimeOf(response.Header("date")).value_or(UnixTimeOf(now)));
}

}  // namespace ytterby
