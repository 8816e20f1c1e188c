// What the snapshots of every store must do, whatever the adapter: what they see, by moment and by scope.
#pragma once

#include "tests/support/store_fixture.hpp"

namespace ytterby::testing {

class SnapshotConformance : public StoreFixture {};

TEST_P(SnapshotConformance, AHeldSnapshotDoesNotSeeLaterWrites) {
  ASSERT_TRUE(Write({{Rows("a")}, {}, {}, {}}));
  const auto held = Now(*store);
  ASSERT_TRUE(Write({{Rows("b")}, {}, {}, {}}));
  EXPECT_EQ(held->Count("prices")->sections, 1);
  EXPECT_EQ(Now(*store)->Count("prices")->sections, 2);
}

// At 10 the log had accepted the first reading of the document, from 20 on a second one, which finds another issue too;
// its last section came at 30, with a newer normaliser's rows for the first.
TEST_P(SnapshotConformance, AScopeSeesOnlyWhatWasKnownByItsTime) {
  const auto time = [](int millis) { return Timestamp(std::chrono::milliseconds(millis)); };
  const IssueId early{"s", "2024-01"}, late{"s", "2024-02"};
  const auto section_of = [&](const std::string& name, int splitter, int normaliser, int known) {
    SectionRows rows = Rows(name, "text", normaliser);
    rows.splitter_version = splitter;
    rows.known_at = time(known);
    return rows;
  };
  const Manifest first = ManifestOf({{early, true, {{{Sha256("a")}, Category::kMarket, 0}}}}, 1);
  const Manifest second = ManifestOf(
      {{early, true, {{{Sha256("c")}, Category::kMarket, 0}, {{Sha256("d")}, Category::kMarket, 1}}}, {late, true, {}}},
      2);
  ASSERT_TRUE(Write({{section_of("a", 1, 1, 10)}, {{first, time(10)}}, {}, {}}));
  ASSERT_TRUE(Write({{section_of("c", 2, 1, 20)}, {{second, time(20)}}, {}, {}}));
  ASSERT_TRUE(Write({{section_of("d", 2, 1, 30), section_of("a", 1, 2, 30)}, {}, {}, {}}));

  // By splitter version: sections stored and listed, and which version counts.
  const auto editions = [&](Snapshot& snapshot) {
    std::map<int, std::string> text;
    const auto rows = snapshot.Editions("prices", {early}, {Category::kMarket});
    for (const EditionRow& row : rows->at(0)) {
      text[row.splitter_version] = std::to_string(row.stored) + " of " + std::to_string(row.listed) + ", " +
                                   std::to_string(row.counted_version) + " counts";
    }
    return text;
  };
  const auto value = [&](Snapshot& snapshot) {
    const EditionKey edition{early, {Sha256("document")}, {Sha256("text")}, 1};
    const auto rows = snapshot.Rows("prices", {edition}, RecordKind::kPrice)->at(0);
    EXPECT_LE(rows.size(), 1u);
    return rows.empty() ? "" : rows.front().body;
  };
  struct Moment {
    std::optional<int> as_of;
    std::vector<IssueId> issues;
    std::map<int, std::string> editions;
    std::string value;
    std::int64_t sections, records, manifests;
  };
  const std::map<int, std::string> both = {{1, "1 of 1, 2 counts"}, {2, "2 of 2, 2 counts"}};
  for (const Moment& moment : std::vector<Moment>{
           {9, {}, {}, "", 0, 0, 0},
           {10, {early}, {{1, "1 of 1, 1 counts"}}, "{\"value\":\"1\"}", 1, 1, 1},
           {19, {early}, {{1, "1 of 1, 1 counts"}}, "{\"value\":\"1\"}", 1, 1, 1},
           {29, {early, late}, {{1, "1 of 1, 1 counts"}, {2, "1 of 2, 1 counts"}}, "{\"value\":\"1\"}", 2, 2, 2},
           {30, {early, late}, both, "{\"value\":\"2\"}", 4, 4, 2},
           {std::nullopt, {early, late}, both, "{\"value\":\"2\"}", 4, 4, 2}}) {
    SCOPED_TRACE(moment.as_of.value_or(-1));
    Scope scope;
    if (moment.as_of) scope.as_of = time(*moment.as_of);
    const auto snapshot = Now(*store, scope);
    EXPECT_EQ(*snapshot->Issues("prices"), moment.issues);
    EXPECT_EQ(snapshot->IssuesAmong("prices", {early, late})->size(), moment.issues.size());
    EXPECT_EQ(editions(*snapshot), moment.editions);
    EXPECT_EQ(value(*snapshot), moment.value);
    const auto counts = snapshot->Count("prices");
    EXPECT_EQ(counts->issues, static_cast<std::int64_t>(moment.issues.size()));
    EXPECT_EQ(counts->sections, moment.sections);
    EXPECT_EQ(counts->records, moment.records);
    EXPECT_EQ(counts->manifests, moment.manifests);
  }
}

// Of three letters of 10, one is waived at 20, one closed by its retry now, and one stays open.
TEST_P(SnapshotConformance, AScopeSeesLettersAsTheyWereAtItsTime) {
  const auto time = [](int millis) { return Timestamp(std::chrono::milliseconds(millis)); };
  const IssueId issue{"s", "2024-01"};
  std::vector<DeadLetter> letters = Letters(3);
  for (DeadLetter& letter : letters) letter.known_at = time(10);
  letters[0].event = Sha256("a");
  ASSERT_TRUE(
      Write({{}, {{ManifestOf({{issue, true, {{{Sha256("a")}, Category::kMarket, 0}}}}), time(10)}}, letters, {}}));
  ASSERT_TRUE(store->letters().MoveLetter("prices", letters[0].id, {"open"}, "waived", "why", time(20)) == true);
  ASSERT_TRUE(Write({{}, {}, {}, {}, {letters[1].id}}));
  struct Moment {
    std::optional<int> as_of;
    std::int64_t stored, waiting;
  };
  for (const Moment& moment : std::vector<Moment>{{10, 0, 3}, {19, 0, 3}, {20, 1, 2}, {std::nullopt, 1, 1}}) {
    SCOPED_TRACE(moment.as_of.value_or(-1));
    Scope scope;
    if (moment.as_of) scope.as_of = time(*moment.as_of);
    const auto snapshot = Now(*store, scope);
    EXPECT_EQ(snapshot->Editions("prices", {issue}, {Category::kMarket})->at(0).at(0).stored, moment.stored);
    EXPECT_EQ(snapshot->Count("prices")->dead_letters, moment.waiting);
  }
  Scope before;
  before.as_of = time(9);
  EXPECT_EQ(Now(*store, before)->Count("prices")->dead_letters, 0);
}

// Replays 7 and 8 read the first section again at 40 with a newer normaliser; only replay 7 has the second section.
TEST_P(SnapshotConformance, TheRowsOfAReplayAreSeenOnlyByAScopeThatNamesIt) {
  const Manifest manifest = ManifestOf(
      {{{"s", "2024-01"}, true, {{{Sha256("a")}, Category::kMarket, 0}, {{Sha256("b")}, Category::kMarket, 1}}}});
  ASSERT_TRUE(Write({{Rows("a")}, {{manifest, {}}}, {}, {}}));
  for (const std::string replay : {"7", "8"}) {
    GetParam().run_sql(url,
                       "INSERT INTO prices_row(section, kind, row_index, normaliser_version, replay, first_span, "
                       "known_at, natural_key, body, provenance) SELECT section, kind, row_index, 2, " +
                           replay + ", first_span, 40, natural_key, '{\"replay\":" + replay +
                           "}', provenance FROM prices_row WHERE replay = 0");
    GetParam().run_sql(
        url, "INSERT INTO prices_stored SELECT section, 2, " + replay + ", 40 FROM prices_stored WHERE replay = 0");
  }
  GetParam().run_sql(url, "INSERT INTO prices_stored SELECT id, 1, 7, 40 FROM prices_section WHERE content IS NULL");
  const std::string live = "{\"value\":\"1\"}";
  const auto before = Timestamp(std::chrono::milliseconds(39)), after = Timestamp(std::chrono::milliseconds(40));
  for (const auto& [scope, body, stored] :
       std::vector<std::tuple<Scope, std::string, int>>{{{}, live, 1},
                                                        {{{6}, {}}, live, 1},
                                                        {{{7}, {}}, "{\"replay\":7}", 2},
                                                        {{{8}, {}}, "{\"replay\":8}", 1},
                                                        {{{7, 8}, {}}, "{\"replay\":7}", 2},
                                                        {{{7, 8}, before}, live, 1},
                                                        {{{8}, after}, "{\"replay\":8}", 1}}) {
    SCOPED_TRACE(body + ", " + std::to_string(stored));
    const auto snapshot = Now(*store, scope);
    const EditionKey edition{{"s", "2024-01"}, {Sha256("document")}, {Sha256("text")}, 1};
    const auto rows = snapshot->Rows("prices", {edition}, RecordKind::kPrice)->at(0);
    ASSERT_EQ(rows.size(), 1u);
    EXPECT_EQ(rows.front().body, body);
    const auto editions = snapshot->Editions("prices", {{"s", "2024-01"}}, {Category::kMarket})->at(0);
    ASSERT_EQ(editions.size(), 1u);
    EXPECT_EQ(editions.front().listed, 2);
    EXPECT_EQ(editions.front().stored, stored);
  }
  EXPECT_EQ(Now(*store)->Count("prices")->records, 1);
}

// A consumer that had to wait for one of the snapshots would wait for ever: they are read by the thread that stores.
TEST_P(SnapshotConformance, SnapshotsOfSeveralMomentsAreReadWhileConsumersStore) {
  const std::vector<std::string> names = {"a", "b", "c", "d"};
  const EditionKey edition{{"s", "2024-01"}, {Sha256("document")}, {Sha256("text")}, 1};
  const auto read = [&](Snapshot& snapshot) {
    const auto rows = snapshot.Rows("prices", {edition}, RecordKind::kPrice);
    EXPECT_TRUE(rows) << rows.error().message;
    return rows ? rows->at(0).size() : 0;
  };
  std::vector<std::unique_ptr<Snapshot>> held;
  for (std::size_t stored = 0; stored < names.size(); ++stored) {
    held.push_back(Now(*store));
    // Every other snapshot is read before more is stored.
    if (stored % 2 == 0) {
      EXPECT_EQ(read(*held.back()), stored);
    }
    const int number = static_cast<int>(stored) + 1;
    const Manifest manifest = ManifestOf({{{"s", "2024-0" + std::to_string(number)}, true, {}}}, number);
    ASSERT_TRUE(Write({{Rows(names[stored])}, {{manifest, {}}}, {}, {}}));
  }
  for (std::size_t stored = 0; stored < held.size(); ++stored) {
    SCOPED_TRACE(stored);
    EXPECT_EQ(read(*held[stored]), stored);
    EXPECT_EQ(held[stored]->Issues("prices")->size(), stored);
    EXPECT_EQ(held[stored]->Count("prices")->sections, static_cast<std::int64_t>(stored));
  }
  EXPECT_EQ(read(*Now(*store)), names.size());
}

}  // namespace ytterby::testing
