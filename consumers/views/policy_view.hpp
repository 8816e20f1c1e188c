// Merges records across an issue's articles: a document found twice is one record, from the first article that states
// an issuer or a date (SPEC, "Policies"); a standard's number appears once in an issue (SPEC, "Standards").
#pragma once

#include <vector>

#include "schemas/records/record.hpp"

namespace ytterby {

struct ViewRecord;

// `kind` is kPolicy or kStandard. Leaves one record per document or number, in no particular order.
void KeepFirstStated(RecordKind kind, std::vector<ViewRecord>& records);

}  // namespace ytterby
