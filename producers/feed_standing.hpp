// How each configured feed stands, from what archive and page store have on disk: for `status`, with no process needed.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "common/clock.hpp"
#include "common/config.hpp"
#include "common/result.hpp"

namespace ytterby {

// Quiet: nothing is wrong, and nothing is due. Late: no new document for longer than expected. Failing: its source
// cannot be read.
enum class FeedState { kQuiet, kLate, kFailing };
const char* FeedStateName(FeedState state);  // quiet, late, failing

struct FeedStanding {
  std::string feed, place;  // the folder, or the first URL
  FeedState state = FeedState::kQuiet;
  std::string trouble;                           // of a failing feed; of one on the web the last request's
  std::optional<Timestamp> succeeded;            // of a feed on the web: the last request that went well
  std::optional<Timestamp> newest;               // when its newest document was fetched
  std::optional<Timestamp> next;                 // of a feed on the web: no request before
  std::string reason;                            // for `next`
  int failures = 0;                              // requests in a row
  int pages_failing = 0;                         // documents that a list names and that cannot be fetched now
  std::optional<std::chrono::seconds> expected;  // a new document within this time; nullopt: too little is known
  bool learnt = false;                           // from the feed's history, not configured
};

// kDamaged, kIo: archive or page store cannot be read. A file that is not there yet means that nothing happened yet.
Result<std::vector<FeedStanding>> ReadFeedStandings(const Config& config, Timestamp now);

// What a history teaches: twice the median time between arrivals, where those within an hour are one, if there are at
// least four. `times`: newest first.
std::optional<std::chrono::seconds> ExpectedInterval(const std::vector<Timestamp>& times);

}  // namespace ytterby
