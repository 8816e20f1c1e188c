// ytterby findings: lists, filters and counts what the checks noticed.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <limits>

#include "common/json_writer.hpp"
#include "consumers/views/findings.hpp"
#include "ops/cli/context.hpp"
#include "ops/cli/issues.hpp"
#include "ops/cli/say.hpp"
#include "schemas/vocabulary/checks.hpp"

namespace ytterby::cli {
namespace {

struct FindingsFlags {
  std::string check, severity, issue;
  bool count = false, checks = false, json = false;
};

Result<int> ListChecks() {
  for (const Check& check : AllChecks()) Say("{:20} {}\n", check.name, check.asks);
  return 0;
}

void PrintLine(const IssueId& issue, const ViewFinding& finding) {
  constexpr std::size_t kLongestPrinted = 120;
  std::string line = fmt::format("{} {:7} {:18} {}", issue.label, finding.severity, finding.check, finding.message);
  if (!finding.printed.empty() && finding.printed.size() < kLongestPrinted)
    line += fmt::format(" | printed: {}", finding.printed);
  if (!finding.expected.empty()) line += fmt::format(" | expected: {}", finding.expected);
  if (!finding.concerns.empty()) line += fmt::format(" | {}", finding.concerns);
  Say("{}\n", line);
}

void PrintJson(const IssueId& issue, const ViewFinding& finding) {
  JsonWriter json;
  json.BeginObject().Field("issue", issue.label).Field("severity", finding.severity).Field("check", finding.check);
  json.Field("message", finding.message).Field("printed", finding.printed).Field("expected", finding.expected);
  fmt::print("{}\n", json.Field("concerns", finding.concerns).EndObject().text());
}

Result<int> Findings(const CommonFlags& common, const FindingsFlags& flags) {
  if (flags.checks) return ListChecks();
  const auto& checks = AllChecks();
  if (!flags.check.empty() &&
      std::none_of(checks.begin(), checks.end(), [&](const Check& one) { return one.name == flags.check; })) {
    return Fail(ErrorKind::kUsage,
                fmt::format("unknown check {}; `ytterby findings --checks` lists them", flags.check));
  }
  YT_ASSIGN(config, LoadConfig(common));
  YT_ASSIGN(store, OpenStore(config, true));
  YT_ASSIGN(snapshot, store->OpenSnapshot());
  YT_CHECK(CheckIssue(*snapshot, flags.issue));
  FindingCounts counts;
  const auto show = [&](const IssueId& issue, const ViewFinding& finding) {
    if (!flags.check.empty() && finding.check != flags.check) return;
    if (!flags.severity.empty() && SeverityRank(finding.severity) < SeverityRank(flags.severity)) return;
    counts.Add(finding.severity, finding.check);
    if (!flags.count) (flags.json ? &PrintJson : &PrintLine)(issue, finding);
  };
  const ViewOptions options{
      .only = [&](const IssueId& issue) { return flags.issue.empty() || issue.label == flags.issue; },
      .coverage = flags.check.empty() ? SeverityRank(flags.severity) == 0 : flags.check == "unread"};
  YT_CHECK(ForEachFinding(*snapshot, show, options));
  if (!flags.count) return 0;
  Say("{}{} findings in the current view\n", counts.Lines("", 0, std::numeric_limits<std::size_t>::max()),
      counts.total());
  return 0;
}

}  // namespace

void AddFindings(Program& program) {
  auto flags = std::make_shared<FindingsFlags>();
  CLI::App* command = program.app.add_subcommand("findings", "list, filter or count what the checks noticed");
  command->add_option("--check", flags->check, "only this check");
  command->add_option("--severity", flags->severity, "info, warning or error: only this severity or higher")
      ->check(CLI::IsMember({"info", "warning", "error"}));
  command->add_option("--issue", flags->issue, "only this issue (YYYY-NN)");
  command->add_flag("--count", flags->count, "count findings by check, most severe first");
  command->add_flag("--checks", flags->checks, "list the checks and what each one tests");
  command->add_flag("--json", flags->json, "one JSON object per line");
  AddCommonFlags(*command, *program.flags);
  command->footer(
      "Examples:\n"
      "  ytterby findings --data-dir data --severity warning\n"
      "  ytterby findings --data-dir data --count\n"
      "  ytterby findings --data-dir data --check unread      numbers that no rule read\n"
      "  ytterby findings --data-dir data --check name-repaired --issue 2023-09\n"
      "`ytterby export findings` prints the same with spans. The current view has the stored findings and\n"
      "those from comparing sections and issues (unread, neighbour-value, edition-choice …), which are not\n"
      "stored.");
  program.commands.push_back({command, [common = program.flags, flags] { return Findings(*common, *flags); }});
}

}  // namespace ytterby::cli
