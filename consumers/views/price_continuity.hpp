// Compares a table's prices with neighbouring issues: the previous month is printed there too, as that issue's own
// month.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/decimal.hpp"

namespace ytterby {

// One monthly average of a table.
struct MonthlyAverage {
  std::optional<std::string> product;  // nullopt: the name was not decided
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
  std::size_t average = 0;  // index into `own`
  std::string check, severity, message, expected;
};

// Compares an issue's averages with the same month's averages in earlier issues, the nearest first. `neighbour-value`
// (warning): the same product has another price there. `neighbour-name`: a name was decided by evidence or left open,
// and exactly one product has this price there; info if they agree or the name is open, warning if they differ. Changes
// no record.
std::vector<ContinuityFinding> CheckContinuity(const std::vector<MonthlyAverage>& own,
                                               const std::vector<IssueAverages>& before);

}  // namespace ytterby
