#include "common/checksum.hpp"

#include <gtest/gtest.h>

namespace ytterby {
namespace {

// Stored with every event and row: another value for the same bytes would make all of them look damaged.
TEST(ChecksumTest, IsTheSameForEver) {
  EXPECT_EQ(ChecksumOf({"a", "bc"}), 8371876006415449841);
  EXPECT_EQ(ChecksumOf({}), 7856107359910991042);
}

TEST(ChecksumTest, NoticesChangesAlsoBetweenParts) {
  const std::int64_t stored = ChecksumOf({"a", "bc"});
  EXPECT_TRUE(IsIntact(stored, {"a", "bc"}));
  EXPECT_FALSE(IsIntact(stored, {"a", "bd"}));
  EXPECT_FALSE(IsIntact(stored, {"ab", "c"}));
  EXPECT_FALSE(IsIntact(stored, {"a", "bc", ""}));
  EXPECT_FALSE(IsIntact(stored ^ 1, {"a", "bc"}));
}

TEST(ChecksumTest, AcceptsTheCrcOfEarlierProgramsAndNone) {
  constexpr std::int64_t kCrc = 3516491102;  // of "1 a2 bc"
  EXPECT_TRUE(IsIntact(kCrc, {"a", "bc"}));
  EXPECT_FALSE(IsIntact(kCrc, {"a", "bd"}));
  EXPECT_TRUE(IsIntact(-1, {"a", "bc"}));
}

}  // namespace
}  // namespace ytterby
