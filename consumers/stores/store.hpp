// The port of a store: what consumers write in one transaction, and what views read. Start here.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/log/record_log.hpp"
#include "consumers/stores/dead_letter.hpp"
#include "consumers/stores/relay_store.hpp"
#include "schemas/events/manifest.hpp"
#include "schemas/records/record.hpp"

namespace ytterby {

// What one consumer stores for one section. A section that gave no record is stored all the same.
struct SectionRows {
  SectionId id;
  DocumentDigest document;
  TextDigest text_digest;
  int splitter_version = 0;
  IssueId issue;
  int ordinal = 0;
  Category category = Category::kIndustryNews;
  Digest content;  // of the section's text: the same id with other bytes is refused
  int normaliser_version = 0;
  Timestamp known_at{};
  std::vector<Record> records;
};

struct ManifestRow {
  Manifest manifest;
  Timestamp known_at{};
};

// Letters of one stage that wait for someone: open or retried.
struct LetterCount {
  std::string stage;
  std::int64_t count = 0;
  Timestamp oldest{};
};

// How Store::Write's refusal of a section ends whose id is stored with other bytes.
inline constexpr std::string_view kOtherBytes = "the id is known with other bytes";

// Identifies the log by one of its messages.
struct Fingerprint {
  std::string event_id;  // ce_id
  Timestamp timestamp{};
  bool operator==(const Fingerprint&) const = default;
};

struct StoredOffset {
  Offset next = 0;
  Fingerprint before;  // of the message at next - 1
};

// Moves an offset from `expected` (nullopt: no offset stored yet) to `to`, or the whole transaction fails with kConflict.
struct OffsetMove {
  TopicPartition at;
  std::optional<Offset> expected;
  StoredOffset to;
};

struct StoreBatch {
  std::vector<SectionRows> sections;
  std::vector<ManifestRow> manifests;
  std::vector<DeadLetter> dead_letters;  // a known one that fails at a later offset is tried once more: its attempts rise
  std::vector<OffsetMove> offsets;
  std::vector<Digest> closed_letters{};  // whose messages went through; those of the sections and manifests above are closed by themselves
};

// One reading of one document for one issue, as far as a consumer has it.
struct EditionRow {
  DocumentDigest document;
  TextDigest text_digest;
  int splitter_version = 0;
  std::string feed, name;
  int revision = 1;
  int priority = 0;
  bool text_layer = true;
  bool whole = true;
  int listed = 0, stored = 0;  // sections of the issue: named by the manifest, stored by the consumer
  // The document's splitter version that counts: its greatest complete one over all issues it was ever read to hold, else its
  // greatest. Another version's reading may not even name this issue.
  int counted_version = 0;
  std::string notices;  // JSON array, of the manifest
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
};

struct StoreCounts {
  std::int64_t issues = 0, sections = 0, records = 0, findings = 0, manifests = 0, dead_letters = 0;
};

// Thread-safe. Writes of one process are taken in turn.
class Store : public RelayStore {
 public:
  // A UUID made with the store; part of every group's id, so that every store sees every section.
  virtual const std::string& Id() const = 0;

  // All of the batch or nothing, in one transaction. Rows that are there already stay as they are.
  // kConflict: another member moved an offset first. kBadData: a section id came with other bytes. kUnavailable: try again.
  virtual Result<void> Write(const std::string& consumer, const std::string& log_id, const StoreBatch& batch) = 0;
  virtual Result<std::optional<StoredOffset>> OffsetOf(const std::string& consumer, const std::string& log_id,
                                                       const TopicPartition& at) = 0;

  // From now on every read of this object sees the store as it stands now, so that several reads agree. For one-shot readers.
  virtual Result<void> HoldSnapshot() = 0;
  // Those that a manifest lists, in byte order of (series, label).
  virtual Result<std::vector<IssueId>> Issues(const std::string& consumer) = 0;
  // Those of them among `issues`, in no particular order.
  virtual Result<std::vector<IssueId>> IssuesAmong(const std::string& consumer, const std::vector<IssueId>& issues) = 0;
  // Of each of these issues, in their order.
  virtual Result<std::vector<std::vector<EditionRow>>> Editions(const std::string& consumer, const std::vector<IssueId>& issues,
                                                                const std::vector<Category>& categories) = 0;
  // Of each of these editions, in their order: rows of a kind, or of all the consumer's kinds, of the greatest visible normaliser version
  // of each section, in no particular order.
  virtual Result<std::vector<std::vector<StoredRecord>>> Rows(const std::string& consumer, const std::vector<EditionKey>& editions,
                                                              std::optional<RecordKind> kind) = 0;
  virtual Result<StoreCounts> Count(const std::string& consumer) = 0;
  // Of any state, in order of (topic, partition, offset).
  virtual Result<std::vector<DeadLetter>> DeadLetters(const std::string& consumer) = 0;
  virtual Result<std::vector<LetterCount>> CountLetters(const std::string& consumer) = 0;
  // Moves a letter from one of the states to another. False: it is in none of them. A waived section counts as stored and empty.
  virtual Result<bool> MoveLetter(const std::string& consumer, const Digest& id, const std::vector<std::string>& from,
                                  const std::string& to, const std::string& note) = 0;
};

// kConfiguration: no URL of a store, or one that holds a password. Opens nothing.
Result<void> CheckStoreUrl(const std::string& url);

// Opens the store of a URL (`sqlite:PATH`, `postgresql://…`), and makes or migrates it. kConfiguration when the store is newer than the
// program or the URL is of no known kind; kUnavailable when a server does not answer. `read_only` neither makes nor migrates.
// `password`: of a server; empty: by the client library's own means (PGPASSWORD, PGPASSFILE).
Result<std::unique_ptr<Store>> OpenStore(const std::string& url, bool read_only, const std::string& password = {});

}  // namespace ytterby
