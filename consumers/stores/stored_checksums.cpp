#include "consumers/stores/stored_checksums.hpp"

#include <fmt/format.h>

#include <cstring>

#include "common/checksum.hpp"

namespace ytterby {
namespace {

// Numbers as their bytes: formatting them would take longer than the checksum.
class Place {
 public:
  Place(const SectionId& section, RecordKind kind, std::uint32_t first_span, Timestamp known_at) {
    const std::int64_t numbers[] = {static_cast<std::int64_t>(kind), first_span, ToMillis(known_at)};
    static_assert(sizeof numbers + sizeof section.digest.bytes == sizeof bytes_);
    std::memcpy(bytes_, numbers, sizeof numbers);
    std::memcpy(bytes_ + sizeof numbers, section.digest.bytes.data(), sizeof section.digest.bytes);
  }
  std::string_view bytes() const { return {bytes_, sizeof bytes_}; }

 private:
  char bytes_[56];
};

std::string NumbersOf(int splitter_version, int revision, int priority, bool text_layer, bool whole, int sections) {
  return fmt::format("{} {} {} {:d} {:d} {}", splitter_version, revision, priority, text_layer, whole, sections);
}

}  // namespace

std::int64_t ChecksumOfRecord(const SectionId& section, Timestamp known_at, const Record& record) {
  return ChecksumOf({Place(section, record.kind, record.first_span, known_at).bytes(), record.natural_key, record.body,
                     record.provenance});
}

bool IsIntact(std::int64_t stored, const StoredRecord& record) {
  // Earlier programs left the place out.
  if (IsOldChecksum(stored)) return IsIntact(stored, {record.natural_key, record.body, record.provenance});
  return IsIntact(stored, {Place(record.section, record.kind, record.first_span, record.known_at).bytes(),
                           record.natural_key, record.body, record.provenance});
}

std::int64_t ChecksumOfListing(const Manifest& m, const ManifestIssue& listed, std::string_view notices) {
  return ChecksumOf({listed.issue.series, listed.issue.label, m.document.Raw(), m.text_digest.Raw(), m.feed, m.name,
                     notices,
                     NumbersOf(m.splitter_version, m.revision, m.priority, m.text_layer, listed.whole, listed.listed)});
}

bool IsIntact(std::int64_t stored, const IssueId& issue, const EditionRow& e) {
  return IsIntact(stored, {issue.series, issue.label, e.document.Raw(), e.text_digest.Raw(), e.feed, e.name, e.notices,
                           NumbersOf(e.splitter_version, e.revision, e.priority, e.text_layer, e.whole, e.of_all)});
}

}  // namespace ytterby
