#include "consumers/views/price_continuity.hpp"

#include <gtest/gtest.h>

#include "tests/support/pipeline.hpp"

namespace ytterby {
namespace {

MonthlyAverage Average(std::optional<std::string> product, std::int64_t hundredths, bool repaired = false) {
  return {product, "氧化某", "2023-08", Decimal(hundredths, 2), repaired};
}

TEST(PriceContinuityTest, TheSameProductAtAnotherPriceIsAWarning) {
  const std::vector<IssueAverages> before = {
      {"2023-08", {Average("cerium-oxide", 980), Average("lanthanum-oxide", 420)}}};
  EXPECT_TRUE(CheckContinuity({Average("cerium-oxide", 980), Average("yttrium-oxide", 5000)}, before).empty());
  const auto findings = CheckContinuity({Average("lanthanum-oxide", 470)}, before);
  ASSERT_EQ(findings.size(), 1u);
  EXPECT_EQ(findings[0].check, "neighbour-value");
  EXPECT_EQ(findings[0].severity, "warning");
  EXPECT_EQ(findings[0].expected, "4.20");
}

TEST(PriceContinuityTest, PlacesThatOneIssueDoesNotPrintAreNoDifference) {
  const std::vector<IssueAverages> before = {{"2023-08", {{"cerium-oxide", "", "2023-08", Decimal(112, 1), false}}}};
  EXPECT_TRUE(CheckContinuity({Average("cerium-oxide", 1121)}, before).empty());
  EXPECT_EQ(CheckContinuity({Average("cerium-oxide", 1126)}, before).size(), 1u);
}

TEST(PriceContinuityTest, ANameInDoubtIsComparedByItsPrice) {
  const std::vector<IssueAverages> before = {
      {"2023-08", {Average("cerium-oxide", 980), Average("europium-oxide", 19800)}}};
  const auto open = CheckContinuity({Average(std::nullopt, 19800)}, before);
  ASSERT_EQ(open.size(), 1u);
  EXPECT_EQ(open[0].severity, "info");
  EXPECT_EQ(open[0].expected, "europium-oxide");
  EXPECT_EQ(CheckContinuity({Average("europium-oxide", 19800, true)}, before)[0].severity, "info");
  EXPECT_EQ(CheckContinuity({Average("samarium-oxide", 19800, true)}, before)[0].severity, "warning");
  // Two products at the same price decide nothing, nor does a name that was also in doubt in the earlier issue.
  EXPECT_TRUE(CheckContinuity({Average(std::nullopt, 980)},
                              {{"2023-08", {Average("cerium-oxide", 980), Average("lanthanum-oxide", 980)}}})
                  .empty());
  EXPECT_TRUE(
      CheckContinuity({Average(std::nullopt, 980)}, {{"2023-08", {Average("cerium-oxide", 980, true)}}}).empty());
}

TEST(PriceContinuityTest, TheNearestIssueWithTheMonthCounts) {
  const std::vector<IssueAverages> before = {{"2023-10", {{"cerium-oxide", "", "2023-10", Decimal(1, 0), false}}},
                                             {"2023-09", {Average("cerium-oxide", 980)}},
                                             {"2023-08", {Average("cerium-oxide", 990)}}};
  EXPECT_TRUE(CheckContinuity({Average("cerium-oxide", 980)}, before).empty());
}

// Through the store: the finding belongs to the view. It appears and disappears with the edition of the other issue and
// does not depend on the order of arrival.
TEST(PriceContinuityTest, FollowsTheOtherIssuesEdition) {
  constexpr std::string_view kFinding = R"("check":"neighbour-value","severity":"warning")";
  const auto neighbours = [&](testing::Pipeline& pipeline) {
    const std::string all = pipeline.Export();
    std::size_t count = 0;
    for (std::size_t at = all.find(kFinding); at != std::string::npos; at = all.find(kFinding, at + 1)) {
      ++count;
    }
    return count;
  };
  testing::Pipeline forth, back;
  ASSERT_TRUE(forth.Publish("1", testing::Issue(1)));
  ASSERT_TRUE(forth.Publish("0", testing::Issue(0)));
  forth.Drain();
  EXPECT_EQ(neighbours(forth), 0u);
  ASSERT_TRUE(forth.Publish("0", testing::Issue(0, true)));  // every price of its own month differs
  forth.Drain();
  EXPECT_EQ(neighbours(forth), 21u);
  ASSERT_TRUE(back.Publish("0", testing::Issue(0)));
  ASSERT_TRUE(back.Publish("0", testing::Issue(0, true)));
  ASSERT_TRUE(back.Publish("1", testing::Issue(1)));
  back.Drain();
  EXPECT_EQ(back.Export(), forth.Export());
}

}  // namespace
}  // namespace ytterby
