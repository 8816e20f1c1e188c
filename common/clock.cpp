#include "common/clock.hpp"

#include <date/date.h>

#include <cstdlib>
#include <sstream>

namespace ytterby {
namespace {

using std::chrono::milliseconds;

class ShiftedSystemClock final : public Clock {
 public:
  ShiftedSystemClock() {
    if (const char* shift = std::getenv("YTTERBY_CLOCK_SHIFT")) shift_ = std::chrono::seconds(std::atol(shift));
  }
  Timestamp Now() const override {
    return std::chrono::time_point_cast<milliseconds>(std::chrono::system_clock::now() + shift_);
  }

 private:
  std::chrono::seconds shift_{0};
};

}  // namespace

const Clock& SystemClock() {
  static const ShiftedSystemClock clock;
  return clock;
}

std::string FormatRfc3339(Timestamp time) { return date::format("%FT%TZ", time); }

std::optional<Timestamp> ParseRfc3339(std::string_view text) {
  if (!text.ends_with('Z')) return std::nullopt;
  std::istringstream in{std::string(text)};
  Timestamp time;
  in >> date::parse("%FT%TZ", time);
  if (in.fail() || in.peek() != std::istringstream::traits_type::eof()) return std::nullopt;
  return time;
}

}  // namespace ytterby
