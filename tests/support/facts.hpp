// What all normalisers read from a text, in a form in which two ways to write the same text down compare equal.
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

// How many records one has more than the other, and the first of them; empty where they are the same.
std::string Difference(const std::multiset<std::string>& before, const std::multiset<std::string>& after);
std::string Difference(const Facts& before, const Facts& after);

// The samples and, where they lie beside the repository, the real issues; says so where they do not.
std::vector<NamedText> AllTexts();

}  // namespace ytterby::testing
