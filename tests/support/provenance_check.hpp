// Checks a record's provenance: for every exported string or number that `rules` does not list, the joined bytes at its
// spans equal the value, apart from white space and mark-up.
#pragma once

#include <string>
#include <vector>

#include "schemas/events/section.hpp"
#include "schemas/records/record.hpp"

namespace ytterby::testing {

// One line per error: field, value, printed bytes. Empty if there are none.
std::vector<std::string> BrokenProvenance(const Section& section, const Record& record);

}  // namespace ytterby::testing
