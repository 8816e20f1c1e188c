// The SQLite store: the conformance test, and tests for SQLite only.
#include "common/db/sqlite.hpp"

#include <fstream>

#include "consumers/stores/relay_notes.hpp"
#include "consumers/stores/sqlite_home.hpp"
#include "tests/support/pipeline.hpp"
#include "tests/support/relay_store_conformance.hpp"
#include "tests/support/snapshot_conformance.hpp"
#include "tests/support/store_conformance.hpp"
#include "tests/support/temporary_folder.hpp"

namespace ytterby {
namespace {

using testing::RelayStoreConformance;
using testing::SnapshotConformance;
using testing::StoreConformance;

const testing::TemporaryFolder& Folder() {
  static const testing::TemporaryFolder folder;
  return folder;
}

testing::StoreUnderTest Sqlite() {
  const auto make = [] {
    static int number = 0;
    return "sqlite:" + (Folder().path() / std::to_string(++number) / "store.db").string();
  };
  const auto outdate = [](const std::string& url) {
    auto db = Database::Open(url.substr(std::string("sqlite:").size()), {});
    ASSERT_TRUE(db && db->Execute("PRAGMA user_version = 99"));
  };
  const auto make_earlier = [](const std::string& url, int number, const std::string& sql) {
    const std::filesystem::path file = url.substr(std::string("sqlite:").size());
    std::filesystem::create_directories(file.parent_path());
    auto db = Database::Open(file, {});
    ASSERT_TRUE(db);
    const std::string tables = testing::SchemaUpTo(number, {"TEXT", "BLOB", "INTEGER PRIMARY KEY", false});
    const auto made = db->Execute(tables + sql + "; PRAGMA user_version = " + std::to_string(number));
    ASSERT_TRUE(made) << made.error().message;
  };
  const auto run_sql = [](const std::string& url, const std::string& sql) {
    auto db = Database::Open(url.substr(std::string("sqlite:").size()), {});
    ASSERT_TRUE(db);
    const auto done = db->Execute(sql);
    ASSERT_TRUE(done) << sql << ": " << done.error().message;
  };
  return {"sqlite", make, outdate, make_earlier, run_sql};
}

INSTANTIATE_TEST_SUITE_P(StoreTest, StoreConformance, ::testing::Values(Sqlite()),
                         [](const auto& store) { return store.param.name; });
INSTANTIATE_TEST_SUITE_P(StoreTest, RelayStoreConformance, ::testing::Values(Sqlite()),
                         [](const auto& store) { return store.param.name; });
INSTANTIATE_TEST_SUITE_P(StoreTest, SnapshotConformance, ::testing::Values(Sqlite()),
                         [](const auto& store) { return store.param.name; });

TEST(StoreTest, ADamagedNoteOfTheRelayIsAnErrorAndNoTombstone) {
  const std::string whole = EncodeNoted({{RecordKind::kPrice, "a", {"s", "2024-01"}, Sha256("1"), 3, false}});
  ASSERT_TRUE(DecodeNoted(whole));
  const std::string digest = Sha256("1").Hex();
  for (const auto& [from, to] :
       {std::pair{digest, digest.substr(1)}, {"\"" + digest + "\"", "7"}, {"\"id\"", "\"other\""}, {"[", ""}}) {
    std::string damaged = whole;
    damaged.replace(damaged.find(from), from.size(), to);
    const auto decoded = DecodeNoted(damaged);
    ASSERT_FALSE(decoded) << damaged;
    EXPECT_EQ(decoded.error().kind, ErrorKind::kDamaged) << damaged;
  }
}

// Everything but the header is overwritten while a consumer has the store open.
TEST(StoreTest, AFileThatIsOverwrittenWhileItIsOpenIsDamaged) {
  const testing::TemporaryFolder folder;
  const std::filesystem::path file = folder.path() / "store.db";
  const std::string url = "sqlite:" + file.string();
  const auto batch_of = [](const std::string& name) {
    SectionRows rows;
    rows.id = {Sha256(name)};
    rows.document = {Sha256("document " + name)};
    rows.text_digest = {Sha256("text")};
    rows.issue = {"s", "2024-01"};
    rows.content = Sha256(name);
    rows.normaliser_version = 1;
    rows.records = {{RecordKind::kPrice, 0, name, "{\"value\":\"" + std::string(2000, '1') + "\"}", ""}};
    StoreBatch batch;
    batch.sections.push_back(std::move(rows));
    return batch;
  };
  {
    const auto fill = OpenStore(url, false);
    ASSERT_TRUE(fill) << fill.error().message;
    for (int i = 0; i < 50; ++i) ASSERT_TRUE((*fill)->writer().Write("prices", "log", batch_of(std::to_string(i))));
  }  // closed, so that the file itself has all of it
  const auto store = OpenStore(url, false);
  ASSERT_TRUE(store) << store.error().message;
  ASSERT_TRUE(FindDamage(url)->empty());
  {
    constexpr std::uintmax_t kHeader = 100;
    std::fstream overwrite(file, std::ios::binary | std::ios::in | std::ios::out);
    overwrite.seekp(kHeader);
    overwrite << std::string(std::filesystem::file_size(file) - kHeader, '\xA5') << std::flush;
    ASSERT_TRUE(overwrite);
  }
  const auto written = (*store)->writer().Write("prices", "log", batch_of("late"));
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().kind, ErrorKind::kDamaged) << written.error().message;
  EXPECT_EQ(written.error().part, Part::kStore);
  EXPECT_TRUE(WaitsForOperator(written.error().kind));
  EXPECT_NE(written.error().message.find(file.string()), std::string::npos) << written.error().message;
  EXPECT_NE(written.error().message.find("`ytterby store check`"), std::string::npos) << written.error().message;
  const auto snapshot = (*store)->OpenSnapshot();
  const auto count = snapshot ? (*snapshot)->Count("prices") : Result<StoreCounts>(tl::unexpected(snapshot.error()));
  ASSERT_FALSE(count);
  EXPECT_EQ(count.error().kind, ErrorKind::kDamaged) << count.error().message;
  const auto damage = FindDamage(url);
  ASSERT_TRUE(damage) << damage.error().message;
  ASSERT_FALSE(damage->empty());
  EXPECT_NE(damage->front().find("store.db"), std::string::npos) << damage->front();
}

// The closed file of a store with one issue.
std::filesystem::path StoreOfOneIssue(testing::Pipeline& pipeline) {
  pipeline.OpenStore();
  EXPECT_TRUE(pipeline.Publish("1", testing::Issue(1)));
  pipeline.Drain();
  pipeline.store.reset();
  return pipeline.folder.path() / "store.db";
}

// Another priority, revision or name would make another edition current.
TEST(StoreTest, AChangedByteOfAManifestIsDamage) {
  testing::Pipeline pipeline;
  const auto file = StoreOfOneIssue(pipeline);
  const std::string url = "sqlite:" + file.string();
  auto db = Database::Open(file, {});
  ASSERT_TRUE(db) << db.error().message;
  for (const auto& [change, back] : std::vector<std::pair<std::string, std::string>>{
           {"prices_manifest SET priority = priority + 1", "prices_manifest SET priority = priority - 1"},
           {"prices_manifest SET name = name || 'x'", "prices_manifest SET name = substr(name, 1, length(name) - 1)"},
           {"prices_manifest_issue SET whole = 1 - whole", "prices_manifest_issue SET whole = 1 - whole"},
           {"prices_issue SET label = 'x' || label", "prices_issue SET label = substr(label, 2)"}}) {
    ASSERT_TRUE(db->Execute("UPDATE " + change));
    const auto store = OpenStore(url, true);
    ASSERT_TRUE(store) << store.error().message;
    const auto read = ForEachRecord(*testing::Now(**store), RecordKind::kPrice, [](const ViewRecord&) {});
    ASSERT_FALSE(read) << change;
    EXPECT_EQ(read.error().kind, ErrorKind::kDamaged) << read.error().message;
    EXPECT_FALSE(FindDamage(url)->empty()) << change;
    ASSERT_TRUE(db->Execute("UPDATE " + back));
    EXPECT_TRUE(FindDamage(url)->empty()) << back;
  }
}

// Two copies with one id would share their groups, and each would get half of the messages.
TEST(StoreTest, ACopyIsRefusedUntilAPersonDecidesAMovedFileIsNot) {
  const testing::TemporaryFolder folder;
  const auto file = folder.path() / "store.db", moved = folder.path() / "moved.db", copy = folder.path() / "copy.db";
  const auto open = [](const std::filesystem::path& path) {
    auto store = OpenStore("sqlite:" + path.string(), false);
    EXPECT_TRUE(store) << store.error().message;
    return std::move(*store);
  };
  const std::string id = open(file)->Id();
  EXPECT_TRUE(open(file)->CheckHome());
  std::filesystem::rename(file, moved);
  EXPECT_TRUE(open(moved)->CheckHome());
  std::filesystem::copy_file(moved, copy);
  const auto refused = open(copy)->CheckHome();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::kConfiguration);
  EXPECT_NE(refused.error().message.find(moved.string()), std::string::npos) << refused.error().message;
  EXPECT_FALSE(open(copy)->CheckHome()) << "opening it twice must not make it the store's home";
  EXPECT_TRUE(open(moved)->CheckHome());
  ASSERT_TRUE(AdoptStore(copy, Adoption::kCopy));
  EXPECT_TRUE(open(copy)->CheckHome());
  EXPECT_NE(open(copy)->Id(), id);
  // Restored in its place.
  std::filesystem::copy_file(moved, file);
  std::filesystem::rename(file, moved);
  EXPECT_TRUE(open(moved)->CheckHome());
  EXPECT_EQ(open(moved)->Id(), id);
  // From another machine.
  std::filesystem::copy_file(moved, file);
  ASSERT_TRUE(AdoptStore(file, Adoption::kMoved));
  EXPECT_TRUE(open(file)->CheckHome());
  EXPECT_EQ(open(file)->Id(), id);
  EXPECT_EQ(AdoptStore(folder.path() / "none.db", Adoption::kMoved).error().kind, ErrorKind::kNoInput);
  EXPECT_FALSE(std::filesystem::exists(folder.path() / "none.db"));
}

