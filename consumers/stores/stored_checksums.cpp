#include "consumers/stores/stored_checksums.hpp"

#include <fmt/format.h>

#include <cstring>

#include "common/checksum.hpp"
#include "schemas/records/readable.hpp"

namespace ytterby {
namespace {

// Numbers as their bytes: formatting them would take longer than the checksum.
class Place {
 public:
  Place(const SectionId& section, int ordinal, RecordKind kind, std::uint32_t first_span, Timestamp known_at) {
    const std::int64_t numbers[] = {ordinal, static_cast<std::int64_t>(kind), first_span, ToMillis(known_at)};
    static_assert(sizeof numbers + sizeof section.digest.bytes == sizeof bytes_);
    std::memcpy(bytes_, numbers, sizeof numbers);
    std::memcpy(bytes_ + sizeof numbers, section.digest.bytes.data(), sizeof section.digest.bytes);
  }
  std::string_view bytes() const { return {bytes_, sizeof bytes_}; }

 private:
  char bytes_[64];
};

std::string NumbersOf(int splitter_version, int revision, int priority, bool text_layer, bool whole, int sections,
                      Timestamp known_at) {
  return fmt::format("{} {} {} {:d} {:d} {} {}", splitter_version, revision, priority, text_layer, whole, sections,
                     ToMillis(known_at));
}

}  // namespace

std::int64_t ChecksumOfRecord(const SectionId& section, int ordinal, std::string_view category, Timestamp known_at,
                              const Record& record) {
  return ChecksumOf({Place(section, ordinal, record.kind, record.first_span, known_at).bytes(), category,
                     record.natural_key, record.body, record.provenance});
}

bool IsIntact(std::int64_t stored, const StoredRecord& record, std::string_view category) {
  if (stored < 0) return IsReadable(record.kind, record.body, record.provenance);
  // Earlier programs left the place out.
  if (IsOldChecksum(stored)) return IsIntact(stored, {record.natural_key, record.body, record.provenance});
  const Place place(record.section, record.ordinal, record.kind, record.first_span, record.known_at);
  return IsIntact(stored, {place.bytes(), category, record.natural_key, record.body, record.provenance});
}

std::int64_t ChecksumOfListing(const ManifestRow& row, const ManifestIssue& listed, std::string_view notices) {
  const Manifest& m = row.manifest;
  return ChecksumOf(
      {listed.issue.series, listed.issue.label, m.document.Raw(), m.text_digest.Raw(), m.feed, m.name, notices,
       NumbersOf(m.splitter_version, m.revision, m.priority, m.text_layer, listed.whole, listed.listed, row.known_at)});
}

bool IsIntact(std::int64_t stored, const IssueId& issue, const EditionRow& e) {
  return IsIntact(stored,
                  {issue.series, issue.label, e.document.Raw(), e.text_digest.Raw(), e.feed, e.name, e.notices,
                   NumbersOf(e.splitter_version, e.revision, e.priority, e.text_layer, e.whole, e.of_all, e.known_at)});
}

}  // namespace ytterby
