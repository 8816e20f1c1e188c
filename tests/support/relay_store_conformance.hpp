// What every store must keep for the relay: dirty issues, published records, the lease. Included by the tests of each
// adapter.
#pragma once

#include <algorithm>
#include <chrono>
#include <optional>
#include <string>

#include "tests/support/store_fixture.hpp"

namespace ytterby::testing {

class RelayStoreConformance : public StoreFixture {
 protected:
  // The label and counter of each of a consumer's dirty issues.
  std::string Dirty(const std::string& consumer) {
    std::string text;
    const auto issues = store->relay().DirtyIssues(100);
    EXPECT_TRUE(issues) << issues.error().message;
    for (const DirtyIssue& dirty : *issues) {
      if (dirty.consumer == consumer) text += dirty.issue.label + ":" + std::to_string(dirty.counter) + " ";
    }
    return text;
  }
  // The query also names an issue for which nothing is published.
  std::vector<PublishedRecord> PublishedOf(const IssueId& issue) {
    auto published = store->relay().PublishedOf({{"s", "1999-01"}, issue});
    EXPECT_TRUE(published) << published.error().message;
    EXPECT_TRUE(published->at(0).empty());
    return published->at(1);
  }
  RelayLease Lease() {
    const auto lease = store->relay().TakeRelay("me", std::chrono::seconds(60));
    EXPECT_TRUE(lease && *lease);
    return lease && *lease ? **lease : RelayLease{};
  }
};

TEST_P(RelayStoreConformance, AnIssueIsDirtyFromTheTransactionThatTouchesItUntilItIsClearedAtTheSameCount) {
  const std::int64_t term = Lease().term;
  EXPECT_EQ(Dirty("prices"), "");
  ASSERT_TRUE(Write({{Rows("a")}, {}, {}, {}}));
  const auto first = store->relay().DirtyIssues(100);
  ASSERT_EQ(first->size(), 1u);
  EXPECT_EQ(first->front().issue, (IssueId{"s", "2024-01"}));
  ASSERT_TRUE(Write({{Rows("b")}, {}, {}, {}}));
  ASSERT_TRUE(store->relay().WriteRelay(term, {.cleared = *first}));  // touched since, so it stays
  const auto second = store->relay().DirtyIssues(100);
  ASSERT_EQ(second->size(), 1u);
  EXPECT_GT(second->front().counter, first->front().counter);
  EXPECT_EQ(Dirty("patents"), "");
  ASSERT_TRUE(store->relay().WriteRelay(term, {.cleared = *second}));
  EXPECT_EQ(Dirty("prices"), "");
}

// A newer splitter version may find fewer issues in a document, so all issues ever found in it are compared again.
TEST_P(RelayStoreConformance, ADocumentTouchesAllIssuesItWasEverReadToHold) {
  const Manifest manifest =
      ManifestOf({{{"s", "2024-01"}, true, {}}, {{"s", "2024-02"}, true, {{{Sha256("a")}, Category::kMarket, 0}}}});
  ASSERT_TRUE(Write({{}, {{manifest, {}}}, {}, {}}));
  const std::int64_t term = Lease().term;
  ASSERT_TRUE(store->relay().WriteRelay(term, {.cleared = *store->relay().DirtyIssues(100)}));
  EXPECT_EQ(Dirty("prices"), "");
  SectionRows later = Rows("later");
  later.issue = {"s", "2024-03"};
  later.splitter_version = 2;
  ASSERT_TRUE(Write({{later}, {}, {}, {}}));
  const auto dirty = store->relay().DirtyIssues(100);
  EXPECT_EQ(dirty->size(), 3u);
  EXPECT_EQ(store->relay().DirtyIssues(2)->size(), 2u);
}

TEST_P(RelayStoreConformance, WaivingALetterTouchesItsIssue) {
  const Manifest manifest = ManifestOf({{{"s", "2024-01"}, true, {{{Sha256("a")}, Category::kMarket, 0}}}});
  DeadLetter letter;
  letter.id = Sha256("letter");
  letter.at = {"bulletin.sections.market", 0};
  letter.stage = "normalise";
  letter.event = Sha256("a");
  ASSERT_TRUE(Write({{}, {{manifest, {}}}, {letter}, {}}));
  const std::string before = Dirty("prices");
  ASSERT_TRUE(
      store->letters().MoveLetter("prices", letter.id, {"open"}, "waived", "nothing in it", {}).value_or(false));
  EXPECT_NE(Dirty("prices"), before);
}

TEST_P(RelayStoreConformance, OnlyTheLatestHolderOfTheRelaysLeaseWrites) {
  const auto mine = store->relay().TakeRelay("me", std::chrono::milliseconds(1));
  ASSERT_TRUE(mine && *mine);
  const auto still = store->relay().TakeRelay("me", std::chrono::seconds(60));
  ASSERT_TRUE(still && *still);
  EXPECT_EQ((*still)->term, (*mine)->term);
  const auto refused = store->relay().TakeRelay("you", std::chrono::seconds(60));
  ASSERT_TRUE(refused);
  EXPECT_FALSE(*refused);
  // Wait, within a bound, for the lease to expire; each round queries the store.
  ASSERT_TRUE(store->relay().TakeRelay("me", std::chrono::milliseconds(0)));
  std::optional<RelayLease> yours;
  for (int round = 0; round < 10'000 && !yours; ++round) {
    const auto taken = store->relay().TakeRelay("you", std::chrono::seconds(60));
    ASSERT_TRUE(taken) << taken.error().message;
    yours = *taken;
  }
  ASSERT_TRUE(yours);
  EXPECT_GT(yours->term, (*mine)->term);
  const PublishedRecord record{RecordKind::kPrice, "id", {"s", "2024-01"}, Sha256("v"), 1, true};
  const auto stale = store->relay().WriteRelay((*mine)->term, {.published = {record}});
  ASSERT_FALSE(stale);
  EXPECT_EQ(stale.error().kind, ErrorKind::kConflict);
  EXPECT_TRUE(PublishedOf({"s", "2024-01"}).empty());
  EXPECT_TRUE(store->relay().WriteRelay(yours->term, {.published = {record}}));
  EXPECT_EQ(PublishedOf({"s", "2024-01"}).size(), 1u);
}

TEST_P(RelayStoreConformance, RemembersWhatIsPublishedUntilItIsForgotten) {
  const RelayLease lease = Lease();
  const std::int64_t term = lease.term;
  EXPECT_EQ(lease.mark, RelayMark{});
  const IssueId issue{"s", "2024-01"}, other{"s", "2024-02"};
  ASSERT_TRUE(store->relay().WriteRelay(term, {.published = {{RecordKind::kPrice, "a", issue, Sha256("1"), 1, false},
                                                             {RecordKind::kPrice, "b#2", issue, Sha256("2"), 4, true},
                                                             {RecordKind::kIndex, "a", other, std::nullopt, 2, true}},
                                               .mark = RelayMark{"log", "view", 7}}));
  ASSERT_TRUE(
      store->relay().WriteRelay(term, {.published = {{RecordKind::kPrice, "a", issue, std::nullopt, 2, true}}}));
  Reopen();
  auto published = PublishedOf(issue);
  ASSERT_EQ(published.size(), 2u);
  std::sort(published.begin(), published.end(), [](const auto& a, const auto& b) { return a.id < b.id; });
  EXPECT_EQ(published[0].content, std::nullopt);
  EXPECT_EQ(published[0].sequence, 2);
  EXPECT_TRUE(published[0].acknowledged);
  EXPECT_EQ(published[1].id, "b#2");
  EXPECT_EQ(published[1].content, Sha256("2"));
  EXPECT_EQ(*store->relay().PublishedIssues(), (std::vector<IssueId>{issue, other}));
  EXPECT_EQ((*store->relay().TakeRelay("me", std::chrono::seconds(60)))->mark, (RelayMark{"log", "view", 7}));
  ASSERT_TRUE(store->relay().WriteRelay(
      term, {.forget = true, .published = {{RecordKind::kQuota, "q", other, Sha256("3"), 1, true}}}));
  EXPECT_TRUE(PublishedOf(issue).empty());
  EXPECT_EQ(PublishedOf(other).size(), 1u);
}

TEST_P(RelayStoreConformance, WhatIsNotedIsKeptApartUntilItIsPublished) {
  const std::int64_t term = Lease().term;
  const IssueId issue{"s", "2024-01"};
  EXPECT_TRUE(store->relay().Noted()->empty());
  ASSERT_TRUE(store->relay().WriteRelay(
      term, {.noted = {{RecordKind::kPrice, "a \"1\"", issue, Sha256("1"), 3, false},
                       {RecordKind::kIndex, "b#2", {"稀土", "2024-02"}, std::nullopt, 2, false}}}));
  Reopen();
  EXPECT_TRUE(PublishedOf(issue).empty());
  auto noted = store->relay().Noted();
  ASSERT_TRUE(noted) << noted.error().message;
  ASSERT_EQ(noted->size(), 2u);
  EXPECT_EQ(noted->at(0).kind, RecordKind::kPrice);
  EXPECT_EQ(noted->at(0).id, "a \"1\"");
  EXPECT_EQ(noted->at(0).issue, issue);
  EXPECT_EQ(noted->at(0).content, Sha256("1"));
  EXPECT_EQ(noted->at(0).sequence, 3);
  EXPECT_FALSE(noted->at(0).acknowledged);
  EXPECT_EQ(noted->at(1).issue, (IssueId{"稀土", "2024-02"}));
  EXPECT_EQ(noted->at(1).content, std::nullopt);
  // Other writes do not replace it.
  ASSERT_TRUE(store->relay().WriteRelay(term, {.mark = RelayMark{"log", "view", 1}}));
  EXPECT_EQ(store->relay().Noted()->size(), 2u);
  ASSERT_TRUE(store->relay().WriteRelay(term, {.published = *noted}));
  EXPECT_TRUE(store->relay().Noted()->empty());
  ASSERT_EQ(PublishedOf(issue).size(), 1u);
  EXPECT_FALSE(PublishedOf(issue).front().acknowledged);
}

TEST_P(RelayStoreConformance, AnEarlierSchemaKeepsWhatIsPublished) {
  const std::string earlier = GetParam().make();
  GetParam().make_earlier(earlier, 8,
                          "INSERT INTO published_issue VALUES(7, 's', '2024-01');"
                          "INSERT INTO published VALUES(0, 'sent', 7, NULL, 3, 1), (0, 'noted', 7, NULL, 5, 0);"
                          "UPDATE relay SET log_id = 'log', view = '1', first_sequence = 9");
  auto opened = OpenStore(earlier, false);
  ASSERT_TRUE(opened) << opened.error().message;
  store = std::move(*opened);
  EXPECT_EQ(Lease().mark, (RelayMark{"log", "1", 9}));
  EXPECT_TRUE(store->relay().Noted()->empty());
  auto published = PublishedOf({"s", "2024-01"});
  ASSERT_EQ(published.size(), 2u);
  std::sort(published.begin(), published.end(), [](const auto& a, const auto& b) { return a.sequence < b.sequence; });
  EXPECT_EQ(published[0].id, "sent");
  EXPECT_TRUE(published[0].acknowledged);
  EXPECT_EQ(published[1].sequence, 5);
  EXPECT_FALSE(published[1].acknowledged);
}

TEST_P(RelayStoreConformance, OnlyIssuesThatAManifestListsAreKnownAmongOthers) {
  const IssueId listed{"s", "2024-02"}, bare{"s", "2024-01"};
  ASSERT_TRUE(Write({{Rows("a")}, {{ManifestOf({{listed, true, {}}}), {}}}, {}, {}}));
  EXPECT_EQ(*Now(*store)->IssuesAmong("prices", {bare, {"s", "1999-01"}, listed}), (std::vector<IssueId>{listed}));
  EXPECT_TRUE(Now(*store)->IssuesAmong("patents", {bare, listed})->empty());
}

TEST_P(RelayStoreConformance, EachAttemptOfALetterIsCopiedOnce) {
  DeadLetter letter;
  letter.id = Sha256("letter");
  letter.at = {"bulletin.sections.market", 1};
  letter.offset = 5;
  letter.stage = "decode";
  letter.error = "bad";
  letter.value = std::string("\0x", 2);
  letter.known_at = Timestamp(std::chrono::milliseconds(10));
  ASSERT_TRUE(Write({{}, {}, {letter}, {}}));
  const std::int64_t term = Lease().term;
  auto letters = store->relay().LettersToCopy(10);
  ASSERT_EQ(letters->size(), 1u);
  EXPECT_EQ(letters->front().consumer, "prices");
  EXPECT_EQ(letters->front().value, letter.value);
  ASSERT_TRUE(store->relay().WriteRelay(term, {.copied = *letters}));
  EXPECT_TRUE(store->relay().LettersToCopy(10)->empty());
  letter.known_at += std::chrono::seconds(1);
  letter.offset = 9;
  ASSERT_TRUE(Write({{}, {}, {letter}, {}}));  // it failed again
  letters = store->relay().LettersToCopy(10);
  ASSERT_EQ(letters->size(), 1u);
  EXPECT_EQ(letters->front().attempts, 2);
}

}  // namespace ytterby::testing
