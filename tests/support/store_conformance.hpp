// What every store must do, whatever the adapter. Included by the tests of each adapter.
#pragma once

#include "tests/support/store_fixture.hpp"

namespace ytterby::testing {

class StoreConformance : public StoreFixture {};

TEST_P(StoreConformance, ARedeliveredSectionChangesNothing) {
  ASSERT_TRUE(Write({{Rows("a")}, {}, {}, {}}));
  ASSERT_TRUE(Write({{Rows("a")}, {}, {}, {}}));
  EXPECT_EQ(Count(), 1u);
  EXPECT_EQ(Now(*store)->Count("prices")->sections, 1);
}

TEST_P(StoreConformance, TheSameIdWithOtherBytesIsRefusedAndTheBatchWithIt) {
  ASSERT_TRUE(Write({{Rows("a")}, {}, {}, {}}));
  const auto refused = Write({{Rows("b"), Rows("a", "other text")}, {}, {}, {}});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::kBadData);
  EXPECT_EQ(Count(), 1u);
}

TEST_P(StoreConformance, AViewTakesTheGreatestNormaliserVersion) {
  ASSERT_TRUE(Write({{Rows("a", "text", 2)}, {}, {}, {}}));
  ASSERT_TRUE(Write({{Rows("a", "text", 1)}, {}, {}, {}}));
  const auto rows = RowsOf("2024-01");
  ASSERT_EQ(rows.size(), 1u);
  EXPECT_EQ(rows.front().body, "{\"value\":\"2\"}");
}

TEST_P(StoreConformance, OffsetsMoveByCompareAndSetWithTheirRows) {
  const TopicPartition at{"t", 0};
  const Timestamp time{std::chrono::milliseconds(5)};
  ASSERT_TRUE(Write({{}, {}, {}, {{at, std::nullopt, {3, {"id2", time}}}}}));
  const auto conflict = Write({{Rows("zombie")}, {}, {}, {{at, std::nullopt, {9, {"id8", time}}}}});
  ASSERT_FALSE(conflict);
  EXPECT_EQ(conflict.error().kind, ErrorKind::kConflict);
  EXPECT_EQ(Count(), 0u);
  ASSERT_TRUE(Write({{Rows("a")}, {}, {}, {{at, 3, {4, {"id3", time}}}}}));
  Reopen();
  const auto offset = store->writer().OffsetOf("prices", "log", at);
  ASSERT_TRUE(offset && *offset);
  EXPECT_EQ((*offset)->next, 4);
  EXPECT_EQ((*offset)->before, (Fingerprint{"id3", time}));
  EXPECT_FALSE(store->writer().OffsetOf("prices", "another log", at)->has_value());
  EXPECT_FALSE(store->writer().OffsetOf("patents", "log", at)->has_value());
}

TEST_P(StoreConformance, KeepsItsIdAndRefusesANewerSchema) {
  const std::string id = store->Id();
  Reopen();
  EXPECT_EQ(store->Id(), id);
  store.reset();
  GetParam().outdate(url);
  const auto newer = OpenStore(url, false);
  ASSERT_FALSE(newer);
  EXPECT_EQ(newer.error().kind, ErrorKind::kConfiguration);
  EXPECT_EQ(OpenStore(GetParam().make(), true).error().kind, ErrorKind::kNoInput);
}

TEST_P(StoreConformance, KnowsWhatAManifestStillWaitsFor) {
  const Manifest manifest = ManifestOf({{{"s", "2024-01"},
                                         true,
                                         {{{Sha256("a")}, Category::kMarket, 0},
                                          {{Sha256("b")}, Category::kMarket, 1},
                                          {{Sha256("c")}, Category::kAbstracts, 2}}}});
  ASSERT_TRUE(Write({{Rows("a")}, {{manifest, {}}}, {}, {}}));
  auto editions = EditionsOf("2024-01");
  ASSERT_EQ(editions.size(), 1u);
  EXPECT_EQ(editions.front().listed, 2);
  EXPECT_EQ(editions.front().stored, 1);
  ASSERT_TRUE(Write({{Rows("b")}, {{manifest, {}}}, {}, {}}));
  EXPECT_EQ(EditionsOf("2024-01").front().stored, 2);
}

