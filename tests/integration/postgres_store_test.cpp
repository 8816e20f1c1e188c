// The PostgreSQL store on a real server, whose URL is in YTTERBY_TEST_POSTGRES: the conformance test, and what only a server can do.
#include <fmt/format.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>

#include "common/postgres.hpp"
#include "tests/support/relay_store_conformance.hpp"
#include "tests/support/store_conformance.hpp"

namespace ytterby {
namespace {

using testing::RelayStoreConformance;
using testing::StoreConformance;

std::string ServerUrl() {
  const char* url = std::getenv("YTTERBY_TEST_POSTGRES");
  return url ? url : "";
}

void MustRun(const std::string& sql, const std::string& url = ServerUrl()) {
  PgConnection admin(url);
  const auto done = admin.Execute(sql);
  ASSERT_TRUE(done) << sql << ": " << done.error().message;
}

// Each store in a schema of its own.
std::string NewSchema() {
  static std::atomic<int> number = 0;
  const std::string schema = fmt::format("t{}_{}", getpid(), ++number);
  MustRun("CREATE SCHEMA " + schema);
  return ServerUrl() + "?options=-csearch_path%3D" + schema;
}

testing::StoreUnderTest Postgres() {
  return {"postgres", NewSchema, [](const std::string& url) { MustRun("INSERT INTO schema_migration VALUES(99, 'later')", url); }};
}

INSTANTIATE_TEST_SUITE_P(PostgresStoreTest, StoreConformance, ::testing::Values(Postgres()),
                         [](const auto& store) { return store.param.name; });
INSTANTIATE_TEST_SUITE_P(PostgresStoreTest, RelayStoreConformance, ::testing::Values(Postgres()),
                         [](const auto& store) { return store.param.name; });

StoreBatch BatchOf(const std::string& name, std::optional<Offset> expected, Offset next) {
  SectionRows rows;
  rows.id = {Sha256(name)};
  rows.document = {Sha256("document")};
  rows.text_digest = {Sha256("text")};
  rows.issue = {"s", "2024-01"};
  rows.content = Sha256(name);
  rows.normaliser_version = 1;
  rows.records = {{RecordKind::kPrice, 0, name, "{}", ""}};
  OffsetMove move;
  move.at = {"t", 0};
  move.expected = expected;
  move.to = {next, {name, {}}};
  StoreBatch batch;
  batch.sections.push_back(std::move(rows));
  batch.offsets.push_back(std::move(move));
  return batch;
}

TEST(PostgresStoreTest, ManyProcessesThatOpenAFreshStoreMakeOne) {
  const std::string url = NewSchema();
  constexpr int kOpeners = 8;
  std::vector<std::string> ids(kOpeners);
  std::vector<std::thread> openers;
  for (int i = 0; i < kOpeners; ++i) {
    openers.emplace_back([&, i] {
      const auto store = OpenStore(url, false);
      ids[static_cast<std::size_t>(i)] = store ? (*store)->Id() : store.error().message;
    });
  }
  for (std::thread& opener : openers) opener.join();
  EXPECT_EQ(ids, std::vector<std::string>(kOpeners, ids[0]));
  EXPECT_EQ(ids[0].size(), 36u) << ids[0];
}

TEST(PostgresStoreTest, ACutConnectionIsReportedAndMadeAgain) {
  const std::string url = NewSchema();
  const auto store = OpenStore(url, false);
  ASSERT_TRUE(store) << store.error().message;
  ASSERT_TRUE((*store)->Write("prices", "log", BatchOf("a", std::nullopt, 1)));
  MustRun("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'ytterby' AND pid <> pg_backend_pid()");
  const auto cut = (*store)->Write("prices", "log", BatchOf("b", 1, 2));
  ASSERT_FALSE(cut);
  EXPECT_EQ(cut.error().kind, ErrorKind::kUnavailable) << cut.error().message;
  const auto again = (*store)->Write("prices", "log", BatchOf("b", 1, 2));
  EXPECT_TRUE(again) << again.error().message;
  EXPECT_FALSE((*store)->Count("prices"));  // the views' connection was cut too
  const auto count = (*store)->Count("prices");
  ASSERT_TRUE(count) << count.error().message;
  EXPECT_EQ(count->sections, 2);
}

// The server ends a session that falls silent in a transaction, which may be this program, paused: the work is done again.
TEST(PostgresStoreTest, AnEndedSessionIsTriedAgain) {
  PgConnection db(ServerUrl()), watch(ServerUrl());
  ASSERT_TRUE(db.Query("SET idle_in_transaction_session_timeout = '1ms'"));
  const auto pid = db.Query("SELECT pg_backend_pid()");
  ASSERT_TRUE(pid);
  ASSERT_TRUE(db.Query("BEGIN"));
  bool there = true;
  for (int tries = 0; tries < 20'000 && there; ++tries) {
    there = watch.Query("SELECT count(*) FROM pg_stat_activity WHERE pid = $1", PgParameters().Int(pid->Int(0, 0)))->Int(0, 0) > 0;
  }
  ASSERT_FALSE(there);
  const auto late = db.Query("SELECT 1");
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().kind, ErrorKind::kUnavailable) << late.error().message;
  EXPECT_TRUE(db.Query("SELECT 1"));
}

// Two transactions that each wait for the other's row: the server ends one, which is tried again.
TEST(PostgresStoreTest, ADeadlockIsTriedAgain) {
  const std::string url = NewSchema();
  const auto store = OpenStore(url, false);
  ASSERT_TRUE(store) << store.error().message;
  ASSERT_TRUE((*store)->Write("prices", "log", BatchOf("a", std::nullopt, 1)));
  MustRun("INSERT INTO prices_document(digest) VALUES('x'); ALTER TABLE prices_document ADD CONSTRAINT no_x CHECK(true)", url);
  // The rival holds the section's key, then wants the offset that the writer holds by then.
  PgConnection rival(url), watch(url);
  const std::string key = fmt::format("'\\x{}'::bytea", Sha256("b").Hex());
  ASSERT_TRUE(
      rival.Execute(fmt::format("SET deadlock_timeout = '20s'; BEGIN; INSERT INTO prices_section(section_id, document, text_digest, "
                                "splitter_version, issue, ordinal, category) SELECT {}, document, text_digest, 1, issue, 0, category "
                                "FROM prices_section LIMIT 1",
                                key)));
  Result<void> written;
  std::thread writer([&] { written = (*store)->Write("prices", "log", BatchOf("b", 1, 2)); });
  // The writer waits for the rival's key; now the rival waits for the writer's offset. The writer notices first, after a second.
  for (int tries = 0; tries < 2000; ++tries) {
    const auto waiting =
        watch.Query("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%prices_section%'");
    if (waiting && waiting->Int(0, 0) > 0) break;
    std::this_thread::yield();
  }
  const auto crossed = rival.Execute("UPDATE offsets SET next_offset = next_offset; ROLLBACK");
  writer.join();
  EXPECT_TRUE(crossed) << crossed.error().message;
  EXPECT_TRUE(written) << written.error().message;
  EXPECT_EQ((*store)->OffsetOf("prices", "log", {"t", 0})->value().next, 2);
}

TEST(PostgresStoreTest, OfStatementsSentTogetherNoneIsRunAfterTheOneThatFails) {
  PgConnection db(NewSchema());
  ASSERT_TRUE(db.Execute("CREATE TABLE t(n INTEGER)"));
  PgBatch batch;
  batch.Add("BEGIN");
  batch.Add("INSERT INTO t SELECT $1::integer", PgParameters().Int(1));
  batch.Add("SELECT 1 / (n - 1) FROM t");
  batch.Add("INSERT INTO t SELECT $1::integer + 1", PgParameters().Int(1));
  batch.Add("COMMIT");
  for (int round = 0; round < 2; ++round) {  // the second time some statements are known, and some were never reached
    const auto answers = db.Query(batch);
    ASSERT_FALSE(answers);
    EXPECT_EQ(answers.error().kind, ErrorKind::kBadData);
    EXPECT_TRUE(answers.error().message.ends_with("[22012]")) << answers.error().message;
    db.Rollback();
    const auto rows = db.Query("SELECT count(*) FROM t");
    ASSERT_TRUE(rows) << rows.error().message;
    EXPECT_EQ(rows->Int(0, 0), 0);
  }
  PgBatch good;
  EXPECT_EQ(good.Add("INSERT INTO t SELECT $1::integer + 1", PgParameters().Int(1)), 0u);
  EXPECT_EQ(good.Add("SELECT n FROM t"), 1u);
  const auto answers = db.Query(good);
  ASSERT_TRUE(answers) << answers.error().message;
  EXPECT_EQ(answers->at(0).touched(), 1);
  EXPECT_EQ(answers->at(1).Int(0, 0), 2);
}

// The server keeps the plans that it made while the tables were empty; they must do for full ones too.
TEST(PostgresStoreTest, TablesThatFillAreNotReadWhole) {
  const std::string url = NewSchema();
  auto store = OpenStore(url, false);
  ASSERT_TRUE(store) << store.error().message;
  for (int i = 0; i < 60; ++i) {
    const std::optional<Offset> expected = i == 0 ? std::nullopt : std::optional<Offset>(i);
    StoreBatch batch = BatchOf(std::to_string(i), expected, i + 1);
    batch.sections[0].document = {Sha256("document " + std::to_string(i))};
    ASSERT_TRUE((*store)->Write("prices", "log", batch));
  }
  store->reset();
  PgConnection watch(url);
  // A connection tells what it did when it ends.
  for (int tries = 0; tries < 20'000; ++tries) {
    const auto others = watch.Query("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'ytterby' AND pid <> pg_backend_pid()");
    ASSERT_TRUE(others) << others.error().message;
    if (others->Int(0, 0) == 0) break;
  }
  const auto read = watch.Query(
      "SELECT coalesce(sum(seq_tup_read), 0)::bigint, sum(n_tup_ins)::bigint, (SELECT sum(idx_tup_read)::bigint FROM pg_stat_user_indexes "
      "WHERE schemaname = current_schema() AND relname IN ('prices_section', 'prices_document')) FROM pg_stat_user_tables "
      "WHERE schemaname = current_schema() AND relname IN ('prices_section', 'prices_document')");
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->Int(0, 0), 0);
  EXPECT_EQ(read->Int(0, 1), 120);
  EXPECT_LT(read->Int(0, 2), 60 * 10);  // by one of its indexes a table could be read whole too: then about 60 * 30 for each such question
}

