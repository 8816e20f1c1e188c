#include "common/text/dates.hpp"

#include <fmt/format.h>

#include <chrono>

#include "common/text/utf8.hpp"

namespace ytterby {
namespace {

int DigitOf(char32_t c) {
  switch (c) {
    case U'〇':
    case U'零':
    case U'○':
      return 0;
    case U'一':
      return 1;
    case U'二':
    case U'两':
      return 2;
    case U'三':
      return 3;
    case U'四':
      return 4;
    case U'五':
      return 5;
    case U'六':
      return 6;
    case U'七':
      return 7;
    case U'八':
      return 8;
    case U'九':
      return 9;
    default:
      return -1;
  }
}

}  // namespace

std::optional<std::string> IsoDate(int year, int month, int day) {
  const std::chrono::year_month_day date{std::chrono::year(year), std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day))};
  if (!date.ok() || year < 1900 || year > 2199) return std::nullopt;
  return fmt::format("{:04d}-{:02d}-{:02d}", year, month, day);
}

std::optional<std::string> IsoMonth(int year, int month) {
  if (month < 1 || month > 12 || year < 1900 || year > 2199) return std::nullopt;
  return fmt::format("{:04d}-{:02d}", year, month);
}

int LastDayOfMonth(int year, int month) {
  const std::chrono::year_month_day_last last{
      std::chrono::year(year), std::chrono::month_day_last(std::chrono::month(static_cast<unsigned>(month)))};
  return static_cast<int>(static_cast<unsigned>(last.day()));
}

std::optional<int> ParseNumeral(std::string_view text) {
  if (text.empty()) return std::nullopt;
  int value = 0;
  if (text[0] >= '0' && text[0] <= '9') {
    if (text.size() > 8) return std::nullopt;
    for (char c : text) {
      if (c < '0' || c > '9') return std::nullopt;
      value = value * 10 + (c - '0');
    }
    return value;
  }
  int pending = -1, digits = 0;
  bool units = false;
  for (std::size_t at = 0; at < text.size();) {
    const CodePoint c = DecodeUtf8(text, at);
    at += c.length;
    if (c.value == U'十' || c.value == U'廿' || c.value == U'卅') {
      const int tens = c.value == U'十' ? (pending < 0 ? 1 : pending) : c.value == U'廿' ? 2 : 3;
      value += tens * 10;
      pending = -1;
      units = true;
    } else if (const int digit = DigitOf(c.value); digit >= 0 && ++digits <= 6) {
      pending = pending < 0 || units ? digit : pending * 10 + digit;
    } else {
      return std::nullopt;
    }
  }
  return value + (pending < 0 ? 0 : pending);
}

}  // namespace ytterby
