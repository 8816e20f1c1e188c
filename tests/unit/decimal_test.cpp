#include "common/decimal.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "common/json_writer.hpp"

namespace ytterby {
namespace {

TEST(DecimalTest, ReadsAndPrintsExactly) {
  EXPECT_EQ(Decimal::Parse("416.16")->ToString(), "416.16");
  EXPECT_EQ(Decimal::Parse("642,800")->ToString(), "642800");
  EXPECT_EQ(Decimal::Parse("-0.06")->ToString(), "-0.06");
  EXPECT_EQ(Decimal::Parse("4.00")->ToString(), "4.00");
  for (const char* bad : {"", "-", "1.", ".5", "1.2.3", "12a", "1234567890123456789"}) EXPECT_FALSE(Decimal::Parse(bad)) << bad;
}

TEST(DecimalTest, ShiftsWithoutLoss) {
  EXPECT_EQ(Decimal::Parse("40.76")->ShiftedBy(1).ToString(), "407.6");
  EXPECT_EQ(Decimal::Parse("2500")->ShiftedBy(-3).ToString(), "2.5");
  EXPECT_EQ(Decimal::Parse("11.6")->ShiftedBy(4).ToString(), "116000");
}

TEST(DecimalTest, ComparesValues) {
  EXPECT_TRUE(*Decimal::Parse("4.00") == *Decimal::Parse("4.00"));
  EXPECT_TRUE(*Decimal::Parse("3.99") < *Decimal::Parse("4"));
  EXPECT_TRUE(Decimal::Parse("198.04")->Within(*Decimal::Parse("198.0"), Decimal(5, 2)));
  EXPECT_FALSE(Decimal::Parse("198.06")->Within(*Decimal::Parse("198.0"), Decimal(5, 2)));
}

RC_GTEST_PROP(DecimalPropertyTest, ReadsWhatItPrints, (std::int32_t mantissa)) {
  const Decimal decimal(mantissa, 3);
  const auto read = Decimal::Parse(decimal.ToString());
  RC_ASSERT(read.has_value());
  RC_ASSERT(*read == decimal);
}

TEST(DecimalTest, TheJsonWriterEscapesAndKeepsUtf8) {
  JsonWriter json;
  json.BeginObject()
      .Field("a", std::string("\"\\\n\x01稀土"))
      .Field("b", std::optional<Decimal>(Decimal(-1082, 2)))
      .Key("c")
      .BeginArray()
      .Null()
      .Bool(true)
      .EndArray()
      .EndObject();
  EXPECT_EQ(json.text(), "{\"a\":\"\\\"\\\\\\n\\u0001稀土\",\"b\":-10.82,\"c\":[null,true]}");
}

}  // namespace
}  // namespace ytterby
