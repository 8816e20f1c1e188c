// ytterby explain: a record with the bytes it came from, its rules and checks.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>

#include "consumers/views/explain.hpp"
#include "ops/cli/context.hpp"
#include "ops/cli/say.hpp"

namespace ytterby::cli {
namespace {

std::string Short(std::string text, std::size_t most) {
  std::replace(text.begin(), text.end(), '\n', ' ');
  if (text.size() <= most) return text;
  std::size_t cut = most;
  while (cut > 0 && (static_cast<unsigned char>(text[cut]) & 0xC0) == 0x80) --cut;
  return text.substr(0, cut) + "…";
}

void PrintSpans(const Explanation& explanation) {
  const std::string& text = explanation.section_text;
  for (const FieldSpans& field : explanation.spans) {
    std::string places, printed;
    for (Span span : field.spans) {
      places += fmt::format("{}[{},{})", places.empty() ? "" : " ", span.begin, span.end);
      if (span.end <= text.size()) printed += text.substr(span.begin, span.size());
    }
    Say("  {:18} {:24} {}\n", field.field, Short(places, 60), Short(printed, 100));
  }
}

std::string VerdictText(const ExplainedCheck& check) {
  switch (check.verdict) {
    case ExplainedCheck::Verdict::kPassed:
      return "passed: " + check.message;
    case ExplainedCheck::Verdict::kNotContradicted:
      return "not contradicted: " + check.message;
    case ExplainedCheck::Verdict::kNoted:
      return "noted: " + check.message;
    case ExplainedCheck::Verdict::kFailed:
      return "FAILED: " + check.message;
  }
  return "";
}

void Print(const Explanation& explanation) {
  const ViewRecord& record = explanation.record;
  Say("{} {} of issue {}\n", ExportName(record.stored.kind), record.id, record.issue.label);
  Say("document  {}\n", record.document.Hex());
  if (record.stored.ordinal >= 0) {
    Say("section   {} (article {}: {})\n", record.stored.section.Hex(), record.stored.ordinal,
        explanation.section_title);
  }
  Say("\nvalues (← the rule of what is not printed as it stands)\n");
  for (const ExplainedField& field : explanation.fields) {
    Say("  {:18} {}{}\n", field.name, Short(field.value, 100), field.rule.empty() ? "" : "   ← " + field.rule);
  }
  if (!explanation.spans.empty() && !explanation.section_text.empty()) {
    Say("\nbytes of the section\n");
    PrintSpans(explanation);
    Say("\nlines of the section, the printed values in ⟦⟧\n");
    for (const std::string& line : MarkedLines(explanation.section_text, explanation.spans)) Say("  {}\n", line);
  } else if (!explanation.spans.empty()) {
    Say("\nthis store does not have the section's text: the articles consumer has not stored it\n");
  }
  Say("\nchecks\n");
  for (const ExplainedCheck& check : explanation.checks) Say("  {:20} {}\n", check.name, VerdictText(check));
}

Result<int> Explain(const CommonFlags& flags, const std::string& id) {
  YT_ASSIGN(config, LoadConfig(flags));
  YT_ASSIGN(store, OpenStore(config, true));
  YT_ASSIGN(snapshot, store->OpenSnapshot());
  YT_ASSIGN(explanation, ytterby::Explain(*snapshot, id));
  Print(explanation);
  return 0;
}

}  // namespace

void AddExplain(Program& program) {
  auto id = std::make_shared<std::string>();
  CLI::App* command =
      program.app.add_subcommand("explain", "show a record's values, the bytes they came from, rules and checks");
  command->add_option("RECORD-ID", *id, "the field `id` of any export, or its first characters (4 or more)")
      ->required();
  AddCommonFlags(*command, *program.flags);
  command->footer(
      "Example:\n"
      "  ytterby explain 8d29656f --data-dir data\n"
      "Exit codes: 66 no record has this id; 64 several ids start like this, or it is too short.");
  program.commands.push_back({command, [flags = program.flags, id] { return Explain(*flags, *id); }});
}

}  // namespace ytterby::cli
