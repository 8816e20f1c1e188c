// ytterby explain: a record with the bytes it came from, its rules and checks; or a section with the evidence for where
// it begins, how far its title goes and which category it has.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>

#include "consumers/views/explain.hpp"
#include "ops/cli/context.hpp"
#include "ops/cli/say.hpp"
#include "producers/documents/archive.hpp"
#include "producers/documents/decode.hpp"
#include "producers/sections/splitter.hpp"
#include "schemas/vocabulary/categories.hpp"

namespace ytterby::cli {
namespace {

void PrintSpans(const Explanation& explanation) {
  const std::string& text = explanation.section_text;
  for (const FieldSpans& field : explanation.spans) {
    std::string places, printed;
    for (Span span : field.spans) {
      places += fmt::format("{}[{},{})", places.empty() ? "" : " ", span.begin, span.end);
      if (span.end <= text.size()) printed += text.substr(span.begin, span.size());
    }
    Say("  {:18} {:24} {}\n", field.field, OneLine(places, 60), OneLine(printed, 100));
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
    Say("  {:18} {}{}\n", field.name, OneLine(field.value, 100), field.rule.empty() ? "" : "   ← " + field.rule);
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

const char* BeginsText(SectionBegins begins) {
  switch (begins) {
    case SectionBegins::kFirstOfBody:
      return "the first article of the issue";
    case SectionBegins::kAfterSourceMark:
      return "after the source mark （来源：…） of the article above";
    case SectionBegins::kContentsEntry:
      return "at an entry of the contents; the article above has no source mark";
    case SectionBegins::kCategoryHeading:
      return "at a title where the category changes; the article above has no source mark";
  }
  return "";
}

void PrintTitle(const TitleExtent& title, std::size_t pieces) {
  Say("\ntitle: {} {}, evidence {:+.0f}, {}\n", pieces, pieces == 1 ? "line" : "lines", title.score,
      title.only ? "no other end in question" : fmt::format("{:.0f} more than the next best end", title.margin));
  for (std::size_t i = 0; i < title.cue_count; ++i) {
    const TitleCueWeight& cue = TitleCueWeights()[static_cast<std::size_t>(title.cues[i])];
    Say("  {:22} {:+4.0f}  {}\n", cue.name, cue.weight, cue.reason);
  }
}

void PrintCategory(const CategoryChoice& choice) {
  Say("\ncategory: {}, {:.1f} more than {}, over the whole issue\n", CategoryId(choice.category), choice.margin,
      CategoryId(choice.next));
  const auto line = [&](std::string_view what, double own, double next) {
    if (own != 0 || next != 0) Say("  {:22} {:+5.1f}  ({}: {:+.1f})\n", what, own, CategoryId(choice.next), next);
  };
  line("headings", choice.score.headings, choice.next_score.headings);
  line("contents", choice.score.contents, choice.next_score.contents);
  line("page", choice.score.page, choice.next_score.page);
  line("words", choice.score.words, choice.next_score.words);
}

// Splits the archived document again: the evidence is not stored.
Result<int> ExplainOneSection(const CommonFlags& flags, const std::string& id) {
  YT_ASSIGN(config, LoadConfig(flags));
  YT_ASSIGN(store, OpenStore(config, true));
  YT_ASSIGN(snapshot, store->OpenSnapshot());
  YT_ASSIGN(found, ExplainSection(*snapshot, id));
  YT_ASSIGN(archive, Archive::OpenReadOnly(config.data_dir));
  YT_ASSIGN(bytes, archive->files().Read(found.document));
  const auto changed = [&](std::string_view why) {
    return Fail(ErrorKind::kNoInput, fmt::format("{}: {}", found.section.Hex(), why));
  };
  const auto decoded = DecodeDocument(bytes);
  if (!decoded) return changed(decoded.error().message);
  const auto split = SplitText(decoded->text, {.issue_label = found.issue.label});
  if (!split) return changed(split.error().message);
  for (const SplitIssue& issue : split->issues) {
    for (const SplitSection& section : issue.sections) {
      if (!(section.span == found.document_span)) continue;
      Say("section   {} of issue {}\n", found.section.Hex(), found.issue.label);
      Say("document  {} [{},{})\n", found.document.Hex(), section.span.begin, section.span.end);
      Say("article   {}: {}\n", found.ordinal, found.title);
      Say("\nbegins {}\n", BeginsText(section.evidence.begins));
      PrintTitle(section.evidence.title, section.title.size());
      PrintCategory(section.evidence.category);
      Say("\nends with {}\n",
          section.source_mark
              ? OneLine(decoded->text.substr(section.source_mark->begin, section.source_mark->size()), 100)
              : "no source mark");
      Say("furniture: {} lines (headers, page numbers, stamps, addresses)\n", section.furniture.size());
      for (const Notice& notice : section.notices) Say("noted: {}\n", notice.message);
      return 0;
    }
  }
  return changed("the splitter of this version no longer finds it; run `ytterby produce --refill` to split anew");
}

}  // namespace

void AddExplain(Program& program) {
  auto id = std::make_shared<std::string>(), section = std::make_shared<std::string>();
  CLI::App* command =
      program.app.add_subcommand("explain", "show a record's values, the bytes they came from, rules and checks");
  CLI::Option* record =
      command->add_option("RECORD-ID", *id, "the field `id` of any export, or its first characters (4 or more)");
  command
      ->add_option("--section", *section,
                   "instead of a record: the field `section` of any export; shows why the section begins where it "
                   "does, how far its title goes and why it has its category")
      ->type_name("SECTION-ID")
      ->excludes(record);
  AddCommonFlags(*command, *program.flags);
  command->footer(
      "Example:\n"
      "  ytterby explain 8d29656f --data-dir data\n"
      "  ytterby explain --section fe4702ed --data-dir data\n"
      "Exit codes: 66 no record or section has this id; 64 several ids start like this, or it is too short.");
  program.commands.push_back({command, [flags = program.flags, id, section]() -> Result<int> {
                                if (!section->empty()) return ExplainOneSection(*flags, *section);
                                if (id->empty())
                                  return Fail(ErrorKind::kUsage, "give a record's id, or --section SECTION-ID");
                                return Explain(*flags, *id);
                              }});
}

}  // namespace ytterby::cli
