#pragma once

#include <vector>

#include "schemas/events/section.hpp"
#include "schemas/records/record.hpp"

namespace ytterby {

// The articles consumer's normaliser. Pure: no store, no clock, no log. Findings are records of kind kFinding.
std::vector<Record> NormaliseArticles(const Section& section);

}  // namespace ytterby
