// The run time of views grows linearly with the editions of an issue and with the length of a section. It is the
// thread's CPU time, so a busy machine matters little.
#include <gtest/gtest.h>

#include <algorithm>
#include <ctime>
#include <functional>

#include "consumers/views/explain.hpp"
#include "consumers/views/status.hpp"
#include "tests/support/pipeline.hpp"

namespace ytterby {
namespace {

constexpr int kTimes = 4;
constexpr double kMostTime = 9;         // times, for four times as much: linear is 4, quadratic 16
constexpr double kLeastSeconds = 0.01;  // shorter times mean nothing

// The shortest of three runs.
double SecondsOf(const std::function<void()>& work) {
  double least = 1e9;
  for (int run = 0; run < 3; ++run) {
    std::timespec begin{}, end{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &begin);
    work();
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &end);
    least = std::min(least, static_cast<double>(end.tv_sec - begin.tv_sec) +
                                1e-9 * static_cast<double>(end.tv_nsec - begin.tv_nsec));
  }
  return least;
}

void ExpectLinear(double few, double many) {
  EXPECT_LE(many, std::max(few, kLeastSeconds) * kMostTime) << few << " s, and " << many << " s for four times as much";
}

// A thousand editions of one issue once took `status` 6.8 s.
TEST(ViewGrowthTest, StatusGrowsAsTheEditionsOfAnIssue) {
  const auto seconds = [](int editions) {
    testing::Pipeline pipeline;
    for (int i = 0; i < editions; ++i) {
      EXPECT_TRUE(pipeline.publisher->Offer(
          {"test", std::to_string(i), "", 0, testing::Issue(1) + "\n" + std::to_string(i) + "\n", std::nullopt}));
    }
    EXPECT_TRUE(pipeline.publisher->Finish());
    pipeline.Drain();
    return SecondsOf([&] {
      const auto status = ReadConsumerStatus(*testing::Now(*pipeline.store), pipeline.store->writer(),
                                             pipeline.store->letters(), nullptr, 10);
      ASSERT_TRUE(status) << status.error().message;
      EXPECT_EQ(status->front().counts.manifests, editions);
    });
  };
  ExpectLinear(seconds(100), seconds(kTimes * 100));
}

TEST(ViewGrowthTest, ExplainGrowsAsTheSection) {
  const auto seconds = [](int prices) {
    std::string text = "离子型稀土信息简报\n\n2023年 第09期\n\n市场行情\n\n2023年9月稀土价格走势\n\n";
    for (int i = 0; i < prices; ++i)
      text += fmt::format("2023年9月，氧化镝均价为{}.{}元/公斤，环比上涨1.{}%。\n", 2000 + i % 900, i % 10, i % 10);
    testing::Pipeline pipeline;
    EXPECT_TRUE(pipeline.Publish("long", text + "\n（来源：行业资讯网）\n"));
    pipeline.Drain();
    std::string last;
    EXPECT_TRUE(ForEachRecord(*testing::Now(*pipeline.store), RecordKind::kPrice,
                              [&](const ViewRecord& record) { last = record.id; }));
    EXPECT_TRUE(last.ends_with("#" + std::to_string(prices))) << last;
    return SecondsOf([&] {
      const auto explained = Explain(*testing::Now(*pipeline.store), last);
      EXPECT_TRUE(explained) << explained.error().message;
    });
  };
  ExpectLinear(seconds(1500), seconds(kTimes * 1500));
}

}  // namespace
}  // namespace ytterby
