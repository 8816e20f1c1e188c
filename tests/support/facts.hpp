// Everything the normalisers read from a text, in a form that compares equal for two renderings of the same text.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "schemas/events/section.hpp"
#include "tests/support/bulletins.hpp"

namespace ytterby::testing {

struct Facts {
  std::multiset<std::string> records;  // folded, without findings and raw text
  std::vector<std::string> broken;     // provenance that does not hold
  std::multiset<std::string> findings;
};

Facts FactsOf(const std::vector<Section>& sections);
Facts FactsOf(const std::string& text);

// The number of records that are on one side only, and the first of them; empty if both are equal.
std::string Difference(const std::multiset<std::string>& before, const std::multiset<std::string>& after);
std::string Difference(const Facts& before, const Facts& after);

// The samples and, if they are next to the repository, the real issues; prints a line if they are not.
std::vector<NamedText> AllTexts();

}  // namespace ytterby::testing
