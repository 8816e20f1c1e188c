#include "consumers/stores/store.hpp"

#include <gtest/gtest.h>

#include "common/sqlite.hpp"
#include "tests/support/temporary_folder.hpp"

namespace ytterby {
namespace {

class StoreTest : public ::testing::Test {
 protected:
  void SetUp() override { Reopen(); }
  void Reopen() {
    store.reset();
    auto opened = OpenStore(url, false);
    ASSERT_TRUE(opened) << opened.error().message;
    store = std::move(*opened);
  }
  static SectionRows Rows(const std::string& name, const std::string& text = "text", int version = 1) {
    SectionRows rows;
    rows.id = {Sha256(name)};
    rows.document = {Sha256("document")};
    rows.text_digest = {Sha256("text")};
    rows.splitter_version = 1;
    rows.issue = {"s", "2024-01"};
    rows.category = Category::kMarket;
    rows.content = Sha256(text);
    rows.normaliser_version = version;
    rows.records = {{RecordKind::kPrice, 5, "key", "{\"value\":\"" + std::to_string(version) + "\"}", ""}};
    return rows;
  }
  Result<void> Write(StoreBatch batch, const std::string& log = "log") { return store->Write("prices", log, batch); }
  std::size_t Count() {
    return store->Rows("prices", {"s", "2024-01"}, {{Sha256("document")}, {Sha256("text")}, 1}, RecordKind::kPrice)->size();
  }

