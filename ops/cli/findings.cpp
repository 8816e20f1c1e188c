// ytterby findings: what the checks noticed, listed, filtered, counted.
#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>
#include <map>

#include "consumers/current_view.hpp"
#include "ops/cli/context.hpp"
#include "schemas/events/event_json.hpp"
#include "schemas/vocabulary/checks.hpp"

namespace ytterby::cli {
namespace {

struct Flags {
  CommonFlags common;
  std::string check, severity, issue;
  bool count = false, checks = false;
};

int RankOf(std::string_view severity) { return severity == "error" ? 2 : severity == "warning" ? 1 : 0; }

Result<int> ListChecks() {
  for (const Check& check : AllChecks()) fmt::print("{:20} {}\n", check.name, check.asks);
  return 0;
}

Result<int> Findings(const Flags& flags) {
  if (flags.checks) return ListChecks();
  const auto& checks = AllChecks();
  if (!flags.check.empty() && std::none_of(checks.begin(), checks.end(), [&](const Check& one) { return one.name == flags.check; })) {
    return Fail(ErrorKind::kUsage, fmt::format("no check {}; `ytterby findings --checks` lists them", flags.check));
  }
  if (!flags.severity.empty() && flags.severity != "info" && flags.severity != "warning" && flags.severity != "error") {
    return Fail(ErrorKind::kUsage, fmt::format("no severity {}: info, warning or error", flags.severity));
  }
  YT_ASSIGN(config, LoadConfig(flags.common));
  YT_ASSIGN(store, OpenStore(config.StoreUrl(), true));
  YT_CHECK(store->HoldSnapshot());
  std::map<std::pair<std::string, std::string>, int> counts;  // severity rank and check
  int shown = 0;
  YT_CHECK(ForEachRecord(*store, RecordKind::kFinding, [&](const ViewRecord& record) {
    const simdjson::dom::element body = ThreadParser().parse(record.stored.body);
    const std::string check = ReadString(body, "check"), severity = ReadString(body, "severity");
    if (!flags.check.empty() && check != flags.check) return;
    if (!flags.severity.empty() && RankOf(severity) < RankOf(flags.severity)) return;
    if (!flags.issue.empty() && record.issue.label != flags.issue) return;
    ++shown;
    ++counts[{std::to_string(2 - RankOf(severity)) + severity, check}];
    if (flags.count) return;
    const auto text = [&](const char* field) {
      std::string_view value;
      return body[field].get(value) == simdjson::SUCCESS ? std::string(value) : std::string();
    };
    std::string line = fmt::format("{} {:7} {:18} {}", record.issue.label, severity, check, text("message"));
    if (!text("printed").empty() && text("printed").size() < 120) line += fmt::format(" | printed: {}", text("printed"));
    if (!text("expected").empty()) line += fmt::format(" | expected: {}", text("expected"));
    if (!text("concerns").empty()) line += fmt::format(" | {}", text("concerns"));
    fmt::print("{}\n", line);
  }));
  if (flags.count) {
    for (const auto& [key, count] : counts) fmt::print("{:7} {:20} {}\n", key.first.substr(1), key.second, count);
    fmt::print("{} findings\n", shown);
  }
  return 0;
}

}  // namespace

void AddFindings(CLI::App& app, std::vector<Subcommand>& commands) {
  auto flags = std::make_shared<Flags>();
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
      "  ytterby findings --data-dir data --check unread --issue 2024-06\n"
      "`ytterby export findings` gives the same with spans, one JSON object a line.");
  commands.push_back({command, [flags] { return Findings(*flags); }});
}

}  // namespace ytterby::cli
