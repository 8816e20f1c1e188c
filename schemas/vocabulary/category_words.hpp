// Words that speak for a category when headings and contents do not settle it.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

namespace ytterby {

// What a word is a mark of. Several groups may speak for one category, each with its own weight.
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
  std::string_view text;  // begins with two characters of Han
  CategoryWords group;
};
const std::vector<CategoryWord>& AllCategoryWords();

// The last words of the names of journals.
const std::vector<std::string_view>& JournalNameEnds();

}  // namespace ytterby