// Version 1 finds two issues in the document, version 2 only the later one: once version 2 is complete, the earlier
// issue has no edition.
TEST_P(StoreConformance, TheSplitterVersionOfADocumentCountsOverAllItsIssues) {
  const IssueId early{"s", "2024-01"}, late{"s", "2024-02"};
  const auto manifest_of = [](int version, std::vector<ManifestIssue> issues) {
    return ManifestRow{ManifestOf(std::move(issues), version), {}};
  };
  const auto section_of = [](const std::string& name, const IssueId& issue, int version) {
    SectionRows rows = Rows(name);
    rows.issue = issue;
    rows.splitter_version = version;
    return rows;
  };
  const auto counted = [&](const IssueId& issue) {
    const auto editions = EditionsOf(issue.label);
    return editions.empty() ? 0 : editions.front().counted_version;
  };
  const ManifestRow old = manifest_of(1, {{early, true, {{{Sha256("a")}, Category::kMarket, 0}}},
                                          {late, true, {{{Sha256("b")}, Category::kMarket, 0}}}});
  const ManifestRow fresh =
      manifest_of(2, {{late, true, {{{Sha256("c")}, Category::kMarket, 0}, {{Sha256("d")}, Category::kMarket, 1}}}});
  ASSERT_TRUE(Write({{section_of("a", early, 1)}, {old}, {}, {}}));
  EXPECT_EQ(counted(early), 1);  // incomplete, but the only one
  ASSERT_TRUE(Write({{section_of("b", late, 1), section_of("c", late, 2)}, {fresh}, {}, {}}));
  EXPECT_EQ(counted(early), 1);
  EXPECT_EQ(counted(late), 1);
  ASSERT_TRUE(Write({{section_of("d", late, 2)}, {}, {}, {}}));
  EXPECT_EQ(counted(early), 2);
  EXPECT_EQ(counted(late), 2);
}

// A poisoned batch may contain the same section twice.
TEST_P(StoreConformance, ASectionTwiceInABatchIsOne) {
  ASSERT_TRUE(Write({{Rows("a"), Rows("a")}, {}, {}, {}}));
  EXPECT_EQ(Count(), 1u);
  const auto refused = Write({{Rows("b"), Rows("b", "other text")}, {}, {}, {}});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::kBadData);
  EXPECT_EQ(Count(), 1u);
}

// Two members of a group store sections of one issue at the same time, with some sections in common.
TEST_P(StoreConformance, TwoWritersOfOneIssueDoubleNothing) {
  const auto other = OpenStore(url, false);
  ASSERT_TRUE(other) << other.error().message;
  constexpr int kBatches = 25, kSections = 8;
  std::vector<std::string> errors[2];
  const auto write = [&](Store& one, int member) {
    for (int batch = 0; batch < kBatches; ++batch) {
      StoreBatch sections;
      // Each writes in its own order: a store that locks row by row would deadlock.
      for (int i = 0; i < kSections; ++i)
        sections.sections.push_back(Rows(std::to_string(batch * 4 + (member ? kSections - i : i))));
      const auto written = one.writer().Write("prices", "log", sections);
      if (!written) errors[member].push_back(written.error().message);
    }
  };
  std::thread first([&] { write(*store, 0); });
  std::thread second([&] { write(**other, 1); });
  first.join();
  second.join();
  EXPECT_EQ(errors[0], std::vector<std::string>());
  EXPECT_EQ(errors[1], std::vector<std::string>());
  const auto total = static_cast<std::size_t>((kBatches - 1) * 4 + kSections + 1);
  EXPECT_EQ(Count(), total);
  EXPECT_EQ(Now(*store)->Count("prices")->sections, static_cast<std::int64_t>(total));
}

TEST_P(StoreConformance, KeepsADeadLetterWithItsBytes) {
  DeadLetter letter;
  letter.id = Sha256("letter");
  letter.at = {"t", 2};
  letter.offset = 7;
  letter.stage = "decode";
  letter.error = "no JSON";
  letter.key = "key";
  letter.value = std::string("\0\xFF{", 3);
  letter.headers = {{"ce_id", "x"}};
  ASSERT_TRUE(Write({{}, {}, {letter, letter}, {}}));
  ASSERT_TRUE(Write({{}, {}, {letter}, {}}));
  const auto letters = AllLetters(*store, "prices");
  ASSERT_EQ(letters.size(), 1u);
  EXPECT_EQ(letters.front().id, letter.id);
  EXPECT_EQ(letters.front().at, letter.at);
  EXPECT_EQ(letters.front().offset, 7);
  EXPECT_EQ(letters.front().value, letter.value);
  EXPECT_EQ(letters.front().error, "no JSON");
  EXPECT_EQ(letters.front().attempts, 1);
  EXPECT_EQ(Now(*store)->Count("prices")->dead_letters, 1);
  // Two retries that fail in one batch count as two attempts.
  DeadLetter second = letter, third = letter;
  second.known_at += std::chrono::milliseconds(1);
  third.known_at += std::chrono::milliseconds(2);
  ASSERT_TRUE(Write({{}, {}, {second, third}, {}}));
  EXPECT_EQ(AllLetters(*store, "prices").front().attempts, 3);
}

