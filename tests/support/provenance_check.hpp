// Does a record's provenance keep its promise? For every exported string or number that `rules` does not list, the
// bytes at its spans, joined, are the value but for white space and mark-up.
#pragma once

#include <string>
#include <vector>

#include "schemas/events/section.hpp"
#include "schemas/records/record.hpp"

namespace ytterby::testing {

// What is wrong, one line each: field, value, printed bytes. Empty when all is well.
std::vector<std::string> BrokenProvenance(const Section& section, const Record& record);

}  // namespace ytterby::testing
