#include "consumers/current_view.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include "consumers/coverage.hpp"
#include "consumers/findings.hpp"
#include "consumers/policies/policy_view.hpp"
#include "consumers/section_text.hpp"
#include "schemas/events/event_json.hpp"
#include "schemas/records/kinds.hpp"

namespace ytterby {
namespace {

auto DocumentRank(const EditionRow& row) { return std::make_tuple(row.whole, row.priority, row.revision, row.text_layer, row.document); }

bool IsComplete(const EditionRow& row) { return row.stored == row.listed; }

std::string RecordIdOf(RecordKind kind, const IssueId& issue, const std::string& natural_key) {
  return Sha256Of({ExportName(kind), issue.series, issue.label, natural_key}).Hex().substr(0, 32);
}

bool ExportOrder(const ViewRecord& a, const ViewRecord& b) {
  return std::tie(a.stored.ordinal, a.stored.first_span, a.id) < std::tie(b.stored.ordinal, b.stored.first_span, b.id);
}

// Equal keys get #2, #3 … in order of (section ordinal, first span); the stored fields break what ties are left.
void NumberRecords(RecordKind kind, std::vector<ViewRecord>& records) {
  std::sort(records.begin(), records.end(), [](const ViewRecord& a, const ViewRecord& b) {
    return std::tie(a.stored.ordinal, a.stored.first_span, a.stored.natural_key, a.stored.body) <
           std::tie(b.stored.ordinal, b.stored.first_span, b.stored.natural_key, b.stored.body);
  });
  std::map<std::string, int> seen;
  for (ViewRecord& record : records) {
    const int number = ++seen[record.stored.natural_key];
    record.id = RecordIdOf(kind, record.issue, record.stored.natural_key);
    if (number > 1) record.id += fmt::format("#{}", number);
  }
  std::sort(records.begin(), records.end(), &ExportOrder);
}

ViewRecord FindingRecord(const IssueId& issue, const DocumentDigest& document, const Finding& finding) {
  const Record encoded = finding.Encode();
  ViewRecord record{issue, document, {}, "", ""};
  record.stored.kind = RecordKind::kFinding;
  record.stored.ordinal = -1;  // of the document, before its sections
  record.stored.natural_key = encoded.natural_key;
  record.stored.body = encoded.body;
  record.stored.provenance = encoded.provenance;
  return record;
}

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

Result<std::vector<ViewRecord>> RecordsOf(Store& store, const Normaliser& consumer, const IssueId& issue, RecordKind kind) {
  const std::string name(consumer.consumer);
  YT_ASSIGN(editions, store.Editions(name, issue, consumer.categories));
  const auto current = ChooseEdition(std::move(editions));
  std::vector<ViewRecord> records;
  if (!current) return records;
  const EditionRow& edition = current->edition;
  YT_ASSIGN(rows, store.Rows(name, issue, {edition.document, edition.text_digest, edition.splitter_version}, kind));
  for (StoredRecord& row : rows) records.push_back({issue, edition.document, std::move(row), "", ""});
  if (kind == RecordKind::kPolicy || kind == RecordKind::kStandard) KeepFirstStated(kind, records);
  if (kind == RecordKind::kFinding && consumer.consumer == "articles") AddDocumentFindings(issue, *current, records);
  return records;
}

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
  std::string text;
};

Result<MeasuredArticle> Measure(const ViewRecord& article, const std::vector<Span>& read) {
  std::vector<Span> parts;
  AppendSpans(article.stored, "title", parts);
  AppendSpans(article.stored, "body", parts);
  const simdjson::dom::element body = ThreadParser().parse(article.stored.body);
  std::string_view text, category;
  if (body["text"].get(text) != simdjson::SUCCESS || body["category"].get(category) != simdjson::SUCCESS) {
    return Fail(ErrorKind::kBadData, fmt::format("article {} of {}: no text or category", article.stored.ordinal, article.issue.label));
  }
  const auto known = CategoryFromId(category);
  return MeasuredArticle{MeasureCoverage(text, known.value_or(Category::kIndustryNews), parts, read), std::string(text)};
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

Result<void> AddCoverage(Store& store, const IssueId& issue, std::vector<ViewRecord>& articles) {
  YT_ASSIGN(read, ReadSpans(store, issue));
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

// A finding for each number that no rule read.
Result<void> AddUnread(Store& store, const IssueId& issue, std::vector<ViewRecord>& findings) {
  YT_ASSIGN(read, ReadSpans(store, issue));
  YT_ASSIGN(articles, RecordsOf(store, OwnerOf(RecordKind::kArticle), issue, RecordKind::kArticle));
  for (const ViewRecord& article : articles) {
    YT_ASSIGN(measured, Measure(article, read[article.stored.section]));
    for (const UnreadNumber& number : measured.coverage.unread) {
      Section section;
      section.text = measured.text;
      const Finding finding = FindingAt(
          section, "unread", "info",
          fmt::format("a {} string is in no record: {}", NumberKindName(number.kind), Around(measured.text, number.span)), {number.span});
      ViewRecord record = FindingRecord(issue, article.document, finding);
      record.stored.section = article.stored.section;
      record.stored.ordinal = article.stored.ordinal;
      record.stored.first_span = number.span.begin;
      findings.push_back(std::move(record));
    }
  }
  return {};
}

}  // namespace

std::optional<CurrentEdition> ChooseEdition(std::vector<EditionRow> editions) {
  // Of each document only one splitter version counts, over all its issues: one that was moved to another issue is gone from here.
  std::erase_if(editions, [](const EditionRow& row) { return row.splitter_version != row.counted_version; });
  if (editions.empty()) return std::nullopt;
  const bool any_complete = std::any_of(editions.begin(), editions.end(), &IsComplete);
  if (any_complete) std::erase_if(editions, [](const EditionRow& row) { return !IsComplete(row); });
  // Deliveries of one document under several names rank by their best; the name first in byte order speaks for them.
  std::sort(editions.begin(), editions.end(), [](const EditionRow& a, const EditionRow& b) {
    const auto rank_a = DocumentRank(a), rank_b = DocumentRank(b);
    if (rank_a != rank_b) return rank_a > rank_b;
    return std::tie(a.feed, a.name) < std::tie(b.feed, b.name);
  });
  CurrentEdition current{editions.front(), any_complete, std::nullopt, editions.front().listed - editions.front().stored};
  for (const EditionRow& row : editions) {
    if (row.document != current.edition.document && row.name != current.edition.name && row.priority == current.edition.priority &&
        row.whole == current.edition.whole) {
      if (!current.chosen_over || row.name < *current.chosen_over) current.chosen_over = row.name;
    }
  }
  return current;
}

Result<void> ForEachRecord(Store& store, RecordKind kind, const std::function<void(const ViewRecord&)>& visit, const ViewOptions& options) {
  std::vector<const Normaliser*> consumers;
  if (kind == RecordKind::kFinding) {
    for (const Normaliser& normaliser : Normalisers()) consumers.push_back(&normaliser);
  } else {
    consumers.push_back(&OwnerOf(kind));
  }
  std::set<IssueId> issues;
  for (const Normaliser* consumer : consumers) {
    YT_ASSIGN(known, store.Issues(std::string(consumer->consumer)));
    issues.insert(known.begin(), known.end());
  }
  for (const IssueId& issue : issues) {
    if (options.only && !options.only(issue)) continue;
    std::vector<ViewRecord> records;
    for (const Normaliser* consumer : consumers) {
      YT_ASSIGN(some, RecordsOf(store, *consumer, issue, kind));
      records.insert(records.end(), std::make_move_iterator(some.begin()), std::make_move_iterator(some.end()));
    }
    if (options.coverage && kind == RecordKind::kArticle) YT_CHECK(AddCoverage(store, issue, records));
    if (options.coverage && kind == RecordKind::kFinding) YT_CHECK(AddUnread(store, issue, records));
    NumberRecords(kind, records);
    for (const ViewRecord& record : records) visit(record);
  }
  return {};
}

std::string ExportLine(const ViewRecord& record, bool with_known_at) {
  JsonWriter json;
  json.Reserve(record.stored.body.size() + record.stored.provenance.size() + 400);
  json.BeginObject().Field("issue", record.issue.label).Field("series", record.issue.series).Field("id", record.id);
  if (record.stored.body.size() > 2) json.Raw(std::string_view(record.stored.body).substr(1, record.stored.body.size() - 2));
  if (record.stored.kind == RecordKind::kArticle) json.Field("section", record.stored.section.Hex());
  if (!record.computed.empty()) json.Raw(record.computed);
  if (with_known_at) json.Field("known_at", FormatRfc3339(record.stored.known_at));
  json.Key("provenance").BeginObject().Field("document", record.document.Hex());
  if (record.stored.ordinal >= 0) json.Field("section", record.stored.section.Hex());
  if (!record.stored.provenance.empty()) json.Raw(record.stored.provenance);
  json.EndObject().EndObject();
  return json.Take();
}

}  // namespace ytterby