// A changed digit would be another price. SQLite's own check does not see it.
TEST(StoreTest, AChangedByteOfARowIsDamage) {
  testing::Pipeline pipeline;
  const auto file = StoreOfOneIssue(pipeline);
  const std::string url = "sqlite:" + file.string();
  ASSERT_TRUE(FindDamage(url)->empty());
  for (const char* change : {"body = replace(body, '1', '2')", "provenance = provenance || ' '", "natural_key = 'x'",
                             "first_span = first_span + 1", "known_at = known_at - 1"}) {
    {
      auto db = Database::Open(file, {});
      ASSERT_TRUE(db) << db.error().message;
      ASSERT_TRUE(db->Execute("CREATE TABLE whole AS SELECT * FROM prices_row"));
      ASSERT_TRUE(db->Execute(std::string("UPDATE prices_row SET ") + change +
                              " WHERE rowid = (SELECT min(rowid) FROM prices_row WHERE body LIKE '%1%')"));
    }
    {
      const auto store = OpenStore(url, true);
      ASSERT_TRUE(store) << store.error().message;
      const auto read = ForEachRecord(*testing::Now(**store), RecordKind::kPrice, [](const ViewRecord&) {});
      ASSERT_FALSE(read) << change;
      EXPECT_EQ(read.error().kind, ErrorKind::kDamaged) << read.error().message;
      EXPECT_TRUE(read.error().message.starts_with(file.string() + ": ")) << read.error().message;
      const auto damage = FindDamage(url);
      ASSERT_EQ(damage->size(), 1u) << change;
      EXPECT_NE(damage->front().find("a record of prices in section "), std::string::npos) << damage->front();
    }
    auto db = Database::Open(file, {});
    ASSERT_TRUE(db->Execute("DELETE FROM prices_row"));
    ASSERT_TRUE(db->Execute("INSERT INTO prices_row SELECT * FROM whole"));
    ASSERT_TRUE(db->Execute("DROP TABLE whole"));
  }
  EXPECT_TRUE(FindDamage(url)->empty());
}

