// A journal's table of contents: the titles of its papers.
#pragma once

#include <vector>

#include "schemas/events/section.hpp"
#include "schemas/records/record.hpp"

namespace ytterby {

// Adds one record for every paragraph that is not a heading; the headings of columns (综述, 研究论文 …) are not titles.
void AddJournalTitles(const Section& section, std::vector<Record>& records);

}  // namespace ytterby
