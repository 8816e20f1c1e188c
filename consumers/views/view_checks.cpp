#include "consumers/views/view_checks.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "consumers/reading/findings.hpp"
#include "consumers/reading/section_text.hpp"
#include "consumers/views/coverage.hpp"
#include "consumers/views/price_continuity.hpp"
#include "schemas/events/event_json.hpp"
#include "schemas/records/kinds.hpp"
#include "schemas/records/provenance_json.hpp"

namespace ytterby {
namespace {

ViewRecord FindingRecord(const IssueId& issue, const DocumentDigest& document, Finding finding) {
  const Record encoded = finding.Encode();
  ViewRecord record{issue, document, {}, "", {}, false};
  record.stored.kind = RecordKind::kFinding;
  record.stored.ordinal = -1;  // about the document, so before its sections
  record.stored.natural_key = encoded.natural_key;
  record.stored.body = encoded.body;
  record.stored.provenance = encoded.provenance;
  return record;
}

// A finding at the place of another record.
ViewRecord FindingBeside(const IssueId& issue, const DocumentDigest& document, const StoredRecord& place,
                         Finding finding, std::uint32_t at) {
  ViewRecord record = FindingRecord(issue, document, std::move(finding));
  record.stored.section = place.section;
  record.stored.ordinal = place.ordinal;
  record.stored.first_span = at;
  record.stored.known_at = place.known_at;
  return record;
}

// A section with more unread numbers is no bulletin's; the last finding says how many more there are.
constexpr std::size_t kMostUnread = 500;

}  // namespace

void AddDocumentFindings(const IssueId& issue, const CurrentEdition& current, std::vector<ViewRecord>& records) {
  const EditionRow& edition = current.edition;
  const simdjson::dom::element json = ThreadParser().parse(edition.notices);
  for (const Notice& notice : ReadNotices(json)) {
    Finding finding = FindingFrom(notice, edition.name);
    if (notice.span) finding.concerns += fmt::format("\x1f{}", notice.span->begin);
    records.push_back(FindingRecord(issue, edition.document, finding));
  }
  if (current.chosen_over) {
    records.push_back(
        FindingRecord(issue, edition.document,
                      {"edition-choice",
                       "info",
                       fmt::format("{} was chosen over {}, a differently named document of equal priority",
                                   edition.name, *current.chosen_over),
                       edition.name,
                       std::nullopt,
                       std::nullopt,
                       {},
                       0}));
  }
  if (current.longer) {
    const std::string message = fmt::format("{} lists {} sections, fewer than {}, which lists {}", edition.name,
                                            edition.of_all, current.longer->first, current.longer->second);
    records.push_back(
        FindingRecord(issue, edition.document,
                      {"fewer-sections", "warning", message, edition.name, std::nullopt, std::nullopt, {}, 0}));
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

// The spans of each section that all consumers' records and findings come from, and the numbers of recorded documents.
struct ReadParts {
  std::map<SectionId, std::vector<Span>> spans;
  std::vector<std::string> numbers;  // folded
};

// nullopt while a consumer has not stored the whole edition that the articles come from: what it will read is not known
// yet.
Result<std::optional<ReadParts>> PartsRead(IssueReader& reader, const IssueId& issue) {
  YT_ASSIGN(articles, reader.EditionOf(OwnerOf(RecordKind::kArticle), issue));
  if (!articles) return std::optional<ReadParts>();
  const EditionRow edition = articles->edition;
  ReadParts parts;
  for (const Normaliser& consumer : Normalisers()) {
    YT_ASSIGN(current, reader.EditionOf(consumer, issue));
    if (!current || !current->complete || current->edition.document != edition.document ||
        current->edition.splitter_version != edition.splitter_version) {
      return std::optional<ReadParts>();
    }
    std::vector<RecordKind> kinds = consumer.kinds;
    kinds.push_back(RecordKind::kFinding);
    for (RecordKind kind : kinds) {
      if (kind == RecordKind::kArticle) continue;
      YT_ASSIGN(records, reader.RecordsOf(consumer, issue, kind));
      for (const StoredRecord& record : *records) {
        std::vector<Span>& spans = parts.spans[record.section];
        for (const FieldSpans& field : ReadSpans(record.provenance))
          spans.insert(spans.end(), field.spans.begin(), field.spans.end());
        const simdjson::dom::element body = ThreadParser().parse(record.body);
        for (const char* field : {"document_number", "number", "publication_number"}) {
          std::string_view number;
          if (body[field].get(number) == simdjson::SUCCESS) parts.numbers.push_back(FoldKey(number));
        }
      }
    }
  }
  return std::optional<ReadParts>(std::move(parts));
}

// Another mention of a recorded document is not a miss.
void DropKnownDocuments(const std::vector<std::string>& numbers, std::string_view text, Coverage& coverage) {
  std::erase_if(coverage.unread, [&](const UnreadNumber& number) {
    if (number.kind != NumberKind::kDocument) return false;
    const std::string printed = FoldKey(text.substr(number.span.begin, number.span.size()));
    const bool known = std::any_of(numbers.begin(), numbers.end(),
                                   [&](const std::string& one) { return one.find(printed) != std::string::npos; });
    if (known) coverage.unread_bytes -= number.bytes;
    return known;
  });
}

struct MeasuredArticle {
  Coverage coverage;
  std::string title, text;
};

Result<MeasuredArticle> Measure(const IssueId& issue, const StoredRecord& article, const ReadParts& read) {
  std::vector<Span> parts;
  for (const char* field : {"title", "body"}) {
    const std::vector<Span> spans = ReadSpansOf(article.provenance, field);
    parts.insert(parts.end(), spans.begin(), spans.end());
  }
  const simdjson::dom::element body = ThreadParser().parse(article.body);
  std::string_view title, text, category;
  if (body["title"].get(title) != simdjson::SUCCESS || body["text"].get(text) != simdjson::SUCCESS ||
      body["category"].get(category) != simdjson::SUCCESS) {
    return Fail(ErrorKind::kBadData,
                fmt::format("article {} of {}: no title, text or category", article.ordinal, issue.label));
  }
  const auto known = CategoryFromId(category);
  const auto spans = read.spans.find(article.section);
  MeasuredArticle measured{MeasureCoverage(text, known.value_or(Category::kIndustryNews), parts,
                                           spans == read.spans.end() ? std::vector<Span>() : spans->second),
                           std::string(title), std::string(text)};
  DropKnownDocuments(read.numbers, measured.text, measured.coverage);
  return measured;
}

// The number with a few characters before and after it, without white space.
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
  YT_ASSIGN(read, PartsRead(reader_, issue));
  for (ViewRecord& article : articles) {
    article.measured = true;
    if (read) {
      YT_ASSIGN(measured, Measure(issue, article.stored, *read));
      article.coverage = measured.coverage.Share();
    }
    article.stored.provenance = WithRule(article.stored.provenance, "coverage", "numbers-in-records");
  }
  return {};
}

Result<void> ViewChecks::AddUnread(const IssueId& issue, std::vector<ViewRecord>& findings) {
  YT_ASSIGN(read, PartsRead(reader_, issue));
  if (!read) return {};
  const Normaliser& owner = OwnerOf(RecordKind::kArticle);
  YT_ASSIGN(current, reader_.EditionOf(owner, issue));
  if (!current) return {};
  YT_ASSIGN(articles, reader_.RecordsOf(owner, issue, RecordKind::kArticle));
  for (const StoredRecord& article : *articles) {
    YT_ASSIGN(measured, Measure(issue, article, *read));
    Section section;
    section.title = std::move(measured.title);
    section.text = std::move(measured.text);
    const std::vector<UnreadNumber>& unread = measured.coverage.unread;
    for (std::size_t i = 0; i < std::min(unread.size(), kMostUnread); ++i) {
      const UnreadNumber& number = unread[i];
      std::string message = fmt::format("a {} string is in no record: {}", NumberKindName(number.kind),
                                        Around(section.text, number.span));
      if (i + 1 == kMostUnread && unread.size() > kMostUnread)
        message += fmt::format("; {} more in this section are not listed", unread.size() - kMostUnread);
      Finding finding = FindingAt(section, "unread", "info", std::move(message), {number.span});
      findings.push_back(
          FindingBeside(issue, current->edition.document, article, std::move(finding), number.span.begin));
    }
  }
  return {};
}

namespace {

// The record as a monthly average of a table; nullopt for any other price.
std::optional<MonthlyAverage> AverageOf(const StoredRecord& record) {
  const simdjson::dom::element body = ThreadParser().parse(record.body);
  const auto text = [&](const char* field) {
    std::string_view value;
    return body[field].get(value) == simdjson::SUCCESS ? std::optional<std::string>(value) : std::nullopt;
  };
  if (text("where") != "table" || text("statistic") != "month_average") return std::nullopt;
  const auto printed = text("cny_per_kg");
  const auto value = printed ? Decimal::Parse(*printed) : std::nullopt;
  if (!value) return std::nullopt;
  return MonthlyAverage{text("product"), text("as_printed").value_or(""), text("period").value_or(""), *value,
                        text("repaired").has_value()};
}

}  // namespace

Result<ViewChecks::Table*> ViewChecks::TableOf(const IssueId& issue) {
  if (auto known = tables_.find(issue); known != tables_.end()) return &known->second;
  const Normaliser& owner = OwnerOf(RecordKind::kPrice);
  YT_ASSIGN(current, reader_.EditionOf(owner, issue));
  Table table;
  table.of_issue.label = issue.label;
  if (current) {
    YT_ASSIGN(prices, reader_.RecordsOf(owner, issue, RecordKind::kPrice));
    for (const StoredRecord& record : *prices) {
      auto average = AverageOf(record);
      if (!average) continue;
      table.of_issue.averages.push_back(std::move(*average));
      std::string_view value;
      table.values.emplace_back(ThreadParser().parse(record.body)["value"].get(value) == simdjson::SUCCESS ? value
                                                                                                           : "");
      table.places.push_back({issue, current->edition.document, record, "", {}, false});
      table.places.back().stored.body.clear();
    }
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
    finding.provenance.Add("printed", ReadSpansOf(place.stored.provenance, of_value ? "value" : "as_printed"));
    const auto rules = ReadRules(place.stored.provenance);
    const bool by_rule =
        std::any_of(rules.begin(), rules.end(), [](const auto& rule) { return rule.first == "value"; });
    if (of_value && by_rule) finding.provenance.Rule("printed", "as-the-record's-value");
    findings.push_back(FindingBeside(place.issue, place.document, place.stored, finding, place.stored.first_span));
  }
  return {};
}

}  // namespace ytterby
