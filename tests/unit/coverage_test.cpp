#include "consumers/views/coverage.hpp"

#include <gtest/gtest.h>

namespace ytterby {
namespace {

std::vector<Span> Whole(std::string_view text) { return {{0, static_cast<std::uint32_t>(text.size())}}; }

// The unread numbers, each as `kind: printed`.
std::vector<std::string> Unread(std::string_view text, Category category, const std::vector<Span>& read = {}) {
  std::vector<std::string> found;
  for (const UnreadNumber& number : MeasureCoverage(text, category, Whole(text), read).unread) {
    found.push_back(std::string(NumberKindName(number.kind)) + ": " +
                    std::string(text.substr(number.span.begin, number.span.size())));
  }
  return found;
}

using Strings = std::vector<std::string>;

TEST(CoverageTest, ListsPricesDocumentsAndFigures) {
  EXPECT_EQ(Unread("氧化镨钕报价41.5万元/吨，氧化镝每公斤2650元。", Category::kIndustryNews),
            (Strings{"price-like: 41.5", "price-like: 2650"}));
  EXPECT_EQ(Unread("印发通知（工信部联原〔2024〕23号），发布XB/T 405-2023。", Category::kPolicyRegulation),
            (Strings{"document-like: 〔2024〕23号", "document-like: XB/T 405-2023"}));
  EXPECT_EQ(Unread("公开号 CN115298137A", Category::kPatentBriefs), (Strings{"document-like: CN115298137A"}));
  EXPECT_EQ(Unread("氧化铈 9.80 9.60 -2.04%", Category::kMarket),
            (Strings{"number-like: 9.80", "number-like: 9.60", "number-like: 2.04"}));
  EXPECT_EQ(Unread("下达稀土总量控制指标，矿产品46900吨。", Category::kPolicyRegulation),
            (Strings{"number-like: 46900"}));
}

TEST(CoverageTest, LeavesOutWhatNoRecordHolds) {
  for (const char* text : {"2023年7月5日，第12条，图3，7-9月", "Nd2O3 粒径 5 nm，N52SH，https://x.cn/20230705",
                           "产量12万吨，投资3.5亿元，占37%", "1. 总则\n2. 范围\n(3) 附则", "较上月上涨2500元/吨",
                           "去年同期为585万元/吨", "价格区间为31.0-31.8万元/吨", "独居石价格为4.2万元/吨",
                           "较周期内最高点1000.74点（2011年12月6日）下降了58.60%"}) {
    EXPECT_EQ(Unread(text, Category::kIndustryNews), Strings{}) << text;
  }
  EXPECT_EQ(Unread("根据《通知》（国办发〔2020〕8号）制定", Category::kPolicyRegulation), Strings{});
  EXPECT_EQ(Unread("氧化镝≥99.9%", Category::kMarket), Strings{});
}

TEST(CoverageTest, ANumberIsReadWhereASpanTouchesItInAnyOrderOfSpans) {
  const std::string text = "氧化镨钕均价41.5万元/吨，氧化镝均价265.0万元/吨。";
  const auto first = static_cast<std::uint32_t>(text.find("41.5")),
             second = static_cast<std::uint32_t>(text.find("265.0"));
  EXPECT_EQ(Unread(text, Category::kMarket, {{first, first + 4}}), (Strings{"price-like: 265.0"}));
  // A long span that begins before the number and extends past it, following a short one that ends before it.
  EXPECT_EQ(Unread(text, Category::kMarket, {{second + 4, second + 5}, {0, 3}, {first, first + 1}}), Strings{});
  EXPECT_EQ(Unread(text, Category::kMarket, {{first + 4, second}}), (Strings{"price-like: 41.5", "price-like: 265.0"}));
}

TEST(CoverageTest, TheShareCountsDigits) {
  const std::string text = "氧化镨钕均价41.5万元/吨，产量12吨";
  EXPECT_EQ(MeasureCoverage(text, Category::kIndustryNews, Whole(text), {}).Share()->ToString(),
            "0.333");  // 2 of 6 bytes
  EXPECT_EQ(MeasureCoverage("没有数字", Category::kMarket, {{0, 12}}, {}).Share(), std::nullopt);
}

// Page furniture and anything else outside the parts is ignored.
TEST(CoverageTest, OnlyThePartsAreSearched) {
  const std::string text = "正文\n- 12.34 -\n均价2.5万元/吨";
  const auto header = static_cast<std::uint32_t>(text.find("- 12")),
             body = static_cast<std::uint32_t>(text.find("均价"));
  const Coverage coverage =
      MeasureCoverage(text, Category::kMarket, {{0, header}, {body, static_cast<std::uint32_t>(text.size())}}, {});
  ASSERT_EQ(coverage.unread.size(), 1u);
  EXPECT_EQ(coverage.bytes, 3u);
}

}  // namespace
}  // namespace ytterby
