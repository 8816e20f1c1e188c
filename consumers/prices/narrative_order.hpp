// The association states its monthly averages in a fixed order. If a name is no product's, its neighbours in that order
// may decide which product is meant.
#pragma once

#include <vector>

#include "consumers/reading/findings.hpp"

namespace ytterby {

// Decides the damaged names (product is nullopt) among a narrative's monthly averages if their sequence is the
// association's. A name is decided if its right neighbours have exactly one place between them, if it takes the only
// place before the first or after the last of them, or if it prints a purity that only one product of its form has.
// `printed` and `purity` are folded.
struct NarrativeName {
  std::size_t price = 0;  // in `prices`
  std::string printed, purity;
  bool contradicted = false;  // a product's name whose row in the table has a very different price
};
void NameByOrder(const Section& section, const std::vector<NarrativeName>& sequence, Prices& prices,
                 std::vector<Finding>& findings);

}  // namespace ytterby
