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
  for (const char* bad : {"", "-", "1.", ".5", "1.2.3", "12a", "1234567890123456789"})
    EXPECT_FALSE(Decimal::Parse(bad)) << bad;
}

// A comma that does not separate groups of three may be a damaged decimal point or a lost digit: nothing is repaired.
TEST(DecimalTest, RejectsCommasThatDoNotSeparateGroupsOfThree) {
  for (const char* good : {"1,234", "12,345", "123,456,789", "1,234.5"}) EXPECT_TRUE(Decimal::Parse(good)) << good;
  for (const char* bad :
       {"1,2345", "12,34,567", "1234,567", ",123", "1,23", "1,", "1,234,", "1.234,567", "12,345,6.7"}) {
    EXPECT_FALSE(Decimal::Parse(bad)) << bad;
  }
}

TEST(DecimalTest, SumsAndShiftsBeyondEighteenDigitsHaveNoResult) {
  const Decimal large = *Decimal::Parse("999999999999999999");
  EXPECT_FALSE(large.Plus(*Decimal::Parse("1")));
  EXPECT_FALSE((-large).Minus(*Decimal::Parse("1")));
  EXPECT_FALSE(large.ShiftedBy(1));
  EXPECT_FALSE(large.ShiftedBy(40));
  EXPECT_EQ(Decimal().ShiftedBy(40)->ToString(), "0");
  EXPECT_EQ(large.Minus(large)->ToString(), "0");
  EXPECT_EQ(large.ShiftedBy(-18)->ToString(), "0.999999999999999999");
  EXPECT_FALSE(large.ShiftedBy(-19));
}

TEST(DecimalTest, ShiftsWithoutLoss) {
  EXPECT_EQ(Decimal::Parse("40.76")->ShiftedBy(1)->ToString(), "407.6");
  EXPECT_EQ(Decimal::Parse("2500")->ShiftedBy(-3)->ToString(), "2.5");
  EXPECT_EQ(Decimal::Parse("11.6")->ShiftedBy(4)->ToString(), "116000");
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
  EXPECT_EQ(json.text(), "{\"a\":\"\\\"\\\\\\n\\u0001稀土\",\"b\":\"-10.82\",\"c\":[null,true]}");
}

}  // namespace
}  // namespace ytterby
