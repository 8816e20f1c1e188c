// Patent briefs: labelled fields in any order, as text or as a table of labels, and tables with one patent per row.
#pragma once

#include <vector>

#include "schemas/events/section.hpp"
#include "schemas/records/record.hpp"

namespace ytterby {

void AddBriefs(const Section& section, std::vector<Record>& records);

}  // namespace ytterby
