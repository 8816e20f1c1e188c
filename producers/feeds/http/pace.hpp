// When a page may be asked for again: as often as the configuration wants, and never more often than the server wants.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "common/clock.hpp"
#include "common/http/fetcher.hpp"

namespace ytterby {

// What a poll taught. Seconds count from its end.
struct PollFacts {
  std::chrono::seconds interval{900};               // the least between two polls, from the configuration
  int failures = 0;                                 // in a row, this one included
  std::optional<std::chrono::seconds> retry_after;  // the server's word on 429 and 503
  std::optional<std::chrono::seconds> fresh_for;    // Cache-Control or Expires
  std::optional<std::chrono::seconds> syndicated;   // <ttl>, skipHours and skipDays
  bool gone = false;                                // 410
};

struct NextPoll {
  std::chrono::seconds after{0};
  std::string reason;  // interval, Retry-After, Cache-Control, ttl, 3 failures in a row, gone
};

// The greatest of what the facts ask for, at most a day; a page that is gone is looked at once a week.
NextPoll ChooseNextPoll(const PollFacts& facts);

// RFC 9110, 10.2.3: seconds or a date; nullopt for neither. A date in the past gives 0.
std::optional<std::chrono::seconds> RetryAfterOf(std::string_view header, Timestamp now);
// RFC 9111, 4.2.1: max-age without Age, else Expires after Date; nullopt where the answer says nothing.
std::optional<std::chrono::seconds> FreshFor(const FetchResponse& response, Timestamp now);

}  // namespace ytterby
