// ytterby editions: which edition of an issue is current and why, and how the records of the others differ.
#include "consumers/views/editions.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <array>
#include <map>
#include <optional>

#include "common/json_writer.hpp"
#include "ops/cli/context.hpp"
#include "ops/cli/issues.hpp"
#include "ops/cli/say.hpp"

namespace ytterby::cli {
namespace {

struct EditionsFlags {
  std::string issue;
  bool records = false, json = false;
};

using Side = RecordDifference::Side;

const char* SideText(Side side) {
  switch (side) {
    case Side::kBoth:
      return "changed";
    case Side::kCurrentOnly:
      return "current-only";
    case Side::kOtherOnly:
      return "other-only";
  }
  return "";
}

// By kind: how many changed, only in the current edition, only in the other.
std::map<RecordKind, std::array<int, 3>> Counted(const EditionStanding& standing) {
  std::map<RecordKind, std::array<int, 3>> counts;
  for (const RecordDifference& one : standing.differences) ++counts[one.kind][static_cast<std::size_t>(one.side)];
  return counts;
}

constexpr std::size_t kShown = 80;  // bytes of a value

void Print(const EditionStanding& standing, const EditionsFlags& flags) {
  const EditionRow& edition = standing.edition;
  const std::string standing_text = standing.current_for.size() == Normalisers().size() ? "current"
                                    : standing.current_for.empty()
                                        ? "not current"
                                        : fmt::format("current for {}", fmt::join(standing.current_for, ", "));
  Say("\n{} (feed {}): {}\n", edition.name, edition.feed, standing_text);
  Say("  document  {}\n", edition.document.Hex());
  Say("  ranks by  {}, priority {}, revision {}, {}\n", edition.whole ? "whole" : "not whole", edition.priority,
      edition.revision, edition.text_layer ? "text layer" : "recognised text (OCR)");
  Say("  sections  {} of {} stored, splitter {}, known since {}\n", edition.stored, edition.listed,
      edition.splitter_version, FormatRfc3339(edition.known_at));
  if (!standing.why.empty()) Say("  behind    {}\n", standing.why);
  for (const auto& [kind, counts] : Counted(standing)) {
    Say("  {:14} {} changed, {} only in the current edition, {} only in this one\n", ExportName(kind), counts[0],
        counts[1], counts[2]);
    if (!flags.records) continue;
    for (const RecordDifference& one : standing.differences) {
      if (one.kind != kind) continue;
      Say("    {:12} {} ({})\n", SideText(one.side), one.id, OneLine(one.key, kShown));
      const auto shown = [](const std::string& value) { return value.empty() ? "none" : OneLine(value, kShown); };
      for (const FieldDifference& field : one.fields)
        Say("      {:16} {} → {}\n", field.name, shown(field.other), shown(field.current));
    }
  }
}

void PrintJson(const IssueId& issue, const EditionStanding& standing) {
  const EditionRow& edition = standing.edition;
  JsonWriter json;
  json.BeginObject().Field("issue", issue.label).Field("series", issue.series).Field("name", edition.name);
  json.Field("feed", edition.feed).Field("document", edition.document.Hex());
  json.Key("current_for").BeginArray();
  for (std::string_view consumer : standing.current_for) json.String(consumer);
  json.EndArray().Key("whole").Bool(edition.whole).Key("priority").Number(edition.priority);
  json.Key("revision").Number(edition.revision).Key("text_layer").Bool(edition.text_layer);
  json.Key("sections").Number(edition.listed).Key("stored").Number(edition.stored);
  json.Key("splitter").Number(edition.splitter_version).Field("known_at", FormatRfc3339(edition.known_at));
  json.Field("behind", standing.why.empty() ? std::nullopt : std::optional(standing.why));
  json.Key("differences").BeginArray();
  for (const RecordDifference& one : standing.differences) {
    json.BeginObject().Field("kind", ExportName(one.kind)).Field("what", SideText(one.side)).Field("id", one.id);
    json.Field("key", one.key).Key("fields").BeginArray();
    for (const FieldDifference& field : one.fields) {
      json.BeginObject().Field("name", field.name).Field("current", field.current).Field("other", field.other);
      json.EndObject();
    }
    json.EndArray().EndObject();
  }
  fmt::print("{}\n", json.EndArray().EndObject().text());
}

Result<int> Editions(const CommonFlags& common, const EditionsFlags& flags) {
  YT_ASSIGN(config, LoadConfig(common));
  YT_ASSIGN(store, OpenStore(config, true));
  YT_ASSIGN(snapshot, store->OpenSnapshot());
  YT_CHECK(CheckIssue(*snapshot, flags.issue));
  YT_ASSIGN(issues, CurrentView::AllIssues(*snapshot));
  for (const IssueId& issue : issues) {
    if (issue.label != flags.issue) continue;
    YT_ASSIGN(standings, ReadEditions(*snapshot, issue));
    if (!flags.json) {
      Say("issue {} of {}: {}\n", issue.label, issue.series,
          standings.size() == 1 ? "1 edition" : fmt::format("{} editions, highest-ranked first", standings.size()));
    }
    for (const EditionStanding& standing : standings) flags.json ? PrintJson(issue, standing) : Print(standing, flags);
  }
  return 0;
}

}  // namespace

void AddEditions(Program& program) {
  auto flags = std::make_shared<EditionsFlags>();
  CLI::App* command = program.app.add_subcommand(
      "editions", "show every edition of an issue: which is current and why, how the records of the others differ");
  command->add_option("ISSUE", flags->issue, "an issue's label as exports print it, such as 2024-06")->required();
  command->add_flag("--records", flags->records, "list each record that differs, with its fields (other → current)");
  command->add_flag("--json", flags->json, "a JSON object a line for each edition, with its differences");
  AddCommonFlags(*command, *program.flags);
  command->footer(
      "An edition is one reading of one document for the issue: a correction, a PDF's text and its OCR. The greatest\n"
      "complete one is current, by: whole, feed priority, revision, text layer before OCR, digest.\n"
      "Example:\n"
      "  ytterby editions 2024-06 --records --data-dir data\n"
      "Exit codes: 66 no such issue; 64 this does not look like an issue.");
  program.commands.push_back(
      {command, [common = program.flags, flags]() -> Result<int> { return Editions(*common, *flags); }});
}

}  // namespace ytterby::cli