TEST(PostgresStoreTest, AWaitingConsumerHoldsUpNoOther) {
  const std::string url = NewSchema();
  const auto store = OpenStore(url, false);
  ASSERT_TRUE(store) << store.error().message;
  ASSERT_TRUE((*store)->Write("prices", "log", BatchOf("a", std::nullopt, 1)));
  PgConnection locker(url);
  ASSERT_TRUE(locker.Execute("BEGIN; LOCK TABLE prices_section IN ACCESS EXCLUSIVE MODE"));
  Result<void> written;
  std::thread waiting([&] { written = (*store)->Write("prices", "log", BatchOf("b", 1, 2)); });
  EXPECT_TRUE((*store)->Write("patents", "log", BatchOf("a", std::nullopt, 1)));
  EXPECT_EQ((*store)->Count("patents")->sections, 1);
  ASSERT_TRUE(locker.Execute("ROLLBACK"));
  waiting.join();
  EXPECT_TRUE(written) << written.error().message;
}

TEST(PostgresStoreTest, ServerAwayAndWrongDatabaseAreToldApart) {
  EXPECT_EQ(OpenStore("postgresql://nobody@127.0.0.1:1/x", false).error().kind, ErrorKind::kUnavailable);
  const std::string url = ServerUrl();
  const auto wrong = OpenStore(url.substr(0, url.rfind('/')) + "/no_such_database", false);
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().kind, ErrorKind::kConfiguration) << wrong.error().message;
}

TEST(PostgresStoreTest, AValueTheServerRefusesIsBadData) {
  const auto store = OpenStore(NewSchema(), false);
  ASSERT_TRUE(store) << store.error().message;
  StoreBatch batch = BatchOf("a", std::nullopt, 1);
  batch.sections[0].records[0].body = "\xFF";
  const auto refused = (*store)->Write("prices", "log", batch);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::kBadData) << refused.error().message;
  EXPECT_TRUE((*store)->Write("prices", "log", BatchOf("a", std::nullopt, 1)));
}

}  // namespace
}  // namespace ytterby
