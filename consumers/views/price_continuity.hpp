// What neighbouring issues say of a table's prices: the month before is printed there too, as that issue's own month.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/decimal.hpp"

namespace ytterby {

// One monthly average of a table.
struct MonthlyAverage {
  std::optional<std::string> product;  // null: the name was not decided
  std::string as_printed;
  std::string period;  // 2023-08
  Decimal cny_per_kg;
  bool repaired = false;  // the product is not what the name says
};

struct IssueAverages {
  std::string label;
  std::vector<MonthlyAverage> averages;
};

struct ContinuityFinding {
  std::size_t average = 0;  // which of the own ones
  std::string check, severity, message, expected;
};

// Compares an issue's averages with those that issues before it print of the same month, the nearest first.
// `neighbour-value` (warning): the same product at another price. `neighbour-name`: a name that was decided by
// evidence, or left open, and the one product that had this price in the other issue: info where they agree or the name
// is open, warning where they do not. Nothing here changes a record.
std::vector<ContinuityFinding> CheckContinuity(const std::vector<MonthlyAverage>& own,
                                               const std::vector<IssueAverages>& before);

}  // namespace ytterby
