// Lists of patent titles: numbered or bulleted lines, or a table's column.
#pragma once

#include <vector>

#include "schemas/events/section.hpp"
#include "schemas/records/record.hpp"

namespace ytterby {

void AddPatentTitles(const Section& section, std::vector<Record>& records);

}  // namespace ytterby
