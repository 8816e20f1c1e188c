// The checksums that stand with stored rows: a record with its place and time, and what a manifest says of an issue.
// The order and category of a section, and which normaliser versions are stored of it, have none.
#pragma once

#include "consumers/stores/snapshot.hpp"
#include "schemas/events/manifest.hpp"
#include "schemas/records/record.hpp"

namespace ytterby {

std::int64_t ChecksumOfRecord(const SectionId& section, Timestamp known_at, const Record& record);
// Of what a manifest says of one of its issues. `notices`: as stored.
std::int64_t ChecksumOfListing(const Manifest& manifest, const ManifestIssue& listed, std::string_view notices);

// Whether what was read is what was written. A negative checksum stands for none: the record must at least be what
// readers can take apart, a JSON object with spans and rules.
bool IsIntact(std::int64_t stored, const StoredRecord& record);
bool IsIntact(std::int64_t stored, const IssueId& issue, const EditionRow& edition);

}  // namespace ytterby
