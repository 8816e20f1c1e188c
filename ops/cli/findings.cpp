// ytterby findings: what the checks noticed, listed, filtered, counted.
#include "ops/cli/findings.hpp"

#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>
#include <limits>

#include "ops/cli/context.hpp"
#include "schemas/events/event_json.hpp"
#include "schemas/vocabulary/checks.hpp"

namespace ytterby::cli {

int SeverityRank(std::string_view severity) { return severity == "error" ? 2 : severity == "warning" ? 1 : 0; }

void FindingCounts::Add(std::string_view severity, std::string_view check) {
  ++counts_[{-SeverityRank(severity), std::string(check)}];
  ++total_;
}

std::string FindingCounts::Lines(std::string_view indent, int least, std::size_t lines) const {
  static constexpr std::string_view kSeverities[] = {"info", "warning", "error"};
  std::string out;
  for (const auto& [key, count] : counts_) {
    const int rank = -key.first;
    if (rank < least || lines-- == 0) break;
    out += fmt::format("{}{:7} {:20} {}\n", indent, kSeverities[rank], key.second, count);
  }
  return out;
}

Result<void> ForEachFinding(Store& store, const std::function<void(const IssueId&, const ViewFinding&)>& visit,
                            const ViewOptions& options) {
  const auto show = [&](const ViewRecord& record) {
    const simdjson::dom::element body = ThreadParser().parse(record.stored.body);
    const auto text = [&](const char* field) {
      std::string_view value;
      return body[field].get(value) == simdjson::SUCCESS ? std::string(value) : std::string();
    };
    visit(record.issue, {text("check"), text("severity"), text("message"), text("printed"), text("expected"), text("concerns")});
  };
  return ForEachRecord(store, RecordKind::kFinding, show, options);
}

namespace {

struct FindingsFlags {
  CommonFlags common;
  std::string check, severity, issue;
  bool count = false, checks = false;
};

Result<int> ListChecks() {
  for (const Check& check : AllChecks()) fmt::print("{:20} {}\n", check.name, check.asks);
  return 0;
}

Result<int> Findings(const FindingsFlags& flags) {
  if (flags.checks) return ListChecks();
  const auto& checks = AllChecks();
  if (!flags.check.empty() && std::none_of(checks.begin(), checks.end(), [&](const Check& one) { return one.name == flags.check; })) {
    return Fail(ErrorKind::kUsage, fmt::format("no check {}; `ytterby findings --checks` lists them", flags.check));
  }
  if (!flags.severity.empty() && flags.severity != "info" && flags.severity != "warning" && flags.severity != "error") {
    return Fail(ErrorKind::kUsage, fmt::format("no severity {}: info, warning or error", flags.severity));
  }
  YT_ASSIGN(config, LoadConfig(flags.common));
  YT_ASSIGN(store, OpenStore(config, true, Lifetime::kOneShot));
  YT_CHECK(store->HoldSnapshot());
  FindingCounts counts;
  const auto show = [&](const IssueId& issue, const ViewFinding& finding) {
    if (!flags.check.empty() && finding.check != flags.check) return;
    if (!flags.severity.empty() && SeverityRank(finding.severity) < SeverityRank(flags.severity)) return;
    counts.Add(finding.severity, finding.check);
    if (flags.count) return;
    std::string line = fmt::format("{} {:7} {:18} {}", issue.label, finding.severity, finding.check, finding.message);
    if (!finding.printed.empty() && finding.printed.size() < 120) line += fmt::format(" | printed: {}", finding.printed);
    if (!finding.expected.empty()) line += fmt::format(" | expected: {}", finding.expected);
    if (!finding.concerns.empty()) line += fmt::format(" | {}", finding.concerns);
    fmt::print("{}\n", line);
  };
  const ViewOptions options{.only = [&](const IssueId& issue) { return flags.issue.empty() || issue.label == flags.issue; },
                            .coverage = flags.check.empty() ? SeverityRank(flags.severity) == 0 : flags.check == "unread"};
  YT_CHECK(ForEachFinding(*store, show, options));
  if (flags.count) fmt::print("{}{} findings\n", counts.Lines("", 0, std::numeric_limits<std::size_t>::max()), counts.total());
  return 0;
}

}  // namespace

void AddFindings(CLI::App& app, std::vector<Subcommand>& commands) {
  auto flags = std::make_shared<FindingsFlags>();
  CLI::App* command = app.add_subcommand("findings", "what the checks noticed: list, filter, count");
  command->add_option("--check", flags->check, "only of this check");
  command->add_option("--severity", flags->severity, "info, warning or error: only so severe or more");
  command->add_option("--issue", flags->issue, "only of this issue (YYYY-NN)");
  command->add_flag("--count", flags->count, "how many of each check, the severest first");
  command->add_flag("--checks", flags->checks, "the checks there are, and what each asks");
  AddCommonFlags(*command, flags->common);
  command->footer(
      "Examples:\n"
      "  ytterby findings --data-dir data --severity warning\n"
      "  ytterby findings --data-dir data --count\n"
      "  ytterby findings --data-dir data --check unread      numbers that no rule read\n"
      "  ytterby findings --data-dir data --check name-repaired --issue 2023-09\n"
      "`ytterby export findings` gives the same with spans, one JSON object a line.");
  commands.push_back({command, [flags] { return Findings(*flags); }});
}

}  // namespace ytterby::cli
