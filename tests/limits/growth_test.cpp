// Hostile and extreme texts: the run time of every pure part grows linearly with the text, and its memory stays within
// a multiple of it. Time is the thread's CPU time, so a busy machine matters little; memory is the peak of what
// operator new has handed out.
#include <gtest/gtest.h>
#include <malloc.h>

#include <atomic>
#include <cstdlib>
#include <ctime>
#include <functional>
#include <new>

#include "consumers/normaliser.hpp"
#include "producers/documents/decode.hpp"
#include "tests/support/sections.hpp"

namespace {

std::size_t live = 0, peak = 0;  // bytes; the tests run on one thread

void* Count(void* memory) {
  if (!memory) throw std::bad_alloc();
  live += malloc_usable_size(memory);
  peak = std::max(peak, live);
  return memory;
}
void Discount(void* memory) {
  if (memory) live -= std::min(live, malloc_usable_size(memory));
  std::free(memory);
}

}  // namespace

void* operator new(std::size_t size) { return Count(std::malloc(size ? size : 1)); }
void* operator new[](std::size_t size) { return Count(std::malloc(size ? size : 1)); }
void* operator new(std::size_t size, std::align_val_t align) {
  const auto to = static_cast<std::size_t>(align);
  return Count(std::aligned_alloc(to, (size + to - 1) / to * to));
}
void operator delete(void* memory) noexcept { Discount(memory); }
void operator delete[](void* memory) noexcept { Discount(memory); }
void operator delete(void* memory, std::size_t) noexcept { Discount(memory); }
void operator delete[](void* memory, std::size_t) noexcept { Discount(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { Discount(memory); }
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept { Discount(memory); }

namespace ytterby {
namespace {

constexpr std::size_t kBytes = 500'000;  // the smaller text; the larger has four times as much
constexpr double kMostTime = 9;          // times, for four times the text: linear is 4, quadratic 16
constexpr double kLeastSeconds = 0.02;   // shorter times mean nothing
constexpr std::size_t kMostMemory = 28;  // times the text, not counting the records; a cell of a table is the largest

struct Shape {
  const char* name;
  std::function<std::string(std::size_t)> text;  // a text of about this many bytes
};

std::string Repeat(std::string_view piece, std::size_t bytes) {
  std::string text;
  text.reserve(bytes + piece.size());
  while (text.size() < bytes) text += piece;
  return text;
}

Shape InArticle(const char* name, const char* category, const char* title, std::string_view before,
                std::string_view piece) {
  return {name, [=](std::size_t bytes) {
            return "离子型稀土信息简报\n\n2023年 第09期\n\n" + std::string(category) + "\n\n" + title + "\n\n" +
                   std::string(before) + Repeat(piece, bytes) + "\n\n（来源：行业资讯网）\n";
          }};
}

const std::vector<Shape>& Shapes() {
  constexpr const char* kNews = "行业动态";
  constexpr const char* kMarket = "市场行情";
  constexpr const char* kPolicy = "政策法规";
  constexpr const char* kPrices = "2023年9月稀土价格走势";
  constexpr const char* kQuotas = "关于下达稀土总量控制指标的通知";
  static const std::vector<Shape> shapes = {
      InArticle("one line", kNews, "稀土项目开工", "", "稀土价格稳定，"),
      InArticle("headings", kNews, "稀土项目开工", "", "## 标题\n"),
      InArticle("open brackets", kNews, "稀土项目开工", "", "（"),
      InArticle("open book marks", kPolicy, kQuotas, "", "《"),
      InArticle("open source marks", kNews, "稀土项目开工", "", "（来源："),
      InArticle("source marks", kNews, "稀土项目开工", "", "（来源：甲）\n"),
      InArticle("blank lines", kNews, "稀土项目开工", "", "\n"),
      InArticle("tags", kNews, "稀土项目开工", "", "<td>"),
      InArticle("price sentences", kMarket, kPrices, "", "氧化镨钕均价为52.24万元/吨，环比上涨6.5%；"),
      InArticle("price paragraphs", kMarket, kPrices, "", "氧化镨钕均价为52.24万元/吨，环比上涨6.5%。\n\n"),
      InArticle("price rows", kMarket, kPrices, "产品名\t纯度\t2023年8月平均价\t2023年9月平均价\t环比\n",
                "氧化镧\t≥99%\t4.83\t4.50\t-6.83%\n"),
      InArticle("price cells", kMarket, kPrices, "产品名 纯度 2023年8月平均价 2023年9月平均价 环比\n\n",
                "氧化镧\n\n≥99%\n\n4.83\n\n4.50\n\n-6.83%\n\n"),
      InArticle("digits", kMarket, kPrices, "", "1"),
      InArticle("percentages", kMarket, kPrices, "", "上涨3.5%，"),
      InArticle("table bars", kMarket, kPrices, "", "| "),
      InArticle("quotas", kPolicy, kQuotas, "下达2023年第一批稀土总量控制指标，", "岩矿型稀土指标30280吨、"),
      InArticle("quota paragraphs", kPolicy, kQuotas, "",
                "下达2023年第一批稀土总量控制指标，岩矿型稀土指标30280吨。\n\n"),
      InArticle("announcements", kPolicy, kQuotas, "", "工业和信息化部印发《关于稀土的通知》（工信部〔2023〕12号），"),
      InArticle("standards", kPolicy, "标准公示", "标准编号 标准名称\n\n", "XB/T 405-2023 稀土产品\n\n"),
      InArticle("patent labels", "专利简介", "一种方法", "",
                "发明名称：一种方法\n公开号：CN115298137A\n摘要：本发明。\n"),
      InArticle("inventors", "专利简介", "一种方法", "发明名称：一种方法\n发明人：", "张三，"),
      InArticle("patent titles", "专利目录", "新增公开专利", "", "一种稀土材料的制备方法\n"),
      InArticle("journal titles", "期刊目录", "稀土（2023 No.5）", "", "稀土材料的研究进展\n"),
      {"quotas of many groups",
       [](std::size_t bytes) {
         std::string text = "离子型稀土信息简报\n\n2023年 第09期\n\n政策法规\n\n关于下达稀土总量控制指标的通知\n\n";
         for (int i = 0; text.size() < bytes; ++i) {
           text += "中国稀土第" + std::to_string(i) + "集团有限公司开采指标" + std::to_string(1000 + i) +
                   "吨，冶炼分离指标900吨。\n\n";
         }
         return text + "（来源：工信部网站）\n";
       }},
      {"covers",
       [](std::size_t bytes) {
         return "离子型稀土信息简报\n\n2023年 第09期\n\n行业动态\n\n稀土项目开工\n\n正文。\n\n（来源：行业资讯网）\n" +
                Repeat("离子型稀土信息简报\n\n2023年 第09期\n\n目录\n\n", bytes);
       }},
      {"articles without headings",
       [](std::size_t bytes) {
         std::string text = "离子型稀土信息简报\n\n2023年 第09期\n\n";
         for (int i = 0; text.size() < bytes; ++i)
           text += "稀土项目" + std::to_string(i) + "开工\n\n正文，在今年完成。\n\n（来源：甲报）\n\n";
         return text;
       }},
      {"entries of contents",
       [](std::size_t bytes) {
         std::string text = "离子型稀土信息简报\n\n2023年 第09期\n\n目录\n\n";
         for (int i = 0; text.size() < bytes; ++i) text += "◎ 稀土项目" + std::to_string(i) + "开工建设\n";
         return text + "\n行业动态\n\n稀土项目1开工建设\n\n正文。\n\n（来源：行业资讯网）\n";
       }},
  };
  return shapes;
}

struct Cost {
  double seconds = 0;
  std::size_t bytes = 0;  // peak
};

// The shortest of three runs; the results of one run are freed before the next.
Cost CostOf(const std::function<void()>& work) {
  Cost cost{1e9, 0};
  for (int run = 0; run < 3; ++run) {
    const std::size_t before = live;
    peak = live;
    std::timespec begin{}, end{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &begin);
    work();
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &end);
    cost.seconds = std::min(cost.seconds, static_cast<double>(end.tv_sec - begin.tv_sec) +
                                              1e-9 * static_cast<double>(end.tv_nsec - begin.tv_nsec));
    cost.bytes = peak - before;
  }
  return cost;
}

// Expects that the cost of `work` grows at most in proportion to its text. `work` returns the size of its result.
void ExpectGrowth(const std::string& what, const std::string& small, const std::string& large,
                  const std::function<std::size_t(const std::string&)>& work) {
  std::size_t made = 0;
  const Cost few = CostOf([&] { work(small); }), many = CostOf([&] { made = work(large); });
  const double times = static_cast<double>(large.size()) / static_cast<double>(small.size());
  EXPECT_LE(many.seconds, std::max(few.seconds, kLeastSeconds) * kMostTime * times / 4)
      << what << ": " << few.seconds << " s for " << small.size() << " bytes, " << many.seconds << " s for "
      << large.size();
  EXPECT_LE(many.bytes, kMostMemory * large.size() + made + 1'000'000)
      << what << ": " << static_cast<double>(many.bytes) / static_cast<double>(large.size()) << " times the text, "
      << static_cast<double>(made) / static_cast<double>(large.size()) << " of that in records";
}

class GrowthTest : public ::testing::TestWithParam<std::size_t> {};

TEST_P(GrowthTest, TimeAndMemoryGrowAsTheText) {
  const Shape& shape = Shapes()[GetParam()];
  const std::string small = shape.text(kBytes), large = shape.text(4 * kBytes);
  ExpectGrowth(std::string("decode ") + shape.name, small, large,
               [](const std::string& text) { return DecodeDocument(text) ? text.size() : 0; });
  ExpectGrowth(std::string("split ") + shape.name, small, large,
               [](const std::string& text) { return SplitText(text) ? 0u : 0u; });
  const auto sections_small = testing::SectionsOf(small), sections_large = testing::SectionsOf(large);
  for (const Normaliser& normaliser : Normalisers()) {
    const auto longest = [&](const std::vector<Section>& sections) {
      const Section* found = nullptr;
      for (const Section& section : sections) {
        const auto& of = normaliser.categories;
        if (std::find(of.begin(), of.end(), section.category) == of.end()) continue;
        if (!found || section.text.size() > found->text.size()) found = &section;
      }
      return found;
    };
    const Section* few = longest(sections_small);
    const Section* many = longest(sections_large);
    if (!few || !many || many->text.size() < 2 * few->text.size()) continue;  // many short articles, each bounded
    const auto normalise = [&](const std::string& text) {
      std::size_t made = 0;
      for (const Record& record : normaliser.normalise(text.size() == few->text.size() ? *few : *many)) {
        made += sizeof record + record.natural_key.size() + record.body.size() + record.provenance.size();
      }
      return made;
    };
    ExpectGrowth(std::string(normaliser.consumer) + " " + shape.name, few->text, many->text, normalise);
  }
}

INSTANTIATE_TEST_SUITE_P(Shapes, GrowthTest, ::testing::Range<std::size_t>(0, Shapes().size()), [](const auto& shape) {
  std::string name = Shapes()[shape.param].name;
  std::replace(name.begin(), name.end(), ' ', '_');
  return name;
});

}  // namespace
}  // namespace ytterby
