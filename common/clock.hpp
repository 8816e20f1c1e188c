// Time as a port, so that tests can set it. No result depends on it: it only labels when something was fetched or
// logged.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ytterby {

using Timestamp = std::chrono::sys_time<std::chrono::milliseconds>;

class Clock {
 public:
  virtual ~Clock() = default;
  virtual Timestamp Now() const = 0;
};

// The system clock. Tests shift it with the environment variable YTTERBY_CLOCK_SHIFT (seconds, may be negative).
const Clock& SystemClock();

// As stored: milliseconds since 1970-01-01 UTC.
inline std::int64_t ToMillis(Timestamp time) { return time.time_since_epoch().count(); }
inline Timestamp FromMillis(std::int64_t millis) { return Timestamp(std::chrono::milliseconds(millis)); }

// RFC 3339 in UTC with milliseconds: 2024-01-26T08:00:00.000Z.
std::string FormatRfc3339(Timestamp time);
std::optional<Timestamp> ParseRfc3339(std::string_view text);

}  // namespace ytterby
