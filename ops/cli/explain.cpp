// ytterby explain: a record, the bytes it came from, the rules, the checks.
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

struct ExplainFlags {
  CommonFlags common;
  std::string id;
};

struct FieldSpans {
  std::string field;
  std::vector<Span> spans;
};

std::vector<FieldSpans> SpansOf(const StoredRecord& record) {
  std::vector<FieldSpans> fields;
  simdjson::dom::parser parser;
  const std::string json = "{" + record.provenance + "}";
  simdjson::dom::object spans;
  if (parser.parse(json)["spans"].get(spans) != simdjson::SUCCESS) return fields;
  for (const auto& [field, list] : spans) {
    FieldSpans one{std::string(field), {}};
    for (const simdjson::dom::array span : list) {
      one.spans.push_back({static_cast<std::uint32_t>(std::int64_t(span.at(0))), static_cast<std::uint32_t>(std::int64_t(span.at(1)))});
    }
    fields.push_back(std::move(one));
  }
  return fields;
}

std::string Value(const simdjson::dom::element& value) {
  return value.is_string() ? std::string(std::string_view(value)) : simdjson::minify(value);
}

std::string Short(std::string text, std::size_t most) {
  std::replace(text.begin(), text.end(), '\n', ' ');
  if (text.size() <= most) return text;
  std::size_t cut = most;
  while (cut > 0 && (static_cast<unsigned char>(text[cut]) & 0xC0) == 0x80) --cut;
  return text.substr(0, cut) + "…";
}

// The article that holds the record: its text, by which spans are shown.
struct Source {
  std::string title, text;
  Span document_span;
};

void PrintFields(const simdjson::dom::object& body, const std::map<std::string, std::string>& rules) {
  for (const auto& [key, value] : body) {
    const auto rule = rules.find(std::string(key));
    fmt::print("  {:18} {}{}\n", key, Short(Value(value), 100), rule == rules.end() ? "" : "   ← " + rule->second);
  }
}

// Lines that hold a span, the spans in ⟦⟧, the bytes of every field.
void PrintSource(const Source& source, const std::vector<FieldSpans>& fields) {
  constexpr std::uint32_t kLongest = 400;  // bytes: a body is not marked, it is the lines
  std::vector<Span> marks;
  for (const FieldSpans& field : fields) {
    std::string places;
    for (Span span : field.spans) {
      places += fmt::format("{}[{},{})", places.empty() ? "" : " ", span.begin, span.end);
      if (span.size() <= kLongest && span.end <= source.text.size()) marks.push_back(span);
    }
    std::string printed;
    for (Span span : field.spans) {
      if (span.end <= source.text.size()) printed += source.text.substr(span.begin, span.size());
    }
    fmt::print("  {:18} {:24} {}\n", field.field, Short(places, 60), Short(printed, 100));
  }
  std::sort(marks.begin(), marks.end(), [](Span a, Span b) { return a.begin < b.begin; });
  fmt::print("\nlines of the section, the printed values in ⟦⟧\n");
  std::size_t next = 0;
  for (std::uint32_t at = 0; at < source.text.size();) {
    const auto end = static_cast<std::uint32_t>(std::min(source.text.find('\n', at), source.text.size()));
    while (next < marks.size() && marks[next].end <= at) ++next;
    std::string line;
    std::uint32_t done = at;
    for (std::size_t i = next; i < marks.size() && marks[i].begin < end; ++i) {
      const std::uint32_t begin = std::max(marks[i].begin, done), stop = std::min(marks[i].end, end);
      if (stop <= begin) continue;
      line += source.text.substr(done, begin - done) + "⟦" + source.text.substr(begin, stop - begin) + "⟧";
      done = stop;
    }
    if (!line.empty()) fmt::print("  {}\n", line + source.text.substr(done, end - done));
    at = end + 1;
  }
}

bool Overlap(const std::vector<FieldSpans>& a, const std::vector<FieldSpans>& b, const std::string& text) {
  // Of one line: a row's finding stands at one of its cells.
  const auto line_of = [&](std::uint32_t at) {
    return std::count(text.begin(), text.begin() + std::min<std::size_t>(at, text.size()), '\n');
  };
  for (const FieldSpans& left : a) {
    for (Span x : left.spans) {
      for (const FieldSpans& right : b) {
        for (Span y : right.spans) {
          if (x.size() > 400 || y.size() > 400) continue;
          if ((x.begin < y.end && y.begin < x.end) || line_of(x.begin) == line_of(y.begin)) return true;
        }
      }
    }
  }
  return false;
}

