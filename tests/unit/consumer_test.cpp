#include "consumers/consumer.hpp"

#include <algorithm>

#include "tests/support/pipeline.hpp"
#include "tests/support/synthetic.hpp"

namespace ytterby::testing {
namespace {

TEST(ConsumerTest, StoresEverythingOnceAlsoWhenTheLogRepeatsIt) {
  Pipeline pipeline;
  ASSERT_TRUE(pipeline.Publish("a.txt", Issue(1)));
  pipeline.Drain();
  const std::string once = pipeline.Export();
  EXPECT_GT(std::count(once.begin(), once.end(), '\n'), 60);
  pipeline.log.RepeatEverything();
  pipeline.Drain();
  EXPECT_EQ(pipeline.Export(), once);
}

TEST(ConsumerTest, APoisonMessageBecomesADeadLetterAndStopsNothing) {
  Pipeline pipeline;
  ASSERT_TRUE(pipeline.log.Append({"bulletin.sections.market", "k", "not json", {{"ce_id", Sha256("x").Hex()}}}, [](Result<Appended>) {}));
  ASSERT_TRUE(pipeline.log.Append({"bulletin.documents", "k", "{}", {}}, [](Result<Appended>) {}));
  ASSERT_TRUE(pipeline.Publish("a.txt", Issue(1)));
  pipeline.Drain();
  const auto letters = pipeline.store->DeadLetters("prices");
  ASSERT_EQ(letters->size(), 2u);
  EXPECT_EQ((*letters)[1].value, "not json");
  EXPECT_EQ(pipeline.store->DeadLetters("patents")->size(), 1u);
  EXPECT_NE(pipeline.Export().find("month_average"), std::string::npos);
}

TEST(ConsumerTest, ALogMadeAnewIsReadFromItsBeginning) {
  Pipeline pipeline;
  ASSERT_TRUE(pipeline.Publish("a.txt", Issue(1)));
  pipeline.Drain();
  // The topics are deleted and made again under the same log id, then filled with other issues.
  pipeline.log.records.clear();
  ASSERT_TRUE(pipeline.Publish("b.txt", Issue(2)));
  ASSERT_TRUE(pipeline.Publish("c.txt", Issue(3)));
  pipeline.Drain();
  const std::string exported = pipeline.Export();
  for (int index : {1, 2, 3}) EXPECT_NE(exported.find("\"issue\":\"" + SyntheticLabel(index) + "\""), std::string::npos) << index;
}

TEST(ConsumerTest, ACorrectionReplacesTheEarlierEditionInAnyOrder) {
  Pipeline forward, backward;
  ASSERT_TRUE(forward.Publish("a.txt", Issue(1)));
  ASSERT_TRUE(forward.Publish("a.txt", Issue(1, true)));
  forward.Drain();
  ASSERT_TRUE(backward.Publish("a.txt", Issue(1)));
  ASSERT_TRUE(backward.Publish("a.txt", Issue(1, true)));
  for (auto& [at, records] : backward.log.records) {
    std::reverse(records.begin(), records.end());
    for (std::size_t i = 0; i < records.size(); ++i) records[i].offset = static_cast<Offset>(i);
  }
  backward.Drain();
  EXPECT_EQ(forward.Export(), backward.Export());
  Pipeline corrected;
  ASSERT_TRUE(corrected.Publish("a.txt", Issue(1, true)));
  corrected.Drain();
  EXPECT_EQ(corrected.Export(), forward.Export());
}

TEST(ConsumerTest, TheExportDoesNotDependOnTheStore) {
  Pipeline pipeline;
  for (int index : {5, 3, 4}) ASSERT_TRUE(pipeline.Publish(std::to_string(index), Issue(index)));
  pipeline.Drain();
  const std::string first = pipeline.Export();
  pipeline.OpenStore("another.db");
  pipeline.Drain();
  EXPECT_EQ(pipeline.Export(), first);
}

}  // namespace
}  // namespace ytterby::testing
