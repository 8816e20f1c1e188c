// The fields of one patent, wherever they were printed: behind labels or in the cells of a table's row.
#pragma once

#include <string_view>
#include <vector>

#include "consumers/reading/section_text.hpp"
#include "schemas/vocabulary/patent_labels.hpp"

namespace ytterby {

struct PatentValue {
  PatentField field;
  std::string_view value;  // of the section's folded text; not empty
};

// Reads the values as one patent; of several of one field the first counts, but for inventors. `title_stands_above`: a
// patent without a title of its own has the section's. Adds the patent and the findings, or only a finding where no
// field tells a patent.
void AddPatent(const SectionText& text, const std::vector<PatentValue>& values, bool title_stands_above,
               std::vector<Record>& records);

}  // namespace ytterby
