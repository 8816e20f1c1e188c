// The association states its monthly averages in a fixed order. Where a name is no product's, its neighbours in that
// order may decide.
#pragma once

#include <vector>

#include "consumers/reading/findings.hpp"

namespace ytterby {

// Names the damaged ones (product null) among the monthly averages of a narrative whose sequence is the association's:
// one that stands between two right neighbours which have exactly one place between them, or alone before or behind the
// sequence's end, or that prints a purity which only one product of its form has. `printed` holds each price's folded
// name and purity.
struct NarrativeName {
  std::size_t price = 0;  // in `prices`
  std::string printed, purity;
  bool contradicted = false;  // a product's name whose row in the table has quite another price
};
void NameByOrder(const Section& section, const std::vector<NarrativeName>& sequence, Prices& prices,
                 std::vector<Finding>& findings);

}  // namespace ytterby
