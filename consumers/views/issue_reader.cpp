#include "consumers/views/issue_reader.hpp"

#include <algorithm>

#include "schemas/records/shapes.hpp"

namespace ytterby {
namespace {

// Reads as many issues at once as make about this many bytes, judged by the size of those read before: sixteen issues
// if each has 100 KB with all its texts.
constexpr std::size_t kBytesAtOnce = 2u << 20;
constexpr std::size_t kIssuesAtOnce = 16;

std::size_t BytesOf(const StoredRecord& record) {
  return sizeof record + record.body.size() + record.provenance.size() + record.natural_key.size();
}

}  // namespace

Result<IssueReader::Place> IssueReader::Find(const Normaliser& consumer, const IssueId& issue) {
  for (auto* reads : {&ahead_, &beside_}) {
    Read& read = (*reads)[consumer.consumer];
    const auto at = std::lower_bound(read.issues.begin(), read.issues.end(), issue);
    if (at != read.issues.end() && *at == issue)
      return Place{&read, static_cast<std::size_t>(at - read.issues.begin())};
  }
  const Read& ahead = ahead_[consumer.consumer];
  const auto next = std::lower_bound(expected_.begin(), expected_.end(), issue);
  const bool expected =
      next != expected_.end() && *next == issue && (ahead.issues.empty() || ahead.issues.back() < issue);
  const std::size_t each = ahead.bytes / std::max<std::size_t>(1, ahead.issues.size()) + 1;
  const std::size_t fitting = ahead.issues.empty() ? 1 : std::clamp<std::size_t>(kBytesAtOnce / each, 1, kIssuesAtOnce);
  const auto count = std::min(static_cast<std::ptrdiff_t>(fitting), expected_.end() - next);
  Read read;
  read.issues = expected ? std::vector<IssueId>(next, next + count) : std::vector<IssueId>{issue};
  YT_ASSIGN(editions, snapshot_.Editions(std::string(consumer.consumer), read.issues, consumer.categories));
  for (std::size_t i = 0; i < editions.size(); ++i) {
    read.intact.push_back(CheckIntact(snapshot_, std::string(consumer.consumer), read.issues[i], editions[i]));
    read.editions.push_back(ChooseEdition(std::move(editions[i])));
  }
  Read& kept = (expected ? ahead_ : beside_)[consumer.consumer];
  kept = std::move(read);
  return Place{&kept, 0};
}

Result<const CurrentEdition*> IssueReader::EditionOf(const Normaliser& consumer, const IssueId& issue) {
  YT_ASSIGN(place, Find(consumer, issue));
  YT_CHECK(place.read->intact[place.index]);
  const auto& edition = place.read->editions[place.index];
  return edition ? &*edition : nullptr;
}

// Reads the kind asked for and, in the same query, all other kinds if they will be needed too.
Result<void> IssueReader::ReadRecords(const Normaliser& consumer, Read& read, RecordKind kind) {
  std::vector<EditionKey> keys;
  std::vector<std::size_t> indices;
  for (std::size_t i = 0; i < read.issues.size(); ++i) {
    if (!read.editions[i]) continue;
    const EditionRow& edition = read.editions[i]->edition;
    keys.push_back({read.issues[i], edition.document, edition.text_digest, edition.splitter_version});
    indices.push_back(i);
  }
  std::vector<std::vector<StoredRecord>> found;
  if (!keys.empty()) {
    YT_ASSIGN(rows, snapshot_.Rows(std::string(consumer.consumer), keys, whole_ ? std::nullopt : std::optional(kind)));
    found = std::move(rows);
  }
  std::vector<RecordKind> kinds{kind};
  if (whole_) {
    kinds = consumer.kinds;
    kinds.push_back(RecordKind::kFinding);
  }
  for (RecordKind one : kinds) read.records[one].resize(read.issues.size());
  for (std::size_t i = 0; i < indices.size(); ++i) {
    Result<void>& intact = read.intact[indices[i]];
    if (intact) intact = CheckIntact(snapshot_, std::string(consumer.consumer), found[i]);
    if (!intact) continue;
    for (StoredRecord& record : found[i]) {
      record.body = BodyAsExported(record.kind, std::move(record.body));
      read.bytes += BytesOf(record);
      auto& of_kind = read.records[record.kind];
      of_kind.resize(read.issues.size());
      of_kind[indices[i]].push_back(std::move(record));
    }
  }
  return {};
}

Result<const std::vector<StoredRecord>*> IssueReader::RecordsOf(const Normaliser& consumer, const IssueId& issue,
                                                                RecordKind kind) {
  YT_ASSIGN(place, Find(consumer, issue));
  if (!place.read->records.contains(kind)) YT_CHECK(ReadRecords(consumer, *place.read, kind));
  YT_CHECK(place.read->intact[place.index]);
  return &place.read->records.at(kind)[place.index];
}

}  // namespace ytterby
