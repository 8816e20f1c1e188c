#include "producers/documents/archive.hpp"

#include <gtest/gtest.h>

#include "tests/support/temporary_folder.hpp"

namespace ytterby {
namespace {

TEST(ArchiveTest, KeepsBytesUnderTheirDigestAndNoticesDamage) {
  const testing::TemporaryFolder folder;
  auto archive = Archive::Open(folder.path());
  ASSERT_TRUE(archive);
  const DocumentDigest digest{Sha256("bytes")};
  const DocumentDigest other{Sha256("other bytes")};
  ASSERT_TRUE((*archive)->files().Put({{digest, "bytes"}}));
  ASSERT_TRUE((*archive)->files().Put({{digest, "bytes"}, {other, "other bytes"}, {other, "other bytes"}}));
  EXPECT_EQ(*(*archive)->files().Read(other), "other bytes");
  EXPECT_EQ(*(*archive)->files().Read(digest), "bytes");
  const std::string hex = digest.Hex();
  folder.Write("archive/" + hex.substr(0, 2) + "/" + hex, "bytez");
  EXPECT_EQ((*archive)->files().Read(digest).error().kind, ErrorKind::kIo);
  // The good bytes replace what is damaged.
  ASSERT_TRUE((*archive)->files().Put({{digest, "bytes"}}));
  EXPECT_EQ((*archive)->files().Read(digest).value_or(""), "bytes");
}

TEST(ArchiveTest, RevisionsAreWrittenDownOnceAndSurvive) {
  const testing::TemporaryFolder folder;
  for (int revision = 1; revision <= 3; ++revision) {
    auto archive = Archive::Open(folder.path());
    ASSERT_TRUE(archive);
    Delivery delivery;
    delivery.feed = "f";
    delivery.name = "n";
    delivery.digest = {Sha256(std::to_string(revision))};
    ASSERT_TRUE((*archive)->Record({&delivery}));
    EXPECT_EQ(delivery.revision, revision);
    EXPECT_EQ((*archive)->Unpublished("f", "log", 0, 100)->size(), 1u);
    ASSERT_TRUE((*archive)->MarkPublished({{delivery.id, {{{"t", 0}, 7}}}}, "log"));
    EXPECT_EQ((*archive)->OffsetsOf(delivery.id, "log")->value().at({"t", 0}), 7);
    EXPECT_FALSE((*archive)->OffsetsOf(delivery.id, "other log")->has_value());
    EXPECT_TRUE((*archive)->Unpublished("f", "log", 0, 100)->empty());
    EXPECT_EQ((*archive)->Unpublished("f", "other log", 0, 100)->size(), static_cast<std::size_t>(revision));
  }
}

TEST(ArchiveTest, KeepsTheOutcomeOfASetAsideDelivery) {
  testing::TemporaryFolder folder;
  auto archive = Archive::Open(folder.path());
  ASSERT_TRUE(archive);
  Delivery delivery;
  delivery.feed = "f";
  delivery.name = "n";
  ASSERT_TRUE((*archive)->Record({&delivery}));
  EXPECT_TRUE((*archive)->SetAsides()->empty());
  EXPECT_FALSE(*(*archive)->SendAgain(delivery.id));
  ASSERT_TRUE((*archive)->MarkPublished({{delivery.id, {}}}, "another log"));
  const auto expect = [&](const std::string& state, const std::string& error, int attempts) {
    const auto documents = (*archive)->SetAsides();
    ASSERT_EQ(documents->size(), 1u);
    EXPECT_EQ(documents->front().state, state);
    EXPECT_EQ(documents->front().error, error);
    EXPECT_EQ(documents->front().attempts, attempts);
  };
  ASSERT_TRUE((*archive)->SetAside(delivery.id, "too large"));
  expect("open", "too large", 1);
  EXPECT_TRUE(*(*archive)->SendAgain(delivery.id));
  expect("retried", "too large", 1);
  EXPECT_EQ((*archive)->Unpublished("f", "another log", 0, 100)->size(), 1u);
  EXPECT_FALSE(*(*archive)->SendAgain(delivery.id));
  ASSERT_TRUE((*archive)->SetAside(delivery.id, "not allowed"));
  expect("open", "not allowed", 2);
  ASSERT_TRUE(*(*archive)->WaiveSetAside(delivery.id, "worthless"));
  expect("waived", "not allowed", 2);
  EXPECT_TRUE(*(*archive)->SendAgain(delivery.id));
  expect("retried", "not allowed", 2);
  ASSERT_TRUE((*archive)->MarkPublished({{delivery.id, {}}}, "log"));
  expect("closed", "not allowed", 2);
  EXPECT_FALSE(*(*archive)->WaiveSetAside(delivery.id, "too late"));
  ASSERT_TRUE((*archive)->SetAside(delivery.id, "damaged"));  // by a refill
  ASSERT_TRUE(*(*archive)->SendAgain(delivery.id));
  expect("retried", "damaged", 3);
  ASSERT_TRUE(*(*archive)->WaiveSetAside(delivery.id, "its feed is gone"));
  expect("waived", "damaged", 4);
  ASSERT_TRUE(*(*archive)->SendAgain(delivery.id));
  ASSERT_TRUE((*archive)->MarkPublished({{delivery.id, {}}}, "log"));
  EXPECT_EQ((*archive)->Count()->set_aside, 0);
}

TEST(ArchiveTest, AnArchiveOlderThanWaiversCanBeRead) {
  testing::TemporaryFolder folder;
  Delivery delivery;
  delivery.feed = "f";
  delivery.name = "n";
  {
    auto archive = Archive::Open(folder.path());
    ASSERT_TRUE(archive);
    ASSERT_TRUE((*archive)->Record({&delivery}));
    ASSERT_TRUE((*archive)->SetAside(delivery.id, "too large"));
    EXPECT_FALSE(*(*archive)->WaiveSetAside(delivery.id + 1, "no such"));
  }
  {
    auto db = Database::Open(folder.path() / "archive" / "deliveries.db", SqliteOptions{});
    ASSERT_TRUE(db && db->Execute("DROP TABLE waivers; DROP TABLE retries"));
  }
  auto looked_at = Archive::OpenReadOnly(folder.path());
  ASSERT_TRUE(looked_at);
  const auto set_aside = (*looked_at)->SetAsides();
  ASSERT_TRUE(set_aside) << set_aside.error().message;
  ASSERT_EQ(set_aside->size(), 1u);
  EXPECT_EQ(set_aside->front().state, "open");
}

}  // namespace
}  // namespace ytterby
