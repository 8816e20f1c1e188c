#pragma once

#include <vector>

#include "schemas/events/section.hpp"
#include "schemas/records/record.hpp"

namespace ytterby {

// The patents consumer's normaliser. Pure: no store, no clock, no log. Findings are records of kind kFinding.
std::vector<Record> NormalisePatents(const Section& section);

}  // namespace ytterby
