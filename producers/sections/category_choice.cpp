#include "producers/sections/category_choice.hpp"

#include <algorithm>

#include "common/text/fold.hpp"
#include "common/text/keyword_scanner.hpp"
#include "common/text/utf8.hpp"
#include "schemas/vocabulary/category_words.hpp"

namespace ytterby {
namespace {

using enum CategoryWords;

const KeywordScanner<kCategoryWordGroups>& Words() {
  static const KeywordScanner<kCategoryWordGroups> scanner([] {
    std::vector<KeywordScanner<kCategoryWordGroups>::Word> words;
    for (const CategoryWord& word : AllCategoryWords())
      words.push_back({word.text, static_cast<std::size_t>(word.group)});
    return words;
  }());
  return scanner;
}

double Some(int count, double each, double most) { return std::min(most, each * count); }

using Scores = std::array<double, kCategoryCount>;

// Word counts, by group.
struct Counts : std::array<int, kCategoryWordGroups> {
  Counts() : array{} {}
  using array::operator[];
  int operator[](CategoryWords group) const { return (*this)[static_cast<std::size_t>(group)]; }
};

void AddWords(const CategoryEvidence& article, Scores& score) {
  Counts title, body;
  Words().Count(article.title, title);
  // The beginning and the end of an article tell what it is; the middle of a long one adds little.
  Words().Count(article.body.substr(0, 1000), body);
  if (article.body.size() > 1500) Words().Count(article.body.substr(article.body.size() - 500), body);
  const auto at = [&](Category category) -> double& { return score[static_cast<std::size_t>(category)]; };

  at(Category::kScienceFrontier) += Some(title[kScience], 1.2, 2.4) + Some(body[kScience], 0.5, 3.0);
  at(Category::kIndustryNews) += 0.3 + Some(title[kNews], 0.6, 1.2) + Some(body[kNews], 0.4, 2.4);
  at(Category::kPolicyRegulation) += Some(title[kPolicy], 1.2, 2.4) + Some(body[kPolicy], 0.35, 2.1);
  if (article.title.starts_with("关于") || HasWord(article.title, "印发")) at(Category::kPolicyRegulation) += 1.0;
  at(Category::kMarket) += Some(body[kMarket], 0.6, 3.0);
  if (HasWord(article.title, "价格") || HasWord(article.title, "行情") || HasWord(article.title, "均价")) {
    at(Category::kMarket) += 1.5 + (title[kMarket] ? 1.0 : 0.0);
  }
  at(Category::kKnowledge) += 0.4 + Some(body[kElements], 0.4, 1.6);
  if (article.paragraphs >= 3) at(Category::kKnowledge) += 0.4;
  if (article.paragraphs <= 2 && article.body.size() > 300 && body[kBrief] < 2) {
    at(Category::kAbstracts) += 1.2 + Some(body[kAbstract], 0.5, 1.5);
  } else {
    // A short text without labels or lists is more likely an abstract.
    at(Category::kAbstracts) += article.paragraphs <= 2 && HasWord(article.body, "。") && body[kBrief] < 2 ? 0.2 : -2.0;
  }
  for (std::string_view journal : JournalNameEnds()) {
    if (article.source.size() <= 45 && article.source.ends_with(journal)) {
      at(Category::kAbstracts) += article.paragraphs <= 2 ? 1.0 : 0.2;
      at(Category::kJournalContents) += 0.3;
      break;
    }
  }
  const bool numbered = HasWord(article.title, "No.") || HasWord(article.title, "NO.") ||
                        (HasWord(article.title, "第") && HasWord(article.title, "期")) ||
                        HasWord(article.title, "网络首发");
  const bool prose = HasWord(article.body.substr(0, 1500), "。");
  if (numbered && !HasWord(article.title, "专利")) at(Category::kJournalContents) += prose ? 1.5 : 4.0;
  // A list of titles under the name of the journal it comes from.
  if (!prose && article.paragraphs >= 3 && !article.source.empty() && article.source == FoldLetters(article.title)) {
    at(Category::kJournalContents) += 4.0;
  }
  at(Category::kJournalContents) += prose ? -1.0 : Some(body[kJournal], 0.5, 1.0);
  if (body[kBrief] >= 2) at(Category::kPatentBriefs) += 5.0;
  if (HasWord(article.title, "专利") && (HasWord(article.title, "新增") || HasWord(article.title, "目录") ||
                                         HasWord(article.title, "公开") || HasWord(article.title, "公告"))) {
    at(Category::kPatentList) += 4.0;
  }
  if (!prose && article.paragraphs >= 4 && body[kPatent] >= 3 && body[kBrief] == 0) at(Category::kPatentList) += 2.0;
}

}  // namespace

namespace {

// The cost of beginning a block of category c at article i. Categories begin at the top of a page where the look shows
// pages (the page header may come only on a later page), otherwise at their heading.
double CostOfBegin(const std::vector<CategoryEvidence>& articles, std::size_t i, std::size_t c, bool shows_page_tops,
                   const std::array<bool, kCategoryCount>& headed) {
  double cost = 0;
  if (shows_page_tops && !articles[i].page_top) cost += 3.0;
  if (shows_page_tops && articles[i].page_top) return cost;
  if (headed[c] && (!articles[i].headed_by || static_cast<std::size_t>(*articles[i].headed_by) != c)) cost += 4.0;
  return cost;
}

// The page's category continues until the next heading. At the top of a page, where a block may begin whose heading
// comes only below, it says little.
double PageScore(const CategoryEvidence& article, std::size_t c, bool shows_page_tops) {
  if (!article.page_before || static_cast<std::size_t>(*article.page_before) != c) return 0;
  if (article.same_page) return 2.5;
  return shows_page_tops && article.page_top ? 0.3 : 0.8;
}
double ContentsScore(const CategoryEvidence& article, std::size_t c) {
  return article.contents && static_cast<std::size_t>(*article.contents) == c ? 7.0 : 0;
}

}  // namespace

std::vector<CategoryChoice> ChooseCategories(const std::vector<CategoryEvidence>& articles, bool shows_page_tops) {
  const std::size_t n = articles.size();
  if (n == 0) return {};
  std::vector<Scores> scores(n, Scores{}), words(n, Scores{}), headed_scores(n, Scores{});
  std::array<bool, kCategoryCount> headed{};
  for (std::size_t i = 0; i < n; ++i) {
    AddWords(articles[i], scores[i]);
    words[i] = scores[i];
    // The heading above the page is the strongest evidence. Inside a journal's contents, category names are columns.
    std::array<int, kCategoryCount> headings{};
    for (Category category : articles[i].headings) ++headings[static_cast<std::size_t>(category)];
    for (std::size_t c = 0; c < kCategoryCount; ++c) headed_scores[i][c] = Some(headings[c], 9.0, 10.0);
    for (std::size_t c = 0; c < kCategoryCount; ++c)
      scores[i][c] += headed_scores[i][c] + PageScore(articles[i], c, shows_page_tops) + ContentsScore(articles[i], c);
    if (articles[i].headed_by) headed[static_cast<std::size_t>(*articles[i].headed_by)] = true;
  }
  // to[i][c]: the most evidence for the articles up to i, with i in category c; from[i][c]: for the articles from i on.
  std::vector<Scores> to(scores), from(scores);
  std::vector<std::array<std::size_t, kCategoryCount>> came(n);
  std::vector<Scores> costs(n);
  for (std::size_t i = 1; i < n; ++i) {
    for (std::size_t c = 0; c < kCategoryCount; ++c) costs[i][c] = CostOfBegin(articles, i, c, shows_page_tops, headed);
  }
  for (std::size_t i = 1; i < n; ++i) {
    // The cost of beginning a block does not depend on the category before it.
    std::size_t best = 0;  // of the categories before c
    for (std::size_t c = 0; c < kCategoryCount; ++c) {
      const bool begins = c > 0 && to[i - 1][best] - costs[i][c] >= to[i - 1][c];
      came[i][c] = begins ? best : c;
      to[i][c] = (begins ? to[i - 1][best] - costs[i][c] : to[i - 1][c]) + scores[i][c];
      if (to[i - 1][c] > to[i - 1][best]) best = c;
    }
  }
  for (std::size_t i = n - 1; i-- > 0;) {
    double begun = -1e9;  // the most with a later category's block from the next article on
    for (std::size_t c = kCategoryCount; c-- > 0;) {
      from[i][c] = std::max(from[i + 1][c], begun) + scores[i][c];
      begun = std::max(begun, from[i + 1][c] - costs[i + 1][c]);
    }
  }
  std::size_t c = static_cast<std::size_t>(std::max_element(to[n - 1].begin(), to[n - 1].end()) - to[n - 1].begin());
  std::vector<CategoryChoice> chosen(n);
  for (std::size_t i = n; i-- > 0;) {
    const auto evidence = [&](std::size_t category) {
      return to[i][category] + from[i][category] - scores[i][category];
    };
    std::size_t next = c == 0 ? 1 : 0;
    for (std::size_t k = 0; k < kCategoryCount; ++k) {
      if (k != c && evidence(k) > evidence(next)) next = k;
    }
    const auto score = [&](std::size_t category) {
      return CategoryScore{words[i][category], headed_scores[i][category],
                           PageScore(articles[i], category, shows_page_tops), ContentsScore(articles[i], category)};
    };
    chosen[i] = {static_cast<Category>(c), static_cast<Category>(next), evidence(c) - evidence(next), score(c),
                 score(next)};
    if (i > 0) c = came[i][c];
  }
  return chosen;
}

}  // namespace ytterby
