#include "schemas/vocabulary/categories.hpp"

namespace ytterby {

const std::array<CategoryName, kCategoryCount>& Categories() {
  static constexpr std::array<CategoryName, kCategoryCount> kNames = {{
      {Category::kIndustryNews, "industry-news", "行业动态"},
      {Category::kScienceFrontier, "science-frontier", "科技前沿"},
      {Category::kPolicyRegulation, "policy-regulation", "政策法规"},
      {Category::kMarket, "market", "市场行情"},
      {Category::kKnowledge, "knowledge", "稀土知识"},
      {Category::kAbstracts, "abstracts", "文章摘要"},
      {Category::kJournalContents, "journal-contents", "期刊目录"},
      {Category::kPatentBriefs, "patent-briefs", "专利简介"},
      {Category::kPatentList, "patent-list", "专利目录"},
  }};
  return kNames;
}

std::string_view CategoryId(Category category) { return Categories()[static_cast<std::size_t>(category)].id; }

std::optional<Category> CategoryFromId(std::string_view id) {
  for (const CategoryName& name : Categories()) {
    if (name.id == id) return name.category;
  }
  return std::nullopt;
}

std::optional<Category> CategoryFromPrinted(std::string_view folded) {
  for (const CategoryName& name : Categories()) {
    if (name.printed == folded) return name.category;
  }
  return std::nullopt;
}

std::string SectionTopic(Category category) { return "bulletin.sections." + std::string(CategoryId(category)); }

}  // namespace ytterby