  testing::TemporaryFolder folder;
  std::string url = "sqlite:" + (folder.path() / "store.db").string();
  std::unique_ptr<Store> store;
};

TEST_F(StoreTest, ARedeliveredSectionChangesNothing) {
  ASSERT_TRUE(Write({{Rows("a")}, {}, {}, {}}));
  ASSERT_TRUE(Write({{Rows("a")}, {}, {}, {}}));
  EXPECT_EQ(Count(), 1u);
  EXPECT_EQ(store->Count("prices")->sections, 1);
}

TEST_F(StoreTest, TheSameIdWithOtherBytesIsRefusedAndTheBatchWithIt) {
  ASSERT_TRUE(Write({{Rows("a")}, {}, {}, {}}));
  const auto refused = Write({{Rows("b"), Rows("a", "other text")}, {}, {}, {}});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::kBadData);
  EXPECT_EQ(Count(), 1u);
}

TEST_F(StoreTest, AViewTakesTheGreatestNormaliserVersion) {
  ASSERT_TRUE(Write({{Rows("a", "text", 2)}, {}, {}, {}}));
  ASSERT_TRUE(Write({{Rows("a", "text", 1)}, {}, {}, {}}));
  const auto rows = store->Rows("prices", {"s", "2024-01"}, {{Sha256("document")}, {Sha256("text")}, 1}, RecordKind::kPrice);
  ASSERT_EQ(rows->size(), 1u);
  EXPECT_EQ(rows->front().body, "{\"value\":\"2\"}");
}

TEST_F(StoreTest, OffsetsMoveByCompareAndSetWithTheirRows) {
  const TopicPartition at{"t", 0};
  const Timestamp time{std::chrono::milliseconds(5)};
  ASSERT_TRUE(Write({{}, {}, {}, {{at, std::nullopt, {3, {"id2", time}}}}}));
  const auto conflict = Write({{Rows("zombie")}, {}, {}, {{at, std::nullopt, {9, {"id8", time}}}}});
  ASSERT_FALSE(conflict);
  EXPECT_EQ(conflict.error().kind, ErrorKind::kConflict);
  EXPECT_EQ(Count(), 0u);
  ASSERT_TRUE(Write({{Rows("a")}, {}, {}, {{at, 3, {4, {"id3", time}}}}}));
  Reopen();
  const auto offset = store->OffsetOf("prices", "log", at);
  ASSERT_TRUE(offset && *offset);
  EXPECT_EQ((*offset)->next, 4);
  EXPECT_EQ((*offset)->before, (Fingerprint{"id3", time}));
  EXPECT_FALSE(store->OffsetOf("prices", "another log", at)->has_value());
  EXPECT_FALSE(store->OffsetOf("patents", "log", at)->has_value());
}

TEST_F(StoreTest, KeepsItsIdAndRefusesANewerSchema) {
  const std::string id = store->Id();
  Reopen();
  EXPECT_EQ(store->Id(), id);
  store.reset();
  {
    auto db = Database::Open(folder.path() / "store.db", {});
    ASSERT_TRUE(db->Execute("PRAGMA user_version = 99"));
  }
  const auto newer = OpenStore(url, false);
  ASSERT_FALSE(newer);
  EXPECT_EQ(newer.error().kind, ErrorKind::kConfiguration);
  EXPECT_EQ(OpenStore("mysql://x", false).error().kind, ErrorKind::kConfiguration);
  EXPECT_EQ(OpenStore("sqlite:" + (folder.path() / "none.db").string(), true).error().kind, ErrorKind::kNoInput);
}

TEST_F(StoreTest, AHeldSnapshotDoesNotSeeLaterWrites) {
  ASSERT_TRUE(Write({{Rows("a")}, {}, {}, {}}));
  const auto held = OpenStore(url, true);
  ASSERT_TRUE(held && (*held)->HoldSnapshot());
  ASSERT_TRUE(Write({{Rows("b")}, {}, {}, {}}));
  EXPECT_EQ((*held)->Count("prices")->sections, 1);
  EXPECT_EQ(store->Count("prices")->sections, 2);
}

TEST_F(StoreTest, KnowsWhatAManifestStillWaitsFor) {
  Manifest manifest;
  manifest.document = {Sha256("document")};
  manifest.text_digest = {Sha256("text")};
  manifest.splitter_version = 1;
  manifest.issues = {
      {{"s", "2024-01"},
       true,
       {{{Sha256("a")}, Category::kMarket, 0}, {{Sha256("b")}, Category::kMarket, 1}, {{Sha256("c")}, Category::kAbstracts, 2}}}};
  manifest.id = MakeManifestId(manifest);
  ASSERT_TRUE(Write({{Rows("a")}, {{manifest, {}}}, {}, {}}));
  auto editions = store->Editions("prices", {"s", "2024-01"}, {Category::kMarket});
  ASSERT_EQ(editions->size(), 1u);
  EXPECT_EQ(editions->front().listed, 2);
  EXPECT_EQ(editions->front().stored, 1);
  ASSERT_TRUE(Write({{Rows("b")}, {{manifest, {}}}, {}, {}}));
  EXPECT_EQ(store->Editions("prices", {"s", "2024-01"}, {Category::kMarket})->front().stored, 2);
}

// Version 1 reads two issues in the document, version 2 only the later one: once 2 is complete, the earlier issue has no edition.
TEST_F(StoreTest, TheSplitterVersionOfADocumentCountsOverAllItsIssues) {
  const IssueId early{"s", "2024-01"}, late{"s", "2024-02"};
  const auto manifest_of = [](int version, std::vector<ManifestIssue> issues) {
    Manifest manifest;
    manifest.document = {Sha256("document")};
    manifest.text_digest = {Sha256("text")};
    manifest.splitter_version = version;
    manifest.issues = std::move(issues);
    manifest.id = MakeManifestId(manifest);
    return ManifestRow{manifest, {}};
  };
  const auto section_of = [](const std::string& name, const IssueId& issue, int version) {
    SectionRows rows = Rows(name);
    rows.issue = issue;
    rows.splitter_version = version;
    return rows;
  };
  const auto counted = [&](const IssueId& issue) {
    const auto editions = store->Editions("prices", issue, {Category::kMarket});
    return editions && !editions->empty() ? editions->front().counted_version : 0;
  };
  const ManifestRow old =
      manifest_of(1, {{early, true, {{{Sha256("a")}, Category::kMarket, 0}}}, {late, true, {{{Sha256("b")}, Category::kMarket, 0}}}});
  const ManifestRow fresh = manifest_of(2, {{late, true, {{{Sha256("c")}, Category::kMarket, 0}, {{Sha256("d")}, Category::kMarket, 1}}}});
  ASSERT_TRUE(Write({{section_of("a", early, 1)}, {old}, {}, {}}));
  EXPECT_EQ(counted(early), 1);  // incomplete, but there is no other
  ASSERT_TRUE(Write({{section_of("b", late, 1), section_of("c", late, 2)}, {fresh}, {}, {}}));
  EXPECT_EQ(counted(early), 1);
  EXPECT_EQ(counted(late), 1);
  ASSERT_TRUE(Write({{section_of("d", late, 2)}, {}, {}, {}}));
  EXPECT_EQ(counted(early), 2);
  EXPECT_EQ(counted(late), 2);
}

}  // namespace
}  // namespace ytterby
