// Which product each row of a price table is, where a name may be damaged: by its place in the association's fixed
// order, its alloy tag, its neighbours. All elements are candidates; what nothing decides stays open.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "schemas/vocabulary/products.hpp"

namespace ytterby {

struct PrintedRow {
  std::string name, purity;  // folded
};

struct RowName {
  std::optional<std::string> product;   // canonical id
  std::optional<std::string> repaired;  // why it differs from what is printed
  std::string rule;   // what decided, its evidence and its strength; empty for a name that stands as printed
  std::string doubt;  // where the product is open: why
};

struct RowNames {
  std::vector<RowName> rows;
  bool in_order = false;  // the table is the association's
};

RowNames NameRows(const std::vector<PrintedRow>& rows);

// 氧化X, 金属X, X铁, X金属, X合金 with one or two characters of the metal radical for X, perhaps damaged, perhaps with
// a formula in brackets.
bool IsProductName(std::string_view folded);
// The canonical id of a printed name, a formula in brackets left out.
std::optional<std::string_view> ProductOf(std::string_view folded);

}  // namespace ytterby
