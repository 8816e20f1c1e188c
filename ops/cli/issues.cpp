#include "ops/cli/issues.hpp"

#include <fmt/format.h>
#include <re2/re2.h>

#include <algorithm>

#include "common/text/utf8.hpp"
#include "consumers/views/current_view.hpp"

namespace ytterby::cli {

Result<void> CheckIssue(Snapshot& snapshot, const std::string& label) {
  static const RE2 kNumbered(R"(\d{4}-\d\d)");
  if (label.empty()) return {};
  YT_ASSIGN(issues, CurrentView::AllIssues(snapshot));
  if (std::any_of(issues.begin(), issues.end(), [&](const IssueId& issue) { return issue.label == label; })) return {};
  if (!RE2::FullMatch(label, kNumbered)) {
    return Fail(ErrorKind::kUsage,
                fmt::format("issue {}: YYYY-NN, the year and the number of the issue", PlainText(label)));
  }
  const std::string newest = issues.empty() ? "the store has none" : "the newest is " + issues.back().label;
  return Fail(ErrorKind::kNoInput, fmt::format("no issue {}; {}", label, newest));
}

}  // namespace ytterby::cli
