#include "consumers/views/editions.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "tests/support/pipeline.hpp"

namespace ytterby {
namespace {

using testing::Issue;
using testing::Pipeline;
using Side = RecordDifference::Side;

std::vector<EditionStanding> EditionsOf(Pipeline& pipeline) {
  const auto snapshot = testing::Now(*pipeline.store);
  const auto issues = CurrentView::AllIssues(*snapshot);
  EXPECT_TRUE(issues);
  EXPECT_EQ(issues->size(), 1u);
  auto editions = ReadEditions(*snapshot, issues->front());
  EXPECT_TRUE(editions);
  return editions ? *std::move(editions) : std::vector<EditionStanding>();
}

std::string ValueOf(Pipeline& pipeline, const std::string& id, std::string_view field) {
  std::string value;
  EXPECT_TRUE(ForEachRecord(*testing::Now(*pipeline.store), RecordKind::kPrice, [&](const ViewRecord& record) {
    if (record.id != id) return;
    const std::string name = "\"" + std::string(field) + "\":\"";
    const std::size_t at = record.stored.body.find(name) + name.size();
    value = record.stored.body.substr(at, record.stored.body.find('"', at) - at);
  }));
  return value;
}

TEST(EditionsTest, ACorrectionIsCurrentAndItsDifferencesAreTheRecordsThatChanged) {
  Pipeline pipeline;
  ASSERT_TRUE(pipeline.Publish("a.txt", Issue(1)));
  ASSERT_TRUE(pipeline.Publish("a.txt", Issue(1, true)));
  pipeline.Drain();
  const auto editions = EditionsOf(pipeline);
  ASSERT_EQ(editions.size(), 2u);
  EXPECT_EQ(editions[0].edition.revision, 2);
  EXPECT_EQ(editions[0].current_for.size(), Normalisers().size());
  EXPECT_EQ(editions[0].why, "");
  EXPECT_TRUE(editions[0].differences.empty());
  EXPECT_TRUE(editions[1].current_for.empty());
  EXPECT_EQ(editions[1].why, "revision 1 against 2");
  const auto price = std::find_if(
      editions[1].differences.begin(), editions[1].differences.end(),
      [](const RecordDifference& one) { return one.kind == RecordKind::kPrice && one.side == Side::kBoth; });
  ASSERT_NE(price, editions[1].differences.end());
  for (const FieldDifference& field : price->fields) EXPECT_NE(field.current, field.other) << field.name;
  const auto value = std::find_if(price->fields.begin(), price->fields.end(),
                                  [](const FieldDifference& field) { return field.name == "value"; });
  ASSERT_NE(value, price->fields.end());
  EXPECT_EQ(value->current, ValueOf(pipeline, price->id, "value"));
  EXPECT_TRUE(price->key.ends_with(", news")) << price->key;  // product, statistic, period, where
}

TEST(EditionsTest, PriorityDecidesBeforeRevisionAndTheSameDocumentHasNoDifferences) {
  Pipeline pipeline;
  ASSERT_TRUE(pipeline.Publish("a.txt", Issue(1)));
  ASSERT_TRUE(pipeline.Publish("a.txt", Issue(1, true)));
  ASSERT_TRUE(pipeline.Publish("b.txt", Issue(1), 7));
  pipeline.Drain();
  const auto editions = EditionsOf(pipeline);
  ASSERT_EQ(editions.size(), 3u);
  EXPECT_EQ(editions[0].edition.name, "b.txt");
  EXPECT_EQ(editions[1].edition.revision, 2);
  EXPECT_EQ(editions[1].why, "feed priority 0 against 7");
  EXPECT_FALSE(editions[1].differences.empty());
  EXPECT_EQ(editions[2].edition.document, editions[0].edition.document);
  EXPECT_TRUE(editions[2].differences.empty());
}

TEST(EditionsTest, AnEditionThatAConsumerHasNotStoredIsCurrentForTheOthers) {
  Pipeline pipeline;
  ASSERT_TRUE(pipeline.Publish("a.txt", Issue(1)));
  pipeline.Drain();
  ASSERT_TRUE(pipeline.Publish("a.txt", Issue(1, true)));
  pipeline.Drain("prices");
  const auto editions = EditionsOf(pipeline);
  ASSERT_EQ(editions.size(), 2u);
  for (const EditionStanding& one : editions) {
    const bool prices = std::find(one.current_for.begin(), one.current_for.end(), "prices") != one.current_for.end();
    EXPECT_EQ(prices, one.edition.revision == 2);
    EXPECT_EQ(one.current_for.size(), prices ? 1u : Normalisers().size() - 1);
  }
}

}  // namespace
}  // namespace ytterby
