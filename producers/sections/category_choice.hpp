// Chooses the category of each article. Categories come in contiguous blocks in a fixed order, so the whole sequence is
// chosen at once: the assignment in that order with the most evidence.
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
  std::string source;                   // FoldLetters of the text in the closing bracket
  std::size_t paragraphs = 0;           // non-blank lines of the body, or its paragraphs where lines are wrapped
  std::vector<Category> headings;       // category headings and running headers above or inside the article
  std::optional<Category> headed_by;    // the heading directly above the article, if it is no page's header
  std::optional<Category> page_before;  // of the last heading before the article
  bool same_page = true;                // and that heading is of the page on which the article begins
  std::optional<Category> contents;     // from the article's entry in the contents
  bool page_top = false;                // begins at the top of a page
};

// What speaks for a category, by where it comes from. The numbers are on one scale.
struct CategoryScore {
  double words = 0;     // of the title, the body and the source
  double headings = 0;  // category headings and running headers above the article or inside it
  double page = 0;      // the page's category goes on
  double contents = 0;  // the article's entry in the contents
};

struct CategoryChoice {
  Category category = Category::kIndustryNews;
  // The category with the next most evidence, and how much less evidence it has.
  Category next = Category::kIndustryNews;
  double margin = 0;
  CategoryScore score, next_score;  // of the article alone; the margin is that of the best sequences
};

// One category per article, in order. `shows_page_tops`: the look shows where pages begin, so a block begins only
// there.
std::vector<CategoryChoice> ChooseCategories(const std::vector<CategoryEvidence>& articles, bool shows_page_tops);

}  // namespace ytterby
