#include "consumers/views/current_view.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <map>
#include <random>

#include "tests/support/pipeline.hpp"

namespace ytterby {
namespace {

using testing::Issue;
using testing::Pipeline;

EditionRow Edition(const std::string& document, const std::string& name, int revision = 1) {
  EditionRow row;
  row.document = {Sha256(document)};
  row.splitter_version = row.counted_version = 1;
  row.feed = "f";
  row.name = name;
  row.revision = revision;
  row.listed = row.stored = 2;
  return row;
}

TEST(CurrentViewTest, TheGreatestCompleteEditionCounts) {
  EditionRow cut = Edition("cut", "a", 9), later = Edition("later", "a", 2), first = Edition("first", "a", 1);
  cut.whole = false;
  EXPECT_EQ(ChooseEdition({first, cut, later})->edition.document, later.document);
  later.stored = 1;  // not completely stored: the earlier one stays in force
  EXPECT_EQ(ChooseEdition({first, cut, later})->edition.document, first.document);
  EditionRow ocr = Edition("ocr", "a", 1);
  ocr.text_layer = false;
  EXPECT_EQ(ChooseEdition({ocr, first})->edition.document, first.document);
  ocr.priority = 1;
  EXPECT_EQ(ChooseEdition({ocr, first})->edition.document, ocr.document);
  EXPECT_FALSE(ChooseEdition({}).has_value());
}

TEST(CurrentViewTest, WithoutACompleteEditionTheGreatestIncompleteIsShownMarked) {
  EditionRow only = Edition("only", "a");
  only.stored = 1;
  const auto current = ChooseEdition({only});
  ASSERT_TRUE(current);
  EXPECT_FALSE(current->complete);
  EXPECT_EQ(current->waits_for, 1);
}

TEST(CurrentViewTest, AChoiceBetweenDifferentlyNamedDocumentsIsNamed) {
  EXPECT_TRUE(ChooseEdition({Edition("x", "a"), Edition("y", "b")})->chosen_over.has_value());
  EXPECT_FALSE(ChooseEdition({Edition("x", "a", 1), Edition("y", "a", 2)})->chosen_over.has_value());
}

TEST(CurrentViewTest, OfOneDocumentOneSplitterVersionCounts) {
  EditionRow old = Edition("x", "a"), fresh = Edition("x", "a");
  fresh.splitter_version = 2;
  old.counted_version = fresh.counted_version = 2;
  EXPECT_EQ(ChooseEdition({old, fresh})->edition.splitter_version, 2);
  EXPECT_FALSE(ChooseEdition({old}).has_value());  // the version that counts does not name this issue
  old.counted_version = fresh.counted_version = 1;
  EXPECT_EQ(ChooseEdition({old, fresh})->edition.splitter_version, 1);
}

TEST(CurrentViewTest, AnExcerptDoesNotHideAnIssue) {
  EditionRow issue = Edition("issue", "a"), excerpt = Edition("excerpt", "b", 9);
  issue.of_all = 16;
  excerpt.of_all = 7;
  for (const auto& editions : {std::vector{issue, excerpt}, {excerpt, issue}}) {
    const auto current = ChooseEdition(editions);
    EXPECT_EQ(current->edition.document, issue.document);
    EXPECT_FALSE(current->longer);
  }
  // From half on it is another edition, and what it lists less is said.
  excerpt.of_all = 8;
  const auto current = ChooseEdition({issue, excerpt});
  EXPECT_EQ(current->edition.document, excerpt.document);
  ASSERT_TRUE(current->longer);
  EXPECT_EQ(current->longer->first, "a");
  EXPECT_EQ(current->longer->second, 16);
  // Alone it is what there is.
  EXPECT_EQ(ChooseEdition({excerpt})->edition.document, excerpt.document);
}

TEST(CurrentViewTest, AManifestWithoutSectionsHidesNothing) {
  EditionRow issue = Edition("issue", "a"), blank = Edition("blank", "a", 2);
  blank.of_all = blank.listed = blank.stored = 0;
  EXPECT_EQ(ChooseEdition({issue, blank})->edition.document, issue.document);
  EXPECT_FALSE(ChooseEdition({blank}));
  // A consumer that has no section of an issue still has its edition.
  issue.of_all = 3;
  issue.listed = issue.stored = 0;
  EXPECT_TRUE(ChooseEdition({issue}));
}

RC_GTEST_PROP(CurrentViewPropertyTest, TheChoiceDoesNotDependOnTheOrder, (const std::vector<std::uint8_t>& seeds)) {
  std::vector<EditionRow> editions;
  for (std::uint8_t seed : seeds) {
    EditionRow row = Edition(std::string(1, static_cast<char>('a' + seed % 3)),
                             std::string(1, static_cast<char>('n' + seed % 2)), 1 + seed % 3);
    row.whole = seed & 1;
    row.splitter_version = 1 + (seed >> 1) % 2;
    row.counted_version = 1 + (seed % 3) % 2;  // one per document
    row.stored = (seed & 4) ? 2 : 1;
    row.priority = (seed >> 5) % 2;
    row.of_all = seed % 7 - 1;
    editions.push_back(row);
  }
  const auto expected = ChooseEdition(editions);
  std::reverse(editions.begin(), editions.end());
  const auto reversed = ChooseEdition(editions);
  RC_ASSERT(expected.has_value() == reversed.has_value());
  if (expected.has_value()) {
    RC_ASSERT(expected->edition.document == reversed->edition.document);
    RC_ASSERT(expected->edition.splitter_version == reversed->edition.splitter_version);
    RC_ASSERT(expected->edition.name == reversed->edition.name);
    RC_ASSERT(expected->chosen_over == reversed->chosen_over);
  }
}

// The view reads ahead. A caller that asks in another order, asks twice, or asks about issues the view did not expect
// gets the same answers.
TEST(CurrentViewTest, RecordsDoNotDependOnTheOrderOfTheQuestions) {
  Pipeline pipeline;
  constexpr int kIssues = 40;  // more than it reads at a time
  for (int i = 1; i <= kIssues; ++i) ASSERT_TRUE(pipeline.Publish(std::to_string(i), Issue(i)));
  pipeline.Drain();
  const std::vector<RecordKind> kinds = {RecordKind::kPrice, RecordKind::kFinding, RecordKind::kArticle};
  const auto records_of = [](CurrentView& view, const IssueId& issue, RecordKind kind) {
    std::string text;
    const auto records = view.RecordsOf(issue, kind);
    EXPECT_TRUE(records) << records.error().message;
    for (const ViewRecord& record : *records) text += ExportLine(record, false) + "\n";
    return text;
  };
  const auto snapshot = testing::Now(*pipeline.store);
  auto in_order = CurrentView::Open(*snapshot);
  ASSERT_TRUE(in_order);
  ASSERT_EQ(in_order->issues().size(), static_cast<std::size_t>(kIssues));
  std::map<std::pair<IssueId, RecordKind>, std::string> expected;
  for (RecordKind kind : kinds) {
    for (const IssueId& issue : in_order->issues()) expected[{issue, kind}] = records_of(*in_order, issue, kind);
  }
  std::vector<std::pair<IssueId, RecordKind>> questions;
  for (const auto& [question, answer] : expected) questions.insert(questions.end(), 2, question);
  std::mt19937 random(7);
  std::shuffle(questions.begin(), questions.end(), random);
  auto shuffled = CurrentView::Open(*snapshot);
  std::vector<IssueId> some = shuffled->issues();
  std::erase_if(some, [&](const IssueId&) { return random() % 2 == 0; });
  for (const bool whole : {false, true}) {
    shuffled->Expect(some, whole);
    for (const auto& question : questions) {
      ASSERT_EQ(records_of(*shuffled, question.first, question.second), expected.at(question)) << question.first.label;
    }
  }
}

TEST(CurrentViewTest, LearnsIssuesThatCameAfterItWasOpened) {
  Pipeline pipeline;
  ASSERT_TRUE(pipeline.Publish("first", Issue(0)));
  pipeline.Drain();
  const auto before = testing::Now(*pipeline.store);
  auto first = CurrentView::Open(*before);
  ASSERT_TRUE(first);
  ASSERT_TRUE(pipeline.Publish("second", Issue(1)));
  pipeline.Drain();
  const auto after = testing::Now(*pipeline.store);
  const std::vector<IssueId> now = CurrentView::Open(*after)->issues();
  std::optional<CurrentView> view;
  view.emplace(*after, first->TakeIssues());
  ASSERT_EQ(view->issues().size() + 1, now.size());
  std::vector<IssueId> asked = now;
  asked.push_back({"no series", "2024-01"});
  ASSERT_TRUE(view->Learn(asked));
  EXPECT_EQ(view->issues(), now);
}

}  // namespace
}  // namespace ytterby
