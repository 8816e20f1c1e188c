// A store of any adapter, new for each test, and shorthands to fill and read it. The conformance tests stand on it.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <tuple>
#include <vector>

#include "consumers/stores/store.hpp"
#include "schemas/sql/migrations.hpp"
#include "tests/support/stores.hpp"

namespace ytterby::testing {

struct StoreUnderTest {
  std::string name;
  std::function<std::string()> make;                    // the URL of a place without a store
  std::function<void(const std::string& url)> outdate;  // gives that store a schema newer than the program
  // Creates a store there as the program with schema `number` did, and runs `sql` in it.
  std::function<void(const std::string& url, int number, const std::string& sql)> make_earlier;
  std::function<void(const std::string& url, const std::string& sql)> run_sql;  // in the store that is there
};

inline std::string SchemaUpTo(int number, const SqlDialect& dialect) {
  std::string sql;
  for (const Migration& migration : Migrations()) {
    if (migration.number <= number)
      sql += ExpandMigration(migration, dialect, {"prices", "patents", "policies", "articles"}) + "\n";
  }
  return sql + "INSERT INTO meta VALUES('store_id', 'earlier');\n";
}

class StoreFixture : public ::testing::TestWithParam<StoreUnderTest> {
 protected:
  void SetUp() override {
    url = GetParam().make();
    Reopen();
  }
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
  static Manifest ManifestOf(std::vector<ManifestIssue> issues, int version = 1) {
    Manifest manifest;
    manifest.document = {Sha256("document")};
    manifest.text_digest = {Sha256("text")};
    manifest.splitter_version = version;
    manifest.issues = std::move(issues);
    manifest.id = MakeManifestId(manifest);
    return manifest;
  }
  Result<void> Write(StoreBatch batch, const std::string& log = "log") {
    return store->writer().Write("prices", log, batch);
  }
  // Each query also names an issue that the store does not have.
  std::vector<StoredRecord> RowsOf(const std::string& label) {
    const EditionKey known{{"s", label}, {Sha256("document")}, {Sha256("text")}, 1},
        unknown{{"s", "1999-01"}, {Sha256("document")}, {}, 1};
    auto rows = Now(*store)->Rows("prices", {unknown, known}, RecordKind::kPrice),
         all = Now(*store)->Rows("prices", {unknown, known}, std::nullopt);
    EXPECT_TRUE(rows && all) << (rows ? all : rows).error().message;
    EXPECT_TRUE(rows->at(0).empty() && all->at(0).empty());
    std::erase_if(all->at(1), [](const StoredRecord& record) { return record.kind != RecordKind::kPrice; });
    EXPECT_EQ(all->at(1).size(), rows->at(1).size());
    return rows->at(1);
  }
  std::vector<EditionRow> EditionsOf(const std::string& label) {
    auto editions = Now(*store)->Editions("prices", {{"s", "1999-01"}, {"s", label}}, {Category::kMarket});
    EXPECT_TRUE(editions) << editions.error().message;
    EXPECT_TRUE(editions->at(0).empty());
    return editions->at(1);
  }
  std::size_t Count() { return RowsOf("2024-01").size(); }

  // Of messages at offsets 0, 1, … of one partition that no consumer could process.
  static std::vector<DeadLetter> Letters(std::size_t count) {
    std::vector<DeadLetter> letters(count);
    for (std::size_t i = 0; i < count; ++i) {
      letters[i].id = Sha256("letter" + std::to_string(i));
      letters[i].at = {"t", 0};
      letters[i].offset = static_cast<Offset>(i);
      letters[i].stage = "normalise";
    }
    return letters;
  }

  std::string url;
  std::unique_ptr<Store> store;
};

}  // namespace ytterby::testing
