// Calendar dates as the records write them: ISO 8601.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace ytterby {

// "2024-01-26"; nullopt when there is no such day.
std::optional<std::string> IsoDate(int year, int month, int day);
// "2024-01"; nullopt when the month is not 1-12 or the year not 1900-2199.
std::optional<std::string> IsoMonth(int year, int month);
int LastDayOfMonth(int year, int month);
// Decimal digits or Chinese numerals in either style: 12, 二〇二四, 十二, 廿五, 三十一. nullopt otherwise.
std::optional<int> ParseNumeral(std::string_view text);

}  // namespace ytterby
