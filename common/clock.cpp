#include "common/clock.hpp"

#include <fmt/format.h>

#include <cstdlib>

namespace ytterby {
namespace {

using std::chrono::milliseconds;

class ShiftedSystemClock final : public Clock {
 public:
  ShiftedSystemClock() {
    if (const char* shift = std::getenv("YTTERBY_CLOCK_SHIFT")) shift_ = std::chrono::seconds(std::atol(shift));
  }
  Timestamp Now() const override { return std::chrono::time_point_cast<milliseconds>(std::chrono::system_clock::now() + shift_); }

 private:
  std::chrono::seconds shift_{0};
};

int Digits(std::string_view text, std::size_t at, std::size_t count) {
  int value = 0;
  for (std::size_t i = at; i < at + count; ++i) {
    if (i >= text.size() || text[i] < '0' || text[i] > '9') return -1;
    value = value * 10 + (text[i] - '0');
  }
  return value;
}

}  // namespace

const Clock& SystemClock() {
  static const ShiftedSystemClock clock;
  return clock;
}

std::string FormatRfc3339(Timestamp time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const auto rest = std::chrono::duration_cast<milliseconds>(time - day).count();
  return fmt::format("{:04d}-{:02d}-{:02d}T{:02d}:{:02d}:{:02d}.{:03d}Z", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), rest / 3600000, rest / 60000 % 60,
                     rest / 1000 % 60, rest % 1000);
}

std::optional<Timestamp> ParseRfc3339(std::string_view text) {
  if (text.size() < 20 || text[4] != '-' || text[7] != '-' || text[10] != 'T' || text.back() != 'Z') return std::nullopt;
  const int year = Digits(text, 0, 4), month = Digits(text, 5, 2), day = Digits(text, 8, 2);
  const int hour = Digits(text, 11, 2), minute = Digits(text, 14, 2), second = Digits(text, 17, 2);
  const int milli = text.size() == 24 ? Digits(text, 20, 3) : 0;
  const std::chrono::year_month_day date{std::chrono::year(year), std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day))};
  if (!date.ok() || hour < 0 || minute < 0 || second < 0 || milli < 0) return std::nullopt;
  return std::chrono::sys_days(date) + std::chrono::hours(hour) + std::chrono::minutes(minute) + std::chrono::seconds(second) +
         milliseconds(milli);
}

}  // namespace ytterby
