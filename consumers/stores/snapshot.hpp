// The reader's port: one moment of the store, seen within one scope.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "common/clock.hpp"
#include "schemas/events/section.hpp"
#include "schemas/records/record.hpp"

namespace ytterby {

// Which stored rows a view may see. Rows of the live consumers are always visible.
struct Scope {
  std::set<int> replays{};           // replays whose rows are also visible
  std::optional<Timestamp> as_of{};  // only what the log had accepted by then
};

// One reading of one document for one issue, as far as a consumer has stored it.
struct EditionRow {
  DocumentDigest document;
  TextDigest text_digest;
  int splitter_version = 0;
  std::string feed, name;
  int revision = 1;
  int priority = 0;
  bool text_layer = true;
  bool whole = true;
  int listed = 0, stored = 0;  // sections of the issue: listed by the manifest, stored by the consumer
  int of_all = -1;  // sections that the manifest lists for the issue, of all consumers' categories; -1: not known
  // The document's splitter version that counts: the greatest that is complete over all issues ever read from the
  // document, or else the greatest. Another version's reading may not even name this issue.
  int counted_version = 0;
  std::string notices;  // JSON array, of the manifest
  Timestamp known_at{};
  bool intact = true;  // whether it is what was written
};

struct EditionKey {
  IssueId issue;
  DocumentDigest document;
  TextDigest text_digest;
  int splitter_version = 0;
};

struct StoredRecord {
  SectionId section;
  int ordinal = 0;
  RecordKind kind = RecordKind::kFinding;
  std::uint32_t first_span = 0;
  Timestamp known_at{};
  std::string natural_key, body, provenance;
  bool intact = true;  // whether its bytes are those that were written
};

struct StoreCounts {
  std::int64_t issues = 0, sections = 0, records = 0, findings = 0, manifests = 0, dead_letters = 0;
};

// All reads of one snapshot agree. Each snapshot has its own connection, so it blocks neither writers nor other
// snapshots. For one thread; must not outlive its store.
class Snapshot {
 public:
  virtual ~Snapshot() = default;
  // The issues that a manifest lists, in byte order of (series, label).
  virtual Result<std::vector<IssueId>> Issues(const std::string& consumer) = 0;
  // Those of `issues` that a manifest lists, in no particular order.
  virtual Result<std::vector<IssueId>> IssuesAmong(const std::string& consumer, const std::vector<IssueId>& issues) = 0;
  // The editions of each of these issues, in their order.
  virtual Result<std::vector<std::vector<EditionRow>>> Editions(const std::string& consumer,
                                                                const std::vector<IssueId>& issues,
                                                                const std::vector<Category>& categories) = 0;
  // For each of these editions, in their order: the rows of a kind, or of all the consumer's kinds, by the greatest
  // normaliser version of each section. The rows of one edition are in no particular order. The reader of rows or
  // editions has to check whether they are intact, so that damage to one issue does not hide the others.
  virtual Result<std::vector<std::vector<StoredRecord>>> Rows(const std::string& consumer,
                                                              const std::vector<EditionKey>& editions,
                                                              std::optional<RecordKind> kind) = 0;
  virtual Result<StoreCounts> Count(const std::string& consumer) = 0;
  // How many rows refer to something that does not exist: no query of a view finds them.
  virtual Result<std::int64_t> CountDangling(const std::string& consumer) = 0;
  // Names the store in messages.
  virtual std::string StoreName() const = 0;
};

// kDamaged where one of the editions or records of an issue is not what was written.
Result<void> CheckIntact(const Snapshot& snapshot, const std::string& consumer, const IssueId& issue,
                         const std::vector<EditionRow>& editions);
Result<void> CheckIntact(const Snapshot& snapshot, const std::string& consumer,
                         const std::vector<StoredRecord>& records);

}  // namespace ytterby
