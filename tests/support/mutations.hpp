// Variants of a bulletin as other producers of its text would have made it: what they must not change is stated beside each.
#pragma once

#include <functional>
#include <string>
#include <vector>

namespace ytterby::testing {

// A variant whose records are those of the original, but for the form of what is printed (widths, radicals, spaces).
struct Mutation {
  std::string name;
  std::string text;
};

// All that change nothing but how the text is written down. `seed` chooses places and widths.
std::vector<Mutation> HarmlessMutations(const std::string& text, std::uint64_t seed);

// The text with one product name of its price table damaged: row `row` prints `element` instead of its own. Empty where there is no such
// row or it prints that element already.
std::string WithDamagedName(const std::string& text, std::size_t row, const std::string& element);

}  // namespace ytterby::testing
