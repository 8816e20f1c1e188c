#include "consumers/views/current_view.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include "consumers/views/issue_reader.hpp"
#include "consumers/views/policy_view.hpp"
#include "consumers/views/view_checks.hpp"
#include "schemas/records/kinds.hpp"
#include "schemas/records/shapes.hpp"

namespace ytterby {
namespace {

std::string RecordIdOf(RecordKind kind, const IssueId& issue, const std::string& natural_key) {
  return Sha256Of({ExportName(kind), issue.series, issue.label, natural_key}).Hex().substr(0, 32);
}

bool ExportOrder(const ViewRecord& a, const ViewRecord& b) {
  return std::tie(a.stored.ordinal, a.stored.first_span, a.id) < std::tie(b.stored.ordinal, b.stored.first_span, b.id);
}

// Equal keys get #2, #3 … in order of (section ordinal, first span); the stored fields break remaining ties.
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

}  // namespace

bool CanBeCurrent(const EditionRow& edition) {
  return edition.splitter_version == edition.counted_version && edition.of_all != 0;
}

bool IsComplete(const EditionRow& edition) { return edition.stored == edition.listed; }

std::vector<EditionRow> RankEditions(std::vector<EditionRow> editions) {
  int most = 0;
  for (const EditionRow& row : editions) {
    if (CanBeCurrent(row)) most = std::max(most, row.of_all);
  }
  for (EditionRow& row : editions) {
    if (row.of_all >= 0 && most > 2 * row.of_all) row.whole = false;
  }
  const auto rank = [](const EditionRow& row) {
    return std::make_tuple(CanBeCurrent(row), IsComplete(row), row.whole, row.priority, row.revision, row.text_layer,
                           row.document);
  };
  std::sort(editions.begin(), editions.end(), [&](const EditionRow& a, const EditionRow& b) {
    const auto rank_a = rank(a), rank_b = rank(b);
    if (rank_a != rank_b) return rank_a > rank_b;
    return std::tie(a.feed, a.name) < std::tie(b.feed, b.name);
  });
  return editions;
}

std::optional<CurrentEdition> ChooseEdition(std::vector<EditionRow> editions) {
  std::erase_if(editions, [](const EditionRow& row) { return !CanBeCurrent(row); });
  if (editions.empty()) return std::nullopt;
  const auto longest = std::max_element(editions.begin(), editions.end(), [](const EditionRow& a, const EditionRow& b) {
    return std::tie(a.of_all, b.feed, b.name) < std::tie(b.of_all, a.feed, a.name);
  });
  const std::pair<std::string, int> most{longest->name, longest->of_all};
  editions = RankEditions(std::move(editions));
  const bool any_complete = IsComplete(editions.front());
  if (any_complete) std::erase_if(editions, [](const EditionRow& row) { return !IsComplete(row); });
  CurrentEdition current{editions.front(), any_complete, std::nullopt,
                         editions.front().listed - editions.front().stored, std::nullopt};
  if (editions.front().of_all >= 0 && most.second > editions.front().of_all) current.longer = most;
  for (const EditionRow& row : editions) {
    if (row.document != current.edition.document && row.name != current.edition.name &&
        row.priority == current.edition.priority && row.whole == current.edition.whole) {
      if (!current.chosen_over || row.name < *current.chosen_over) current.chosen_over = row.name;
    }
  }
  return current;
}

namespace {

std::vector<ViewRecord> ViewedRecords(const IssueId& issue, const DocumentDigest& document, RecordKind kind,
                                      const std::vector<StoredRecord>& stored) {
  std::vector<ViewRecord> records;
  records.reserve(stored.size());
  for (const StoredRecord& record : stored) records.push_back({issue, document, record, "", {}, false});
  if (kind == RecordKind::kPolicy || kind == RecordKind::kStandard) KeepFirstStated(kind, records);
  return records;
}

Result<std::vector<ViewRecord>> RecordsOf(IssueReader& reader, const Normaliser& consumer, const IssueId& issue,
                                          RecordKind kind) {
  YT_ASSIGN(current, reader.EditionOf(consumer, issue));
  if (!current) return std::vector<ViewRecord>();
  YT_ASSIGN(stored, reader.RecordsOf(consumer, issue, kind));
  auto records = ViewedRecords(issue, current->edition.document, kind, *stored);
  if (kind == RecordKind::kFinding && consumer.consumer == "articles") AddDocumentFindings(issue, *current, records);
  return records;
}

}  // namespace

CurrentView::CurrentView(Snapshot& snapshot, std::vector<IssueId> issues)
    : snapshot_(&snapshot), issues_(std::move(issues)) {
  Expect(issues_, false);
}
CurrentView::~CurrentView() = default;
CurrentView::CurrentView(CurrentView&&) noexcept = default;

Result<std::vector<IssueId>> CurrentView::AllIssues(Snapshot& snapshot) {
  std::set<IssueId> issues;
  for (const Normaliser& consumer : Normalisers()) {
    YT_ASSIGN(known, snapshot.Issues(std::string(consumer.consumer)));
    issues.insert(known.begin(), known.end());
  }
  return std::vector<IssueId>(issues.begin(), issues.end());
}

Result<CurrentView> CurrentView::Open(Snapshot& snapshot) {
  YT_ASSIGN(issues, AllIssues(snapshot));
  return CurrentView(snapshot, std::move(issues));
}

Result<void> CurrentView::Learn(const std::vector<IssueId>& issues) {
  std::vector<IssueId> unknown;
  std::copy_if(issues.begin(), issues.end(), std::back_inserter(unknown),
               [&](const IssueId& issue) { return !std::binary_search(issues_.begin(), issues_.end(), issue); });
  if (unknown.empty()) return {};
  for (const Normaliser& consumer : Normalisers()) {
    YT_ASSIGN(known, snapshot_->IssuesAmong(std::string(consumer.consumer), unknown));
    issues_.insert(issues_.end(), known.begin(), known.end());
  }
  std::sort(issues_.begin(), issues_.end());
  issues_.erase(std::unique(issues_.begin(), issues_.end()), issues_.end());
  return {};
}

void CurrentView::Expect(std::vector<IssueId> issues, bool whole) {
  reader_ = std::make_unique<IssueReader>(*snapshot_, std::move(issues), whole);
  checks_ = std::make_unique<ViewChecks>(*reader_, issues_);
}

std::vector<IssueId> CurrentView::LookingBackAt(const IssueId& issue) const {
  std::vector<IssueId> later;
  for (auto at = std::upper_bound(issues_.begin(), issues_.end(), issue);
       at != issues_.end() && std::ssize(later) < kNeighbours; ++at) {
    if (at->series == issue.series) later.push_back(*at);
  }
  return later;
}

Result<std::vector<ViewRecord>> CurrentView::RecordsOf(const IssueId& issue, RecordKind kind, bool coverage) {
  std::vector<ViewRecord> records;
  for (const Normaliser& consumer : Normalisers()) {
    if (kind != RecordKind::kFinding && &consumer != &OwnerOf(kind)) continue;
    YT_ASSIGN(some, ytterby::RecordsOf(*reader_, consumer, issue, kind));
    records.insert(records.end(), std::make_move_iterator(some.begin()), std::make_move_iterator(some.end()));
  }
  if (coverage && kind == RecordKind::kArticle) YT_CHECK(checks_->AddCoverage(issue, records));
  if (coverage && kind == RecordKind::kFinding) YT_CHECK(checks_->AddUnread(issue, records));
  if (kind == RecordKind::kFinding) YT_CHECK(checks_->AddNeighbours(issue, records));
  NumberRecords(kind, records);
  return records;
}

Result<std::vector<ViewRecord>> RecordsOfEdition(Snapshot& snapshot, const Normaliser& consumer, const IssueId& issue,
                                                 const EditionRow& edition, RecordKind kind) {
  const EditionKey key{issue, edition.document, edition.text_digest, edition.splitter_version};
  YT_ASSIGN(rows, snapshot.Rows(std::string(consumer.consumer), {key}, kind));
  YT_CHECK(CheckIntact(snapshot, std::string(consumer.consumer), rows.front()));
  for (StoredRecord& record : rows.front()) record.body = BodyAsExported(kind, std::move(record.body));
  auto records = ViewedRecords(issue, edition.document, kind, rows.front());
  NumberRecords(kind, records);
  return records;
}

Result<void> ForEachRecord(Snapshot& snapshot, RecordKind kind, const std::function<void(const ViewRecord&)>& visit,
                           const ViewOptions& options) {
  YT_ASSIGN(view, CurrentView::Open(snapshot));
  std::vector<IssueId> issues = view.issues();
  if (options.only) std::erase_if(issues, [&](const IssueId& issue) { return !options.only(issue); });
  // Finding what is in no record takes the records of all kinds.
  view.Expect(issues, options.coverage && (kind == RecordKind::kArticle || kind == RecordKind::kFinding));
  for (const IssueId& issue : issues) {
    YT_ASSIGN(records, view.RecordsOf(issue, kind, options.coverage));
    for (const ViewRecord& record : records) visit(record);
  }
  return {};
}

std::string ExportLine(const ViewRecord& record, bool with_known_at) {
  const std::string_view body = record.stored.body;
  JsonWriter json;
  json.Reserve(body.size() + record.stored.provenance.size() + 400);
  json.BeginObject().Field("issue", record.issue.label).Field("series", record.issue.series).Field("id", record.id);
  if (body.size() > 2) json.Raw(body.substr(1, body.size() - 2));
  if (record.stored.kind == RecordKind::kArticle) json.Field("section", record.stored.section.Hex());
  if (record.measured) json.Field("coverage", record.coverage);
  if (with_known_at) json.Field("known_at", FormatRfc3339(record.stored.known_at));
  json.Key("provenance").BeginObject().Field("document", record.document.Hex());
  if (record.stored.ordinal >= 0) json.Field("section", record.stored.section.Hex());
  if (!record.stored.provenance.empty()) json.Raw(record.stored.provenance);
  return json.EndObject().EndObject().Take();
}

}  // namespace ytterby
