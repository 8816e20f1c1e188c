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

// What words say, by how often they occur in the title or in the body.
struct WordWeight {
  Category category;
  CategoryWords group;
  bool of_title;
  double each, most;
  const char* reason;
};
constexpr std::array kWordWeights = {
    WordWeight{Category::kScienceFrontier, kScience, true, 1.2, 2.4, "teams, journals and methods in a headline"},
    WordWeight{Category::kScienceFrontier, kScience, false, 0.5, 3.0, "who found what, and where it was published"},
    WordWeight{Category::kIndustryNews, kNews, true, 0.6, 1.2, "words of news occur in other headlines too"},
    WordWeight{Category::kIndustryNews, kNews, false, 0.4, 2.4, "words of news occur in other texts too"},
    WordWeight{Category::kPolicyRegulation, kPolicy, true, 1.2, 2.4, "kinds of documents and who issues them"},
    WordWeight{Category::kPolicyRegulation, kPolicy, false, 0.35, 2.1, "news and markets speak of policy as well"},
    WordWeight{Category::kMarket, kMarket, false, 0.6, 3.0, "prices, their changes, buyers and sellers"},
    WordWeight{Category::kKnowledge, kElements, false, 0.4, 1.6, "an element's history, properties and uses"},
    WordWeight{Category::kAbstracts, kAbstract, false, 0.5, 1.5, "results of a study; only in one or two paragraphs"},
    WordWeight{Category::kJournalContents, kJournal, false, 0.5, 1.0, "a journal's columns; only in a list"},
};

// Everything else that speaks for a category, or against it.
struct CategoryCue {
  double weight;
  const char* reason;
};
constexpr CategoryCue kHeading{9.0, "a category heading or running header above the article or in it"};
constexpr CategoryCue kHeadings{10.0, "more headings say little more: a journal's columns have such names too"};
constexpr CategoryCue kContents{7.0, "the contents list the article there, but their order may be misread"};
constexpr CategoryCue kPageGoesOn{2.5, "the page's category goes on until the next heading"};
constexpr CategoryCue kNextPage{0.8, "a new page may begin another category"};
constexpr CategoryCue kPageTop{0.3, "at the top of a page a block may begin whose heading comes only below"};
constexpr CategoryCue kOffPageTop{3.0, "against: where pages are shown, blocks begin at their tops"};
constexpr CategoryCue kOffHeading{4.0, "against: this category has a heading, and it is not above the article"};
constexpr CategoryCue kAnyNews{0.3, "what nothing else decides is news"};
constexpr CategoryCue kAnyKnowledge{0.4, "an article between market and abstracts is knowledge"};
constexpr CategoryCue kSeveralParagraphs{0.4, "knowledge has several paragraphs"};
constexpr CategoryCue kNamesDocument{1.0, "关于…, 印发…: the headline is a document's name"};
constexpr CategoryCue kNamesPrices{1.5, "价格, 行情, 均价 in the headline"};
constexpr CategoryCue kNamesMarket{1.0, "the headline speaks of the market besides"};
constexpr CategoryCue kOneParagraph{1.2, "an abstract is one paragraph of some length"};
constexpr CategoryCue kShortProse{0.2, "a short text without labels or lists is more likely an abstract"};
constexpr CategoryCue kNoAbstract{-2.0, "abstracts are single paragraphs of prose"};
constexpr CategoryCue kJournalSource{1.0, "the source is a journal, and the text is short"};
constexpr CategoryCue kJournalSourceOfLong{0.2, "the source is a journal, but the text is long"};
constexpr CategoryCue kJournalSourceOfList{0.3, "the source is a journal, as of its contents"};
constexpr CategoryCue kNumberedList{4.0, "No. 3, 第3期 in the title of a list: a journal's issue"};
constexpr CategoryCue kNumberedProse{1.5, "No. 3, 第3期 in the title of prose"};
constexpr CategoryCue kListOfSource{4.0, "a list under the name of the journal it comes from"};
constexpr CategoryCue kProseNoList{-1.0, "a journal's contents are a list"};
constexpr CategoryCue kBriefLabels{5.0, "labels of a patent's brief"};
constexpr CategoryCue kNamesPatents{4.0, "新增, 公开 or 公告 and 专利 in the headline"};
constexpr CategoryCue kPatentList{2.0, "a list whose lines read like patents' titles"};

