#include "consumers/views/explain.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "schemas/events/event_json.hpp"
#include "schemas/vocabulary/checks.hpp"

namespace ytterby {
namespace {

constexpr std::uint32_t kLongestSpan = 400;  // bytes of a printed value
constexpr std::size_t kShortestId = 4;
constexpr std::size_t kMostNamed = 5;

// The line starts of a text, to look up quickly which line a byte is on.
class LineNumbers {
 public:
  explicit LineNumbers(const std::string& text) {
    for (std::size_t at = text.find('\n'); at != std::string::npos; at = text.find('\n', at + 1))
      begins_.push_back(at + 1);
  }
  std::ptrdiff_t Of(std::uint32_t at) const {
    return std::upper_bound(begins_.begin(), begins_.end(), at) - begins_.begin();
  }

 private:
  std::vector<std::size_t> begins_;
};

// Whether any spans overlap or share a line: a finding about a row is at one of the row's cells.
bool Touch(const std::vector<FieldSpans>& a, const std::vector<FieldSpans>& b, const LineNumbers& lines) {
  for (const FieldSpans& left : a) {
    for (Span x : left.spans) {
      for (const FieldSpans& right : b) {
        for (Span y : right.spans) {
          if (x.size() > kLongestSpan || y.size() > kLongestSpan) continue;
          if ((x.begin < y.end && y.begin < x.end) || lines.Of(x.begin) == lines.Of(y.begin)) return true;
        }
      }
    }
  }
  return false;
}

Result<ViewRecord> FindRecord(Snapshot& snapshot, const std::string& id) {
  std::vector<ViewRecord> found;
  std::vector<std::string> named;
  for (RecordKind kind : AllRecordKinds()) {
    const auto compare = [&](const ViewRecord& record) {
      if (record.id != id && (id.size() < kShortestId || !record.id.starts_with(id))) return;
      if (named.size() < kMostNamed)
        named.push_back(fmt::format("{} ({} of {})", record.id, ExportName(kind), record.issue.label));
      // An exact id wins over longer ids that start with it: <id> over <id>#2.
      if (record.id == id) {
        found = {record};
      } else if (found.empty() || found.front().id != id) {
        found.push_back(record);
      }
    };
    YT_CHECK(ForEachRecord(snapshot, kind, compare, {.only = {}, .coverage = kind == RecordKind::kFinding}));
    if (found.size() == 1 && found.front().id == id) break;
  }
  if (found.empty() && id.size() < kShortestId)
    return Fail(ErrorKind::kUsage, fmt::format("{}: give at least {} characters of the id", id, kShortestId));
  if (found.empty())
    return Fail(ErrorKind::kNoInput, fmt::format("no record {} in the current view; every export prints ids", id));
  if (found.size() > 1) {
    return Fail(ErrorKind::kUsage,
                fmt::format("{} names {} records; give more of the id: {}", id, found.size(), fmt::join(named, ", ")));
  }
  return std::move(found.front());
}

std::vector<ExplainedField> FieldsOf(const ViewRecord& record) {
  std::map<std::string, std::string> rules;
  for (auto& [field, rule] : ReadRules(record.stored.provenance)) rules[field] = rule;
  std::vector<ExplainedField> fields;
  const simdjson::dom::element body = ThreadParser().parse(record.stored.body);
  for (const auto& [key, value] : simdjson::dom::object(body)) {
    const auto rule = rules.find(std::string(key));
    fields.push_back({std::string(key),
                      value.is_string() ? std::string(std::string_view(value)) : simdjson::minify(value),
                      rule == rules.end() ? "" : rule->second});
  }
  return fields;
}

std::vector<ExplainedCheck> ChecksOf(const Explanation& explanation,
                                     const std::map<std::string, ExplainedCheck>& said) {
  using Verdict = ExplainedCheck::Verdict;
  std::string where;
  for (const ExplainedField& field : explanation.fields) {
    if (field.name == "where") where = field.value;
  }
  std::vector<ExplainedCheck> checks;
  for (const Check& check : AllChecks()) {
    if (!check.where.empty() && (check.where == "table") != (where == "table")) continue;
    if (std::find(check.kinds.begin(), check.kinds.end(), explanation.record.stored.kind) == check.kinds.end())
      continue;
    const auto found = said.find(std::string(check.name));
    if (found != said.end()) {
      checks.push_back(found->second);
      continue;
    }
    // If no neighbour prints the month, there is nothing to compare.
    const bool compares = check.name.starts_with("neighbour-");
    checks.push_back(
        {std::string(check.name), compares ? Verdict::kNotContradicted : Verdict::kPassed, std::string(check.asks)});
  }
  return checks;
}

}  // namespace

Result<Explanation> Explain(Snapshot& snapshot, const std::string& id) {
  Explanation explanation;
  YT_ASSIGN(found, FindRecord(snapshot, id));
  explanation.record = std::move(found);
  const ViewRecord& record = explanation.record;
  explanation.fields = FieldsOf(record);
  explanation.spans = ReadSpans(record.stored.provenance);
  const ViewOptions of_issue{.only = [&](const IssueId& issue) { return issue == record.issue; }, .coverage = false};
  const auto take_text = [&](const ViewRecord& article) {
    if (!(article.stored.section == record.stored.section) || !explanation.section_text.empty()) return;
    const simdjson::dom::element body = ThreadParser().parse(article.stored.body);
    explanation.section_title = ReadString(body, "title");
    explanation.section_text = ReadString(body, "text");
  };
  YT_CHECK(ForEachRecord(snapshot, RecordKind::kArticle, take_text, of_issue));

  std::map<std::string, ExplainedCheck> said;  // by check
  const LineNumbers lines(explanation.section_text);
  const auto take_finding = [&](const ViewRecord& finding) {
    if (!(finding.stored.section == record.stored.section) || finding.stored.ordinal < 0) return;
    if (!Touch(explanation.spans, ReadSpans(finding.stored.provenance), lines)) return;
    const simdjson::dom::element one = ThreadParser().parse(finding.stored.body);
    const bool noted = ReadString(one, "severity") == "info";
    const std::string check = ReadString(one, "check");
    said[check] = {check, noted ? ExplainedCheck::Verdict::kNoted : ExplainedCheck::Verdict::kFailed,
                   ReadString(one, "message")};
  };
  YT_CHECK(ForEachRecord(snapshot, RecordKind::kFinding, take_finding, of_issue));
  explanation.checks = ChecksOf(explanation, said);
  return explanation;
}

Result<ExplainedSection> ExplainSection(Snapshot& snapshot, const std::string& id) {
  if (id.size() < kShortestId)
    return Fail(ErrorKind::kUsage, fmt::format("{}: give at least {} characters of the id", id, kShortestId));
  std::vector<ExplainedSection> found;
  const auto compare = [&](const ViewRecord& article) {
    if (!article.stored.section.Hex().starts_with(id)) return;
    const simdjson::dom::element body = ThreadParser().parse(article.stored.body);
    found.push_back({article.issue, article.document, article.stored.section, article.stored.ordinal,
                     ReadString(body, "title"), ReadSpan(body["document_span"])});
  };
  YT_CHECK(ForEachRecord(snapshot, RecordKind::kArticle, compare, {.only = {}, .coverage = false}));
  if (found.empty()) {
    return Fail(ErrorKind::kNoInput,
                fmt::format("no section {} in the current view; `ytterby export sections` prints ids", id));
  }
  if (found.size() > 1) {
    return Fail(ErrorKind::kUsage, fmt::format("{} names {} sections; give more of the id: {}, {}", id, found.size(),
                                               found[0].section.Hex(), found[1].section.Hex()));
  }
  return std::move(found.front());
}

std::vector<std::string> MarkedLines(const std::string& text, const std::vector<FieldSpans>& fields,
                                     std::uint32_t longest) {
  std::vector<Span> marks;
  for (const FieldSpans& field : fields) {
    for (Span span : field.spans) {
      if (span.size() <= longest && span.end <= text.size()) marks.push_back(span);
    }
  }
  std::sort(marks.begin(), marks.end(), [](Span a, Span b) { return a.begin < b.begin; });
  std::vector<std::string> lines;
  std::size_t next = 0;
  for (std::uint32_t at = 0; at < text.size();) {
    const auto end = static_cast<std::uint32_t>(std::min(text.find('\n', at), text.size()));
    while (next < marks.size() && marks[next].end <= at) ++next;
    std::string line;
    std::uint32_t done = at;
    for (std::size_t i = next; i < marks.size() && marks[i].begin < end; ++i) {
      const std::uint32_t begin = std::max(marks[i].begin, done), stop = std::min(marks[i].end, end);
      if (stop <= begin) continue;
      line += text.substr(done, begin - done) + "⟦" + text.substr(begin, stop - begin) + "⟧";
      done = stop;
    }
    if (!line.empty()) lines.push_back(line + text.substr(done, end - done));
    at = end + 1;
  }
  return lines;
}

}  // namespace ytterby