Result<int> Explain(const ExplainFlags& flags) {
  YT_ASSIGN(config, LoadConfig(flags.common));
  YT_ASSIGN(store, OpenStore(config, true, Lifetime::kOneShot));
  YT_CHECK(store->HoldSnapshot());
  std::optional<ViewRecord> found;
  for (RecordKind kind : AllRecordKinds()) {
    YT_CHECK(ForEachRecord(*store, kind,
                           [&](const ViewRecord& record) {
                             if (!found && record.id == flags.id) found = record;
                           },
                           {.only = {}, .coverage = kind == RecordKind::kFinding}));
    if (found) break;
  }
  if (!found) return Fail(ErrorKind::kNoInput, fmt::format("no record {} in the current view; ids stand in every export", flags.id));
  const ViewOptions of_issue{.only = [&](const IssueId& issue) { return issue == found->issue; }, .coverage = false};
  Source source;
  const auto take_source = [&](const ViewRecord& article) {
    if (!(article.stored.section == found->stored.section) || !source.text.empty()) return;
    const simdjson::dom::element body = ThreadParser().parse(article.stored.body);
    source.title = ReadString(body, "title");
    source.text = ReadString(body, "text");
  };
  YT_CHECK(ForEachRecord(*store, RecordKind::kArticle, take_source, of_issue));

  fmt::print("{} {} of issue {}\n", ExportName(found->stored.kind), found->id, found->issue.label);
  fmt::print("document  {}\n", found->document.Hex());
  if (found->stored.ordinal >= 0)
    fmt::print("section   {} (article {}: {})\n", found->stored.section.Hex(), found->stored.ordinal, source.title);
  simdjson::dom::parser bodies, provenances;
  const simdjson::dom::object body = bodies.parse(found->stored.body);
  std::map<std::string, std::string> rules;
  const std::string provenance = "{" + found->stored.provenance + "}";
  simdjson::dom::object rule_list;
  if (provenances.parse(provenance)["rules"].get(rule_list) == simdjson::SUCCESS) {
    for (const auto& [field, rule] : rule_list) rules[std::string(field)] = std::string(std::string_view(rule));
  }
  fmt::print("\nvalues (← the rule of what is not printed as it stands)\n");
  PrintFields(body, rules);
  const std::vector<FieldSpans> fields = SpansOf(found->stored);
  if (!fields.empty() && !source.text.empty()) {
    fmt::print("\nbytes of the section\n");
    PrintSource(source, fields);
  } else if (!fields.empty()) {
    fmt::print("\nthe section's text is not in this store: the articles consumer has not stored it\n");
  }

  std::map<std::string, std::string> said;  // by check, what its finding says
  const auto take_said = [&](const ViewRecord& finding) {
    if (!(finding.stored.section == found->stored.section) || finding.stored.ordinal < 0) return;
    if (!Overlap(fields, SpansOf(finding.stored), source.text)) return;
    const simdjson::dom::element one = ThreadParser().parse(finding.stored.body);
    const bool noted = ReadString(one, "severity") == "info";
    said[ReadString(one, "check")] = (noted ? "noted: " : "FAILED: ") + ReadString(one, "message");
  };
  YT_CHECK(ForEachRecord(*store, RecordKind::kFinding, take_said, of_issue));
  fmt::print("\nchecks\n");
  std::string_view where;
  if (body["where"].get(where) != simdjson::SUCCESS) where = {};
  for (const Check& check : AllChecks()) {
    if (!check.where.empty() && (check.where == "table") != (where == "table")) continue;
    if (std::find(check.kinds.begin(), check.kinds.end(), found->stored.kind) == check.kinds.end()) continue;
    const auto found_one = said.find(std::string(check.name));
    // Without a neighbour that prints the month there is nothing to compare.
    const char* well = check.name.starts_with("neighbour-") ? "not contradicted" : "passed";
    fmt::print("  {:20} {}\n", check.name, found_one == said.end() ? fmt::format("{}: {}", well, check.asks) : found_one->second);
  }
  return 0;
}

}  // namespace

void AddExplain(CLI::App& app, std::vector<Subcommand>& commands) {
  auto flags = std::make_shared<ExplainFlags>();
  CLI::App* command = app.add_subcommand("explain", "a record: its values, the bytes they came from, rules, checks");
  command->add_option("RECORD-ID", flags->id, "the field id of any export")->required();
  AddCommonFlags(*command, flags->common);
  command->footer(
      "Example:\n"
      "  ytterby explain \"$(ytterby export prices --data-dir data | head -1 | cut -d'\"' -f12)\" --data-dir data");
  commands.push_back({command, [flags] { return Explain(*flags); }});
}

}  // namespace ytterby::cli
