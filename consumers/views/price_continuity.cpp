#include "consumers/views/price_continuity.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace ytterby {
namespace {

// Equal except for decimal places that one of them does not print: 112.2 and 112.21.
bool SamePrice(const Decimal& a, const Decimal& b) {
  return a.Within(b, Decimal(5, std::min(a.scale(), b.scale()) + 1));
}

const IssueAverages* NearestWith(const std::string& period, const std::vector<IssueAverages>& before) {
  for (const IssueAverages& issue : before) {
    const auto of_period = [&](const MonthlyAverage& average) { return average.period == period; };
    if (std::any_of(issue.averages.begin(), issue.averages.end(), of_period)) return &issue;
  }
  return nullptr;
}

// The one product that had this price in the other issue; nullopt if none or several.
std::optional<std::string> ProductAt(const MonthlyAverage& own, const IssueAverages& other) {
  std::optional<std::string> found;
  for (const MonthlyAverage& average : other.averages) {
    if (average.period != own.period || !average.product || average.repaired ||
        !SamePrice(average.cny_per_kg, own.cny_per_kg))
      continue;
    if (found && *found != *average.product) return std::nullopt;
    found = average.product;
  }
  return found;
}

std::optional<ContinuityFinding> CheckName(std::size_t index, const MonthlyAverage& own, const IssueAverages& other) {
  const auto product = ProductAt(own, other);
  if (!product) return std::nullopt;
  const std::string seen =
      fmt::format("issue {} prints {} for {} of {}", other.label, own.cny_per_kg.ToString(), *product, own.period);
  ContinuityFinding finding{index, "neighbour-name", "info", "", *product};
  if (!own.product) {
    finding.message = fmt::format("{} was left open; {}", own.as_printed, seen);
  } else if (*own.product == *product) {
    finding.message = fmt::format("{} was read as {}; {}, which agrees", own.as_printed, *own.product, seen);
  } else {
    finding.severity = "warning";
    finding.message = fmt::format("{} was read as {}; {}", own.as_printed, *own.product, seen);
  }
  return finding;
}

std::optional<ContinuityFinding> CheckValue(std::size_t index, const MonthlyAverage& own, const IssueAverages& other) {
  const MonthlyAverage* same = nullptr;
  for (const MonthlyAverage& average : other.averages) {
    if (average.period != own.period || average.product != own.product) continue;
    if (SamePrice(average.cny_per_kg, own.cny_per_kg)) return std::nullopt;
    if (!same) same = &average;
  }
  if (!same) return std::nullopt;
  return ContinuityFinding{index, "neighbour-value", "warning",
                           fmt::format("{} of {} is {} yuan a kilogram here and {} in issue {}", *own.product,
                                       own.period, own.cny_per_kg.ToString(), same->cny_per_kg.ToString(), other.label),
                           same->cny_per_kg.ToString()};
}

}  // namespace

std::vector<ContinuityFinding> CheckContinuity(const std::vector<MonthlyAverage>& own,
                                               const std::vector<IssueAverages>& before) {
  std::vector<ContinuityFinding> findings;
  for (std::size_t i = 0; i < own.size(); ++i) {
    const IssueAverages* other = NearestWith(own[i].period, before);
    if (!other) continue;
    const bool in_doubt = !own[i].product || own[i].repaired;
    if (auto finding = in_doubt ? CheckName(i, own[i], *other) : CheckValue(i, own[i], *other))
      findings.push_back(std::move(*finding));
  }
  return findings;
}

}  // namespace ytterby
