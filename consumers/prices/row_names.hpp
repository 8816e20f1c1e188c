// Decides the product of each row of a price table, whose name may be damaged: by its place in the association's fixed
// order, its alloy tag, its neighbours. All elements are candidates; a product that nothing decides stays open.
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
  std::string rule;                     // what decided, its evidence and its strength; empty for a name kept as printed
  std::string doubt;                    // why, if the product is open
};

struct RowNames {
  std::vector<RowName> rows;
  bool in_order = false;  // the table is the association's
};

RowNames NameRows(const std::vector<PrintedRow>& rows);
// The names of all of the association's rows by their places alone; `agreeing` of them show something that fits.
RowNames NameByPlace(const std::vector<PrintedRow>& rows, std::size_t agreeing);

// Whether a name has the form 氧化X, 金属X, X铁, X金属 or X合金, where X is one or two characters with the metal
// radical, perhaps damaged, perhaps with a formula in brackets.
bool IsProductName(std::string_view folded);
// The canonical id of a printed name, ignoring a formula in brackets.
std::optional<std::string_view> ProductOf(std::string_view folded);

}  // namespace ytterby
