// The fields of one patent, wherever they were printed: after labels or in the cells of a table's row.
#pragma once

#include <string_view>
#include <vector>

#include "consumers/reading/section_text.hpp"
#include "schemas/vocabulary/patent_labels.hpp"

namespace ytterby {

struct PatentValue {
  PatentField field;
  std::string_view value;  // a part of the section's folded text; not empty
};

// Reads the values as one patent. Of several values for a field the first counts, except that all inventors are kept.
// `title_stands_above`: a patent without its own title takes the section's. Adds the patent and its findings, or only a
// finding if no field identifies a patent.
void AddPatent(const SectionText& text, const std::vector<PatentValue>& values, bool title_stands_above,
               std::vector<Record>& records);

}  // namespace ytterby
