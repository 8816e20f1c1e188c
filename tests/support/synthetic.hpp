// Synthetic bulletins: invented text in the real layouts, any number of issues, for load, kill and property tests.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace ytterby::testing {

struct SyntheticOptions {
  std::uint64_t seed = 1;
  int index = 0;               // which issue: 0 is the first issue of the first year
  bool correction = false;     // the same issue with some figures changed, as a corrected edition would have
  std::size_t bytes = 70'000;  // approximate size
  enum class Look { kPdfText, kOcrMarkup, kOcrPlain } look = Look::kPdfText;
};

// One issue: 16 articles in all nine categories, about 60 records. Equal options give equal bytes.
std::string SyntheticBulletin(const SyntheticOptions& options);
// The label of an issue: index 0 is 1900-01, with 99 issues a year.
std::string SyntheticLabel(int index);

}  // namespace ytterby::testing
