#include "consumers/view_checks.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "consumers/coverage.hpp"
#include "consumers/findings.hpp"
#include "consumers/prices/price_continuity.hpp"
#include "consumers/section_text.hpp"
#include "schemas/events/event_json.hpp"
#include "schemas/records/kinds.hpp"

namespace ytterby {
namespace {

ViewRecord FindingRecord(const IssueId& issue, const DocumentDigest& document, Finding finding) {
  const Record encoded = finding.Encode();
  ViewRecord record{issue, document, {}, "", ""};
  record.stored.kind = RecordKind::kFinding;
  record.stored.ordinal = -1;  // of the document, before its sections
  record.stored.natural_key = encoded.natural_key;
  record.stored.body = encoded.body;
  record.stored.provenance = encoded.provenance;
  return record;
}

// A finding about the place of another record.
ViewRecord FindingBeside(const ViewRecord& place, Finding finding, std::uint32_t at) {
  ViewRecord record = FindingRecord(place.issue, place.document, std::move(finding));
  record.stored.section = place.stored.section;
  record.stored.ordinal = place.stored.ordinal;
  record.stored.first_span = at;
  return record;
}

}  // namespace

// Findings of the document and of the choice itself: they belong to no section.
void AddDocumentFindings(const IssueId& issue, const CurrentEdition& current, std::vector<ViewRecord>& records) {
  const EditionRow& edition = current.edition;
  const simdjson::dom::element json = ThreadParser().parse(edition.notices);
  for (const Notice& notice : ReadNotices(json)) {
    Finding finding = FindingFrom(notice, edition.name);
    if (notice.span) finding.concerns += fmt::format("\x1f{}", notice.span->begin);
    records.push_back(FindingRecord(issue, edition.document, finding));
  }
  if (current.chosen_over) {
    records.push_back(FindingRecord(
        issue, edition.document,
        {"edition-choice",
         "info",
         fmt::format("{} was chosen over {}, a differently named document of equal priority", edition.name, *current.chosen_over),
         edition.name,
         std::nullopt,
         std::nullopt,
         {},
         0}));
  }
  if (!current.complete) {
    records.push_back(FindingRecord(issue, edition.document,
                                    {"incomplete",
                                     "warning",
                                     fmt::format("{} of its sections are not stored yet", current.waits_for),
                                     edition.name,
                                     std::nullopt,
                                     std::nullopt,
                                     {},
                                     0}));
  }
}

namespace {

// The spans in a record's provenance: of one field, or of all where `field` is empty.
void AppendSpans(const StoredRecord& record, std::string_view field, std::vector<Span>& spans) {
  const std::string json = "{" + record.provenance + "}";
  simdjson::dom::object fields;
  if (ThreadParser().parse(json)["spans"].get(fields) != simdjson::SUCCESS) return;
  for (const auto& [name, list] : fields) {
    if (!field.empty() && name != field) continue;
    for (const simdjson::dom::element span : simdjson::dom::array(list)) {
      spans.push_back({static_cast<std::uint32_t>(std::uint64_t(span.at(0))), static_cast<std::uint32_t>(std::uint64_t(span.at(1)))});
    }
  }
}

struct MeasuredArticle {
  Coverage coverage;
  std::string title, text;
};

Result<MeasuredArticle> Measure(const ViewRecord& article, const std::vector<Span>& read) {
  std::vector<Span> parts;
  AppendSpans(article.stored, "title", parts);
  AppendSpans(article.stored, "body", parts);
  const simdjson::dom::element body = ThreadParser().parse(article.stored.body);
  std::string_view title, text, category;
  if (body["title"].get(title) != simdjson::SUCCESS || body["text"].get(text) != simdjson::SUCCESS ||
      body["category"].get(category) != simdjson::SUCCESS) {
    return Fail(ErrorKind::kBadData,
                fmt::format("article {} of {}: no title, text or category", article.stored.ordinal, article.issue.label));
  }
  const auto known = CategoryFromId(category);
  return MeasuredArticle{MeasureCoverage(text, known.value_or(Category::kIndustryNews), parts, read), std::string(title),
                         std::string(text)};
}

// What all consumers' records say of each section's bytes.
Result<std::map<SectionId, std::vector<Span>>> ReadSpans(Store& store, const IssueId& issue) {
  std::map<SectionId, std::vector<Span>> spans;
  for (const Normaliser& consumer : Normalisers()) {
    std::vector<RecordKind> kinds = consumer.kinds;
    kinds.push_back(RecordKind::kFinding);
    for (RecordKind kind : kinds) {
      if (kind == RecordKind::kArticle) continue;
      YT_ASSIGN(records, RecordsOf(store, consumer, issue, kind));
      for (const ViewRecord& record : records) {
        if (record.stored.ordinal >= 0) AppendSpans(record.stored, "", spans[record.stored.section]);
      }
    }
  }
  return spans;
}

// The number with a few characters before and after it, white space taken out.
std::string Around(std::string_view text, Span number) {
  constexpr std::size_t kAround = 30;
  const auto cut = [&](std::size_t at) {
    while (at > 0 && at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80) --at;
    return at;
  };
  const std::size_t begin = cut(number.begin - std::min<std::size_t>(number.begin, kAround));
  const std::size_t end = cut(std::min<std::size_t>(number.end + kAround, text.size()));
  return "…" + WithoutSpace(text.substr(begin, end - begin)) + "…";
}

}  // namespace

Result<void> ViewChecks::AddCoverage(const IssueId& issue, std::vector<ViewRecord>& articles) {
  YT_ASSIGN(read, ReadSpans(store_, issue));
  for (ViewRecord& article : articles) {
    YT_ASSIGN(measured, Measure(article, read[article.stored.section]));
    const auto share = measured.coverage.Share();
    article.computed = "\"coverage\":" + (share ? share->ToString() : "null");
    // The stored provenance ends with its rules, `"rules":{…}`.
    std::string& provenance = article.stored.provenance;
    provenance.pop_back();
    provenance += std::string(provenance.ends_with('{') ? "" : ",") + "\"coverage\":\"numbers-in-records\"}";
  }
  return {};
}

// A finding for each number that no rule read.
Result<void> ViewChecks::AddUnread(const IssueId& issue, std::vector<ViewRecord>& findings) {
  YT_ASSIGN(read, ReadSpans(store_, issue));
  YT_ASSIGN(articles, RecordsOf(store_, OwnerOf(RecordKind::kArticle), issue, RecordKind::kArticle));
  for (const ViewRecord& article : articles) {
    YT_ASSIGN(measured, Measure(article, read[article.stored.section]));
    for (const UnreadNumber& number : measured.coverage.unread) {
      Section section;
      section.title = measured.title;
      section.text = measured.text;
      const Finding finding = FindingAt(
          section, "unread", "info",
          fmt::format("a {} string is in no record: {}", NumberKindName(number.kind), Around(measured.text, number.span)), {number.span});
      findings.push_back(FindingBeside(article, finding, number.span.begin));
    }
  }
  return {};
}

namespace {

constexpr std::ptrdiff_t kNeighbours = 3;  // issues before, of which one has the month before

// The record as a monthly average of a table; nullopt for any other price.
std::optional<MonthlyAverage> AverageOf(const StoredRecord& record) {
  const simdjson::dom::element body = ThreadParser().parse(record.body);
  const auto text = [&](const char* field) {
    std::string_view value;
    return body[field].get(value) == simdjson::SUCCESS ? std::optional<std::string>(value) : std::nullopt;
  };
  if (text("where") != "table" || text("statistic") != "month_average") return std::nullopt;
  simdjson::dom::element number;
  if (body["cny_per_kg"].get(number) != simdjson::SUCCESS || number.is_null()) return std::nullopt;
  const auto value = Decimal::Parse(simdjson::minify(number));
  if (!value) return std::nullopt;
  return MonthlyAverage{text("product"), text("as_printed").value_or(""), text("period").value_or(""), *value,
                        text("repaired").has_value()};
}

}  // namespace

Result<ViewChecks::Table*> ViewChecks::TableOf(const IssueId& issue) {
  if (auto known = tables_.find(issue); known != tables_.end()) return &known->second;
  YT_ASSIGN(prices, RecordsOf(store_, OwnerOf(RecordKind::kPrice), issue, RecordKind::kPrice));
  Table table;
  table.of_issue.label = issue.label;
  for (ViewRecord& record : prices) {
    auto average = AverageOf(record.stored);
    if (!average) continue;
    table.of_issue.averages.push_back(std::move(*average));
    std::string_view value;
    table.values.emplace_back(ThreadParser().parse(record.stored.body)["value"].get(value) == simdjson::SUCCESS ? value : "");
    record.stored.body.clear();
    table.places.push_back(std::move(record));
  }
  return &tables_.emplace(issue, std::move(table)).first->second;
}

Result<void> ViewChecks::AddNeighbours(const IssueId& issue, std::vector<ViewRecord>& findings) {
  const auto at = std::lower_bound(issues_.begin(), issues_.end(), issue);
  const auto first = at - std::min(kNeighbours, at - issues_.begin());
  tables_.erase(tables_.begin(), tables_.lower_bound(first == issues_.end() ? issue : *first));
  std::vector<IssueAverages> before;
  for (auto neighbour = at; neighbour-- > first;) {
    if (neighbour->series != issue.series) continue;
    YT_ASSIGN(table, TableOf(*neighbour));
    before.push_back(table->of_issue);
  }
  YT_ASSIGN(own, TableOf(issue));
  for (ContinuityFinding& found : CheckContinuity(own->of_issue.averages, before)) {
    const ViewRecord& place = own->places[found.average];
    const MonthlyAverage& average = own->of_issue.averages[found.average];
    const bool of_value = found.check == "neighbour-value";
    Finding finding{found.check,
                    found.severity,
                    found.message,
                    average.as_printed + " " + average.period,
                    found.expected,
                    of_value ? own->values[found.average] : average.as_printed,
                    {},
                    0};
    std::vector<Span> spans;
    AppendSpans(place.stored, of_value ? "value" : "as_printed", spans);
    finding.provenance.Add("printed", spans);
    if (of_value && place.stored.provenance.find("\"value\":\"") != std::string::npos)
      finding.provenance.Rule("printed", "as-the-record's-value");
    findings.push_back(FindingBeside(place, finding, place.stored.first_span));
  }
  return {};
}

}  // namespace ytterby
