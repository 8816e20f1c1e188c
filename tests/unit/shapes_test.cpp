#include "schemas/records/shapes.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>

#include "schemas/records/kinds.hpp"
#include "tests/support/bulletins.hpp"

namespace ytterby {
namespace {

// YTTERBY_UPDATE_GOLDEN=1 rewrites the files.
TEST(ShapesTest, TheJsonSchemaOfEachPublishedKindIsWrittenFromItsShape) {
  for (const KindShape& shape : AllShapes()) {
    if (!shape.published) continue;
    const std::string file =
        std::string(YTTERBY_SOURCE_DIR) + "/schemas/json/" + std::string(shape.name) + ".schema.json";
    const std::string schema = JsonSchemaOf(shape);
    if (std::getenv("YTTERBY_UPDATE_GOLDEN")) std::ofstream(file) << schema;
    EXPECT_EQ(testing::ReadAll(file), schema) << file << ": run once with YTTERBY_UPDATE_GOLDEN=1";
  }
}

TEST(ShapesTest, KeysAndFormsNameFieldsOfTheirKind) {
  for (const KindShape& shape : AllShapes()) {
    const auto has = [&](std::string_view name) {
      return std::any_of(shape.fields.begin(), shape.fields.end(),
                         [&](const FieldShape& field) { return field.name == name; });
    };
    ASSERT_FALSE(shape.natural_key.empty()) << shape.name;
    for (const KeyForm& form : shape.natural_key) {
      for (const KeyPart& part : form.parts) {
        EXPECT_TRUE(has(part.field)) << shape.name << ": " << part.field;
        EXPECT_TRUE(part.otherwise.empty() || has(part.otherwise)) << shape.name << ": " << part.otherwise;
      }
    }
    for (const auto& form : shape.forms) {
      for (std::string_view field : form) EXPECT_TRUE(has(field)) << shape.name << ": " << field;
    }
    EXPECT_EQ(&ShapeOf(shape.kind), &shape) << shape.name;
  }
}

// A record id is a hash of its natural key, so the key of a kind must never change.
TEST(ShapesTest, TheNaturalKeyOfEachKind) {
  const auto key = [](auto record) {
    std::string text = record.Encode().natural_key;
    std::replace(text.begin(), text.end(), '\x1f', '|');
    return text;
  };
  Price price;
  price.as_printed = "氧化镝";
  price.statistic = "spot";
  price.period = "2024-01";
  price.where = "table";
  EXPECT_EQ(key(price), "氧化镝|spot|2024-01|table||");
  price.product = "dysprosium-oxide";
  price.seller = "北方稀土";
  EXPECT_EQ(key(price), "dysprosium-oxide|spot|2024-01|table|北方稀土|");
  PriceIndex index;
  index.index = "acrei";
  index.period = "2024-01";
  EXPECT_EQ(key(index), "acrei|2024-01|");
  index.date = "2024-01-31";
  EXPECT_EQ(key(index), "acrei|2024-01-31|");
  Patent patent;
  patent.title = "一种萃取方法";
  EXPECT_EQ(key(patent), "一种萃取方法|");
  patent.publication_number = "CN117305620A";
  EXPECT_EQ(key(patent), "CN117305620A|");
  Policy policy;
  policy.title = "稀土，管理条例";
  policy.issuers = {"国务院", "工信部"};
  EXPECT_EQ(key(policy), "title|稀土管理条例|国务院,工信部,|");
  policy.document_number = "工信部〔2024〕１号";
  EXPECT_TRUE(key(policy).starts_with("number|工信部")) << key(policy);
  EXPECT_TRUE(key(policy).ends_with("1号|")) << key(policy);
  Quota quota;
  quota.year = 2024;
  quota.group = "中国稀土集团有限公司";
  quota.category = "轻稀土";
  quota.where = "table";
  EXPECT_EQ(key(quota), "2024||中国稀土集团有限公司|轻稀土|table|");
  quota.batch = 2;
  EXPECT_EQ(key(quota), "2024|2|中国稀土集团有限公司|轻稀土|table|");
  Finding finding;
  finding.check = "price-span";
  finding.concerns =
      "a\x1f"
      "b";
  EXPECT_EQ(key(finding), "price-span|a|b|");
}

}  // namespace
}  // namespace ytterby
