// Lists of patents' titles: lines, numbered or with bullets, or a table's column.
#pragma once

#include <vector>

#include "schemas/events/section.hpp"
#include "schemas/records/record.hpp"

namespace ytterby {

void AddPatentTitles(const Section& section, std::vector<Record>& records);

}  // namespace ytterby
