// Matches a sentence's average with the same section's table: with the row of the same product, or of the same value.
#pragma once

#include <optional>
#include <string_view>

#include "consumers/prices/parts.hpp"

namespace ytterby {

struct TableJoin {
  bool agrees = false;                   // the product's own row has the value
  std::optional<Decimal> contradicting;  // what its own row has instead, in yuan per kilogram
  bool far = false;                      // by more than a damaged digit would cause: another product's price
};

// A price whose name is no product's, or whose own row has a different value, takes the product of the row with its
// value, if there is exactly one; the record says so. `printed`: the folded name. The price must have a period and a
// value in yuan per kilogram.
TableJoin JoinTable(Price& price, std::string_view printed, const Prices& table);

// Whether all its metal characters are traded elements; 钷 never is.
bool NamesRealElements(std::string_view printed);

}  // namespace ytterby
