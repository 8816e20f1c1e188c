// The nine categories of a bulletin, in the fixed order of their blocks.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

namespace ytterby {

// Manifests and topics use the names; the numbers only give the order. Do not renumber.
enum class Category : unsigned char {
  kIndustryNews = 0,
  kScienceFrontier = 1,
  kPolicyRegulation = 2,
  kMarket = 3,
  kKnowledge = 4,
  kAbstracts = 5,
  kJournalContents = 6,
  kPatentBriefs = 7,
  kPatentList = 8,
};

inline constexpr std::size_t kCategoryCount = 9;

struct CategoryName {
  Category category;
  std::string_view id;       // industry-news
  std::string_view printed;  // 行业动态
};

const std::array<CategoryName, kCategoryCount>& Categories();
std::string_view CategoryId(Category category);
std::optional<Category> CategoryFromId(std::string_view id);
// By the folded printed name; nullopt for any other text.
std::optional<Category> CategoryFromPrinted(std::string_view folded);
// bulletin.sections.<id>
std::string SectionTopic(Category category);
inline constexpr std::string_view kDocumentsTopic = "bulletin.documents";
// Where the dead letters of a topic go.
inline std::string DeadLetterTopic(std::string_view topic) { return std::string(topic) + ".dlq"; }

}  // namespace ytterby
