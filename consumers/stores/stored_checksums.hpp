// The checksums that stand with stored rows: over what a view takes from a record, with the place of its section, and
// from a manifest. That all rows of a section are there is not covered.
#pragma once

#include "consumers/stores/snapshot.hpp"
#include "consumers/stores/store_writer.hpp"
#include "schemas/records/record.hpp"

namespace ytterby {

// `ordinal` and `category`: of the section, as stored.
std::int64_t ChecksumOfRecord(const SectionId& section, int ordinal, std::string_view category, Timestamp known_at,
                              const Record& record);
// Of what a manifest says of one of its issues. `notices`: as stored.
std::int64_t ChecksumOfListing(const ManifestRow& row, const ManifestIssue& listed, std::string_view notices);

// Whether what was read is what was written. A negative checksum stands for none: the record must at least be what
// readers can take apart, a JSON object with spans and rules.
bool IsIntact(std::int64_t stored, const StoredRecord& record, std::string_view category);
bool IsIntact(std::int64_t stored, const IssueId& issue, const EditionRow& edition);

}  // namespace ytterby