TEST(StoreTest, RefusesWhatIsNoStoresUrl) {
  for (const char* url : {"mysql://x", "sqlite:", "sqlite::memory:", "store.db", ""}) {
    EXPECT_EQ(OpenStore(url, false).error().kind, ErrorKind::kConfiguration) << url;
  }
  const auto secret = CheckStoreUrl("postgresql://me:secret@127.0.0.1/ytterby");
  ASSERT_FALSE(secret);
  EXPECT_EQ(secret.error().kind, ErrorKind::kConfiguration);
  EXPECT_EQ(secret.error().message.find("secret@"), std::string::npos);
  for (const char* url :
       {"postgresql://w:50%off@db/y", "postgresql://w:pa/ss@db/y", "postgresql://w:pa?ss@db/y", "host=db password=pass",
        "jdbc:postgresql://db/y?password=pass", "postgresql://db/y?password=pass"}) {
    const auto refused = CheckStoreUrl(url);
    ASSERT_FALSE(refused) << url;
    for (const char* part : {"50%off", "pa/ss", "pa?ss", "=pass"})
      EXPECT_EQ(refused.error().message.find(part), std::string::npos) << url;
  }
  EXPECT_TRUE(CheckStoreUrl("postgresql://me@127.0.0.1/ytterby?sslmode=verify-full&sslrootcert=ca.pem"));
}

}  // namespace
}  // namespace ytterby
