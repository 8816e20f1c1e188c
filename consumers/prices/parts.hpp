// The parts of the prices normaliser: each reads one kind of statement from a section's text.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "consumers/reading/section_text.hpp"
#include "schemas/records/kinds.hpp"

namespace ytterby {

// --- price_table.cpp: the association's table
// -------------------------------------------------------------------------------

struct TableFacts {
  Prices prices;
  std::vector<Finding> findings;
};

// The rows of a table with a product in the first column, a purity, monthly averages and a change. Where the printed
// name is contradicted by the row's place in the association's fixed order, the row's product is named and the reason
// kept.
TableFacts ReadPriceTable(const Section& section);

// --- narrative.cpp: price sentences
// -----------------------------------------------------------------------------------------

// Prices stated in sentences, with their change, period and statistic. `table` is what the same section's table gave: a
// narrative price that equals a row's value names its product by that row.
void ReadNarrative(const SectionText& text, const Prices& table, Prices& prices, std::vector<Finding>& findings);

// --- indices.cpp: index sentences
// -------------------------------------------------------------------------------------------

void ReadIndices(const SectionText& text, std::vector<PriceIndex>& indices, std::vector<Finding>& findings);

}  // namespace ytterby
