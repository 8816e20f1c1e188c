#include <sys/stat.h>

#include "schemas/events/manifest.hpp"
#include "tests/support/pipeline.hpp"

namespace ytterby::testing {
namespace {

TEST(PublisherTest, AppendsSectionsThenTheManifestAndRemembersIt) {
  Pipeline pipeline;
  ASSERT_TRUE(pipeline.Publish("a.txt", Issue(1)));
  ASSERT_EQ(pipeline.outcomes.size(), 1u);
  EXPECT_EQ(pipeline.outcomes[0].kind, PublishOutcome::Kind::kNew);
  EXPECT_EQ(pipeline.outcomes[0].sections, 16);
  EXPECT_EQ(pipeline.log.Count("bulletin.documents"), 1u);
  EXPECT_EQ(pipeline.log.Count("bulletin.sections.market"), 1u);
  ASSERT_TRUE(pipeline.Publish("a.txt", Issue(1)));
  EXPECT_EQ(pipeline.outcomes[1].kind, PublishOutcome::Kind::kUnchanged);
  EXPECT_EQ(pipeline.outcomes[1].offsets, pipeline.outcomes[0].offsets);
  EXPECT_EQ(pipeline.log.Count("bulletin.documents"), 1u);
}

TEST(PublisherTest, AChangedFileIsANewRevisionAndAChangeBackCountsToo) {
  Pipeline pipeline;
  ASSERT_TRUE(pipeline.Publish("a.txt", Issue(1)));
  ASSERT_TRUE(pipeline.Publish("a.txt", Issue(1, true)));
  ASSERT_TRUE(pipeline.Publish("a.txt", Issue(1)));
  EXPECT_EQ((*pipeline.archive->Latest("test", "a.txt"))->revision, 3);
  EXPECT_EQ(pipeline.log.Count("bulletin.documents"), 3u);
  const auto last = DecodeManifest(pipeline.log.records[{"bulletin.documents", 0}].back());
  EXPECT_EQ(last->revision, 3);
}

TEST(PublisherTest, NoManifestWithoutEverySection) {
  Pipeline pipeline;
  pipeline.log.fail_appends = 1;
  EXPECT_FALSE(pipeline.Publish("a.txt", Issue(1)));
  EXPECT_EQ(pipeline.log.Count("bulletin.documents"), 0u);
  EXPECT_TRUE(pipeline.outcomes.empty());
  // After a restart the delivery is finished from the archive, although nobody offers the document again.
  pipeline.Reopen();
  ASSERT_TRUE(pipeline.publisher->FinishUnpublished("test"));
  EXPECT_EQ(pipeline.log.Count("bulletin.documents"), 1u);
  ASSERT_EQ(pipeline.outcomes.size(), 1u);
  ASSERT_TRUE(pipeline.publisher->FinishUnpublished("test"));
  EXPECT_EQ(pipeline.log.Count("bulletin.documents"), 1u);
}

TEST(PublisherTest, AnotherLogGetsEverythingFromTheArchive) {
  Pipeline pipeline;
  ASSERT_TRUE(pipeline.Publish("a.txt", Issue(1)));
  const auto before = pipeline.log.records;
  pipeline.log.records.clear();
  pipeline.log.id = "another log";
  ASSERT_TRUE(pipeline.publisher->FinishUnpublished("test"));
  for (const auto& [at, records] : before) {
    ASSERT_EQ(pipeline.log.records[at].size(), records.size()) << at.topic;
    for (std::size_t i = 0; i < records.size(); ++i) EXPECT_EQ(pipeline.log.records[at][i].value, records[i].value);
  }
}

TEST(PublisherTest, RefillAppendsOneTopicAgain) {
  Pipeline pipeline;
  ASSERT_TRUE(pipeline.Publish("a.txt", Issue(1)));
  ASSERT_TRUE(pipeline.Publish("b.txt", Issue(2)));
  EXPECT_EQ(pipeline.publisher->Refill("bulletin.sections.market").value_or(0), 2);
  EXPECT_EQ(pipeline.log.Count("bulletin.sections.market"), 4u);
  EXPECT_EQ(pipeline.log.Count("bulletin.documents"), 2u);
}

TEST(PublisherTest, ATooLargeEventSetsTheDocumentAsideAndTheRestGoesOn) {
  Pipeline pipeline;
  pipeline.options.max_event_bytes = 1500;
  pipeline.Reopen();
  ASSERT_TRUE(pipeline.Publish("a.txt", Issue(1)));
  ASSERT_EQ(pipeline.outcomes.size(), 1u);
  EXPECT_EQ(pipeline.outcomes[0].kind, PublishOutcome::Kind::kSetAside);
  EXPECT_EQ(pipeline.log.Count("bulletin.documents"), 0u);
  EXPECT_TRUE(pipeline.archive->Unpublished("test", "fake")->empty());
}

TEST(PublisherTest, ARejectionIsRecordedAndClearedByAGoodFile) {
  Pipeline pipeline;
  ASSERT_TRUE(pipeline.Publish("a.txt", "no bulletin"));
  EXPECT_EQ(pipeline.outcomes[0].kind, PublishOutcome::Kind::kRejected);
  ASSERT_EQ(pipeline.archive->Rejections()->size(), 1u);
  EXPECT_EQ(pipeline.archive->Rejections()->front().reason, "no-bulletin");
  ASSERT_TRUE(pipeline.Publish("a.txt", Issue(1)));
  EXPECT_TRUE(pipeline.archive->Rejections()->empty());
}

}  // namespace
}  // namespace ytterby::testing