void AddWords(const CategoryEvidence& article, Scores& score) {
  Counts title, body;
  Words().Count(article.title, title);
  // The beginning and the end of an article tell what it is; the middle of a long one adds little.
  Words().Count(article.body.substr(0, 1000), body);
  if (article.body.size() > 1500) Words().Count(article.body.substr(article.body.size() - 500), body);
  const auto add = [&](Category category, const CategoryCue& cue) {
    score[static_cast<std::size_t>(category)] += cue.weight;
  };
  const bool one_paragraph = article.paragraphs <= 2 && article.body.size() > 300 && body[kBrief] < 2;
  const bool prose = HasWord(article.body.substr(0, 1500), "。");
  for (const WordWeight& words : kWordWeights) {
    if (words.category == Category::kAbstracts && !one_paragraph) continue;
    if (words.category == Category::kJournalContents && prose) continue;
    score[static_cast<std::size_t>(words.category)] +=
        Some((words.of_title ? title : body)[words.group], words.each, words.most);
  }
  add(Category::kIndustryNews, kAnyNews);
  add(Category::kKnowledge, kAnyKnowledge);
  if (article.paragraphs >= 3) add(Category::kKnowledge, kSeveralParagraphs);
  if (article.title.starts_with("关于") || HasWord(article.title, "印发"))
    add(Category::kPolicyRegulation, kNamesDocument);
  if (HasWord(article.title, "价格") || HasWord(article.title, "行情") || HasWord(article.title, "均价")) {
    add(Category::kMarket, kNamesPrices);
    if (title[kMarket]) add(Category::kMarket, kNamesMarket);
  }
  if (one_paragraph) {
    add(Category::kAbstracts, kOneParagraph);
  } else {
    const bool short_prose = article.paragraphs <= 2 && HasWord(article.body, "。") && body[kBrief] < 2;
    add(Category::kAbstracts, short_prose ? kShortProse : kNoAbstract);
  }
  for (std::string_view journal : JournalNameEnds()) {
    if (article.source.size() <= 45 && article.source.ends_with(journal)) {
      add(Category::kAbstracts, article.paragraphs <= 2 ? kJournalSource : kJournalSourceOfLong);
      add(Category::kJournalContents, kJournalSourceOfList);
      break;
    }
  }
  const bool numbered = HasWord(article.title, "No.") || HasWord(article.title, "NO.") ||
                        (HasWord(article.title, "第") && HasWord(article.title, "期")) ||
                        HasWord(article.title, "网络首发");
  if (numbered && !HasWord(article.title, "专利"))
    add(Category::kJournalContents, prose ? kNumberedProse : kNumberedList);
  if (!prose && article.paragraphs >= 3 && !article.source.empty() && article.source == FoldLetters(article.title))
    add(Category::kJournalContents, kListOfSource);
  if (prose) add(Category::kJournalContents, kProseNoList);
  if (body[kBrief] >= 2) add(Category::kPatentBriefs, kBriefLabels);
  if (HasWord(article.title, "专利") && (HasWord(article.title, "新增") || HasWord(article.title, "目录") ||
                                         HasWord(article.title, "公开") || HasWord(article.title, "公告")))
    add(Category::kPatentList, kNamesPatents);
  if (!prose && article.paragraphs >= 4 && body[kPatent] >= 3 && body[kBrief] == 0)
    add(Category::kPatentList, kPatentList);
}

}  // namespace

namespace {

// The cost of beginning a block of category c at article i. Categories begin at the top of a page where the look shows
// pages (the page header may come only on a later page), otherwise at their heading.
double CostOfBegin(const std::vector<CategoryEvidence>& articles, std::size_t i, std::size_t c, bool shows_page_tops,
                   const std::array<bool, kCategoryCount>& headed) {
  double cost = 0;
  if (shows_page_tops && !articles[i].page_top) cost += kOffPageTop.weight;
  if (shows_page_tops && articles[i].page_top) return cost;
  if (headed[c] && (!articles[i].headed_by || static_cast<std::size_t>(*articles[i].headed_by) != c))
    cost += kOffHeading.weight;
  return cost;
}

// The page's category continues until the next heading. At the top of a page, where a block may begin whose heading
// comes only below, it says little.
double PageScore(const CategoryEvidence& article, std::size_t c, bool shows_page_tops) {
  if (!article.page_before || static_cast<std::size_t>(*article.page_before) != c) return 0;
  if (article.same_page) return kPageGoesOn.weight;
  return shows_page_tops && article.page_top ? kPageTop.weight : kNextPage.weight;
}
double ContentsScore(const CategoryEvidence& article, std::size_t c) {
  return article.contents && static_cast<std::size_t>(*article.contents) == c ? kContents.weight : 0;
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
    for (std::size_t c = 0; c < kCategoryCount; ++c)
      headed_scores[i][c] = Some(headings[c], kHeading.weight, kHeadings.weight);
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
