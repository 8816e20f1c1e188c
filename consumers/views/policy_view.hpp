// What needs two articles of an issue: a document met twice is one record, of the first article that states an issuer
// or a date (SPEC, "Policies"); a standard's number stands once in an issue (SPEC, "Standards").
#pragma once

#include <vector>

#include "schemas/records/record.hpp"

namespace ytterby {

struct ViewRecord;

// `kind` is kPolicy or kStandard. Leaves one record a document or number, in no particular order.
void KeepFirstStated(RecordKind kind, std::vector<ViewRecord>& records);

}  // namespace ytterby
