// Words that indicate a category when headings and contents do not settle it.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

namespace ytterby {

// What a word indicates. Several groups may indicate one category, each with its own weight.
enum class CategoryWords : unsigned char {
  kScience,
  kNews,
  kPolicy,
  kMarket,
  kJournal,
  kBrief,
  kPatent,
  kAbstract,
  kElements
};
inline constexpr std::size_t kCategoryWordGroups = 9;

struct CategoryWord {
  std::string_view text;  // begins with two Han characters
  CategoryWords group;
};
const std::vector<CategoryWord>& AllCategoryWords();

// Words that journal names end with.
const std::vector<std::string_view>& JournalNameEnds();

}  // namespace ytterby
