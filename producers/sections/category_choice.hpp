// Which category each article belongs to. Categories come in contiguous blocks in a fixed order, so the whole sequence
// is chosen at once: the assignment in that order with the most evidence.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "schemas/vocabulary/categories.hpp"

namespace ytterby {

struct CategoryEvidence {
  std::string_view title;               // as printed
  std::string_view body;                // raw
  std::string_view source;              // what stands in the closing bracket
  std::size_t paragraphs = 0;           // non-blank lines of the body, or its paragraphs where lines are wrapped
  std::vector<Category> headings;       // category headings and running headers over or inside the article
  std::optional<Category> headed_by;    // the heading right over the article
  std::optional<Category> page_before;  // of the last heading before the article
  std::optional<Category> contents;     // from the entry of the contents
  bool page_top = false;                // begins at the top of a page
};

struct CategoryChoice {
  Category category = Category::kIndustryNews;
  // The category that has most for it after this one, and by how much less.
  Category next = Category::kIndustryNews;
  double margin = 0;
};

// One category an article, in order. `shows_page_tops`: the look tells where pages begin, so a block begins only there.
std::vector<CategoryChoice> ChooseCategories(const std::vector<CategoryEvidence>& articles, bool shows_page_tops);

}  // namespace ytterby
