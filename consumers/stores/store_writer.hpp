// The writer's port: what a consumer stores in one transaction, and its position in the log.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/log/record_log.hpp"
#include "consumers/stores/dead_letter.hpp"
#include "schemas/events/manifest.hpp"
#include "schemas/records/record.hpp"

namespace ytterby {

// What one consumer stores for one section. A section without records is stored too.
struct SectionRows {
  SectionId id;
  DocumentDigest document;
  TextDigest text_digest;
  int splitter_version = 0;
  IssueId issue;
  int ordinal = 0;
  Category category = Category::kIndustryNews;
  Digest content;  // digest of the section's text; the same id with other bytes is refused
  int normaliser_version = 0;
  Timestamp known_at{};
  std::vector<Record> records;
};

struct ManifestRow {
  Manifest manifest;
  Timestamp known_at{};
};

// Identifies a log by one of its messages.
struct Fingerprint {
  std::string event_id;  // ce_id
  Timestamp timestamp{};
  bool operator==(const Fingerprint&) const = default;
};

struct StoredOffset {
  Offset next = 0;
  Fingerprint before;  // of the message at next - 1
};

// Moves an offset from `expected` (nullopt: no offset stored yet) to `to`. If another offset is stored, the whole
// transaction fails with kConflict.
struct OffsetMove {
  TopicPartition at;
  std::optional<Offset> expected;
  StoredOffset to;
};

struct StoreBatch {
  std::vector<SectionRows> sections;
  std::vector<ManifestRow> manifests;
  std::vector<DeadLetter> dead_letters;  // a known letter that fails again later gets one more attempt
  std::vector<OffsetMove> offsets;
  std::vector<Digest> closed_letters{};  // of successful retries; letters of the sections and manifests above close by
                                         // themselves
};

// A process that runs a consumer on this store, as it last reported itself.
struct Holder {
  std::string consumer;
  std::string id;  // one run of one consumer
  std::string host;
  int pid = 0;
  Timestamp seen{};
};

// How long the entry of a dead process is kept.
inline constexpr std::chrono::hours kHolderKept{24};

// Thread-safe. Consumers do not wait for each other, except that SQLite takes one writer at a time.
class StoreWriter {
 public:
  virtual ~StoreWriter() = default;
  // Writes the whole batch or nothing, in one transaction. Existing rows stay unchanged.
  // kConflict: another member moved an offset first. kBadData: a section id came with other bytes (Cause::kOtherBytes),
  // or a value cannot be stored. kUnavailable, kIo: retry. kDamaged: the store is corrupt.
  virtual Result<void> Write(const std::string& consumer, const std::string& log_id, const StoreBatch& batch) = 0;
  virtual Result<std::optional<StoredOffset>> OffsetOf(const std::string& consumer, const std::string& log_id,
                                                       const TopicPartition& at) = 0;
  // Notes that a process runs a consumer.
  virtual Result<void> NoteHolder(const Holder& holder) = 0;
  // Removes this entry, and every entry that was not renewed for a day before `holder.seen`.
  virtual Result<void> ForgetHolder(const Holder& holder) = 0;
  // Of all consumers, most recently seen first.
  virtual Result<std::vector<Holder>> Holders() = 0;
};

}  // namespace ytterby
