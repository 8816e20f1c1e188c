#include "consumers/normaliser.hpp"

#include <algorithm>

#include "consumers/articles/articles.hpp"
#include "consumers/patents/patents.hpp"
#include "consumers/policies/policies.hpp"
#include "consumers/prices/prices.hpp"

namespace ytterby {

const std::vector<Normaliser>& Normalisers() {
  static const std::vector<Normaliser> normalisers = {
      {"prices",
       7,
       {Category::kMarket, Category::kIndustryNews},
       {RecordKind::kPrice, RecordKind::kIndex},
       &NormalisePrices},
      {"patents",
       5,
       {Category::kPatentBriefs, Category::kPatentList},
       {RecordKind::kPatent, RecordKind::kPatentTitle},
       &NormalisePatents},
      {"policies",
       7,
       {Category::kPolicyRegulation, Category::kIndustryNews},
       {RecordKind::kPolicy, RecordKind::kQuota, RecordKind::kStandard},
       &NormalisePolicies},
      {"articles",
       5,
       {Category::kIndustryNews, Category::kScienceFrontier, Category::kPolicyRegulation, Category::kMarket,
        Category::kKnowledge, Category::kAbstracts, Category::kJournalContents, Category::kPatentBriefs,
        Category::kPatentList},
       {RecordKind::kArticle, RecordKind::kJournalTitle},
       &NormaliseArticles},
  };
  return normalisers;
}

const Normaliser* FindNormaliser(std::string_view consumer) {
  for (const Normaliser& normaliser : Normalisers()) {
    if (normaliser.consumer == consumer) return &normaliser;
  }
  return nullptr;
}

const Normaliser& OwnerOf(RecordKind kind) {
  for (const Normaliser& normaliser : Normalisers()) {
    if (std::find(normaliser.kinds.begin(), normaliser.kinds.end(), kind) != normaliser.kinds.end()) return normaliser;
  }
  return Normalisers().back();
}

std::vector<std::string> TopicsOf(const Normaliser& normaliser) {
  std::vector<std::string> topics = {std::string(kDocumentsTopic)};
  for (Category category : normaliser.categories) topics.push_back(SectionTopic(category));
  return topics;
}

std::vector<std::string> AllTopics() {
  std::vector<std::string> topics = {std::string(kDocumentsTopic)};
  for (const CategoryName& name : Categories()) topics.push_back(SectionTopic(name.category));
  return topics;
}

}  // namespace ytterby
