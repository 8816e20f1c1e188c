// The parts of the prices normaliser: each reads one kind of statement from a section's text.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "consumers/reading/section_text.hpp"
#include "schemas/records/kinds.hpp"

namespace ytterby {

// --- price_table.cpp: the association's table

struct TableFacts {
  Prices prices;
  std::vector<Finding> findings;
  bool by_place = false;  // the table is the association's, its illegible names decided by the places of the rows
};

// Reads the rows of a table with a product in the first column, a purity, monthly averages and a change. If a row's
// place in the association's fixed order contradicts its printed name, the place decides the product and the record
// keeps the reason.
TableFacts ReadPriceTable(const Section& section);

// --- sentence_time.cpp

// The section's issue, by which a month without a year is dated. Where the number of the issue is not its month, a
// report shows it: no issue of February prints the prices of December of its own year. Then every month of the year is
// past.
std::optional<IssueYear> ReportYearOf(const Section& section);

// --- narrative.cpp: price sentences

// Reads prices stated in sentences, with their change, period and statistic. `table` has the prices of the same
// section's table: a narrative price that equals a row's value may take its product from that row.
void ReadNarrative(const SectionText& text, const TableFacts& table, Prices& prices, std::vector<Finding>& findings);

// --- indices.cpp: index sentences

void ReadIndices(const SectionText& text, std::vector<PriceIndex>& indices, std::vector<Finding>& findings);

}  // namespace ytterby