TEST_P(StoreConformance, AWaivedSectionCountsAsStoredAndEmptyUntilItComes) {
  const Manifest manifest = ManifestOf(
      {{{"s", "2024-01"}, true, {{{Sha256("a")}, Category::kMarket, 0}, {{Sha256("b")}, Category::kMarket, 1}}}});
  DeadLetter letter;
  letter.id = Sha256("letter");
  letter.at = {"t", 0};
  letter.stage = "normalise";
  letter.event = Sha256("b");
  ASSERT_TRUE(Write({{Rows("a")}, {{manifest, {}}}, {letter}, {}}));
  const auto stored = [&] { return EditionsOf("2024-01").front().stored; };
  EXPECT_EQ(stored(), 1);
  EXPECT_FALSE(*store->letters().MoveLetter("prices", letter.id, {"retried"}, "waived", "why", {}));
  EXPECT_FALSE(*store->letters().MoveLetter("patents", letter.id, {"open"}, "waived", "why", {}));
  EXPECT_TRUE(*store->letters().MoveLetter("prices", letter.id, {"open", "retried"}, "waived", "why", {}));
  EXPECT_EQ(stored(), 2);
  EXPECT_EQ(AllLetters(*store, "prices").front().note, "why");
  EXPECT_EQ(Now(*store)->Count("prices")->dead_letters, 0);
  ASSERT_TRUE(Write({{Rows("b")}, {}, {}, {}}));
  EXPECT_EQ(stored(), 2);
  EXPECT_EQ(Count(), 2u);
}

TEST_P(StoreConformance, ALetterIsClosedByWhatIsStoredOrByItsId) {
  std::vector<DeadLetter> letters = Letters(3);
  letters[0].event = Sha256("a");
  ASSERT_TRUE(Write({{}, {}, letters, {}}));
  EXPECT_EQ(store->letters().CountLetters("prices")->at(0).count, 3);
  ASSERT_TRUE(Write({{Rows("a")}, {}, {}, {}, {letters[1].id}}));
  const auto now = AllLetters(*store, "prices");
  EXPECT_EQ(now.at(0).state, "closed");
  EXPECT_EQ(now.at(1).state, "closed");
  EXPECT_EQ(now.at(2).state, "open");
}

TEST_P(StoreConformance, GivesTextBackAsItCame) {
  SectionRows rows = Rows("a");
  rows.records[0].natural_key = "氧化镨钕 \"x\"\t\\N";
  rows.records[0].body = "{\"说明\":\"一行\\n二行 {,} \\\\\"}";
  ASSERT_TRUE(Write({{rows}, {}, {}, {}}));
  const auto back = RowsOf("2024-01");
  ASSERT_EQ(back.size(), 1u);
  EXPECT_EQ(back.front().natural_key, rows.records[0].natural_key);
  EXPECT_EQ(back.front().body, rows.records[0].body);
  EXPECT_EQ(back.front().first_span, 5u);
}

TEST_P(StoreConformance, KeepsWhoRunsAConsumerUntilItStopsOrIsSilentForADay) {
  const Timestamp now{std::chrono::hours(24 * 365)};
  const auto said = [&] {
    std::string text;
    const auto holders = store->writer().Holders();
    EXPECT_TRUE(holders) << holders.error().message;
    for (const Holder& holder : *holders) {
      text += holder.consumer + " " + holder.id + " " + holder.host + " " + std::to_string(holder.pid) + " " +
              std::to_string((holder.seen - now).count()) + "; ";
    }
    return text;
  };
  EXPECT_EQ(said(), "");
  const Holder first{"prices", "one", "left", 11, now},
      second{"prices", "two", "right", 12, now + std::chrono::milliseconds(2)},
      other{"patents", "one", "left", 11, now + std::chrono::milliseconds(1)},
      dead{"articles", "three", "gone", 13, now - kHolderKept};
  for (const Holder& holder : {first, second, other, dead}) ASSERT_TRUE(store->writer().NoteHolder(holder));
  EXPECT_EQ(said(),
            "prices two right 12 2; patents one left 11 1; prices one left 11 0; "
            "articles three gone 13 -86400000; ");
  Holder again = first;
  again.seen = now + std::chrono::milliseconds(3);
  ASSERT_TRUE(store->writer().NoteHolder(again));
  Reopen();
  EXPECT_EQ(said(),
            "prices one left 11 3; prices two right 12 2; patents one left 11 1; "
            "articles three gone 13 -86400000; ");
  // One that stops takes the dead with it, and no other.
  ASSERT_TRUE(store->writer().ForgetHolder(again));
  EXPECT_EQ(said(), "prices two right 12 2; patents one left 11 1; ");
}

}  // namespace ytterby::testing
