// Recognised text without mark-up: any character may be another one, and no rule can tell. What is exported from it is
// marked, except where the section prints the same words twice.
#pragma once

#include <vector>

#include "schemas/events/section.hpp"
#include "schemas/records/record.hpp"

namespace ytterby {

// Adds an `unconfirmed` finding for each record of recognised text whose printed words stand nowhere else in the
// section. Prices beside a table have checks of their own (row-change, narrative-table) and get none. Adds nothing for
// any other text.
void FlagUnconfirmed(const Section& section, std::vector<Record>& records);

}  // namespace ytterby
