// A sentence's average and the same section's table: the row of the same product, or of the same value.
#pragma once

#include <optional>
#include <string_view>

#include "consumers/prices/parts.hpp"

namespace ytterby {

struct TableJoin {
  bool agrees = false;                   // the product's own row has the value
  std::optional<Decimal> contradicting;  // what its own row has instead, in yuan a kilogram
  bool far = false;                      // by more than a damaged digit would make it: another product's price
};

// A name that is no product's, or whose own row has quite another price, takes the row that has the value, if there is
// just one; the record says so. `printed`: the folded name. The price has a period and a value in yuan a kilogram.
TableJoin JoinTable(Price& price, std::string_view printed, const Prices& table);

// All its metal characters are elements that are traded; 钷 never is.
bool NamesRealElements(std::string_view printed);

}  // namespace ytterby
