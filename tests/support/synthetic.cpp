#include "tests/support/synthetic.hpp"

#include <fmt/format.h>

#include <array>
#include <utility>

#include "common/text/utf8.hpp"
#include "schemas/vocabulary/categories.hpp"
#include "schemas/vocabulary/products.hpp"

namespace ytterby::testing {
namespace {

using Look = SyntheticOptions::Look;

// SplitMix64: the same numbers on every platform, unlike the standard library's distributions.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}
  std::uint64_t Next() {
    std::uint64_t z = (state_ += 0x9e3779b97f4a7c15ull);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
    return z ^ (z >> 31);
  }
  int Below(int limit) { return static_cast<int>(Next() % static_cast<std::uint64_t>(limit)); }

 private:
  std::uint64_t state_;
};

constexpr std::array<std::string_view, 24> kPhrases = {
    "矿区的浸取工艺逐步完善",         "下游磁材企业按需采购",       "分离厂的开工情况大体平稳",
    "研究人员比较了几种配体的稳定性", "样品在惰性气氛中退火",       "永磁电机的需求继续增加",
    "尾水经过三级处理后回用",         "新建的生产线进入调试阶段",   "晶粒细化使矫顽力明显改善",
    "催化剂在多次循环后保持活性",     "勘查队在外围圈定了找矿靶区", "抛光粉的粒度分布更加集中",
    "合作各方约定共享检测平台",       "荧光材料的热稳定性得到提高", "运输环节采用了封闭容器",
    "专家建议加强资源的综合利用",     "储氢合金的平台压力有所下降", "实验数据与模拟结果相符",
    "产品主要面向节能家电和风力发电", "回收料在原料中的比重上升",   "模型能够预测浸出率的变化",
    "园区引进了配套的加工企业",       "薄膜表面没有观察到裂纹",     "地方部门安排了技术改造资金"};

constexpr std::array<std::string_view, 8> kPlaces = {"河谷", "北岭", "南坪", "东湖", "西山", "临江", "青石", "白沙"};
constexpr std::array<std::string_view, 8> kTopics = {"离子型矿原地浸取", "晶界扩散磁体", "稀土荧光粉",   "抛光液回收",
                                                     "储氢合金电极",     "高纯金属提纯", "尾矿植被修复", "铈基催化剂"};

// An issue number has two digits, so ten thousand issues span about a century.
constexpr int kIssuesAYear = 99;

struct Block {
  enum class Kind { kTitle, kParagraph, kRow, kSource, kCategory, kPageTop } kind;
  std::string text;
  std::vector<std::string> cells;
};

class Writer {
 public:
  Writer(const SyntheticOptions& options)
      : options_(options), random_(options.seed * 1000003 + static_cast<std::uint64_t>(options.index)) {
    year_ = 1900 + options.index / kIssuesAYear;
    number_ = 1 + options.index % kIssuesAYear;
    month_ = 1 + options.index % 12;
  }

  std::string Write() {
    const std::size_t filler = options_.bytes > 16'000 ? (options_.bytes - 14'000) / 8 : 200;
    for (int i = 0; i < 3; ++i) {
      const std::string prose = Prose(filler);
      Article(Category::kIndustryNews, OfPlaceAndTopic("{}稀土项目{}取得新进展"), {prose}, "行业资讯网");
    }
    Article(Category::kIndustryNews, "五大集团公布本月挂牌情况", {Prose(300), SpotSentence()}, "行业资讯网");
    for (int i = 0; i < 2; ++i) {
      const std::string prose = "论文发表在国际期刊上，通讯作者为课题组教授。" + Prose(filler);
      Article(Category::kScienceFrontier, OfPlaceAndTopic("{}大学团队在{}研究中取得进展"), {prose}, "科学网");
    }
    Article(Category::kPolicyRegulation, "自然资源部发布矿山修复办法", {Policy(), Prose(filler)}, "自然资源部");
    Market();
    for (int i = 0; i < 2; ++i) {
      const std::string first = "这些元素的原子结构决定了它们的性质。" + Prose(filler);
      const std::string second = "离子半径被称为重要参数。" + Prose(300);
      Article(Category::kKnowledge, "什么是" + Topic(), {first, second}, "稀土知识库");
    }
    for (int i = 0; i < 2; ++i) {
      const std::string prose = "本文采用试验方法，结果表明：" + Prose(900);
      Article(Category::kAbstracts, OfPlaceAndTopic("{}的{}特性研究"), {prose}, "中国稀土学报");
    }
    Journal();
    for (int i = 0; i < 2; ++i) Brief(i);
    PatentList();
    return Render();
  }

 private:
  // Each random value is drawn in a statement of its own: in which order a call's arguments are evaluated is the
  // compiler's choice, and the same seed must give the same text under each.
  std::string OfPlaceAndTopic(std::string_view pattern) {
    const std::string topic = Topic();
    return fmt::format(fmt::runtime(pattern), Place(), topic);
  }
  std::string Place() {
    return std::string(kPlaces[static_cast<std::size_t>(random_.Below(static_cast<int>(kPlaces.size())))]);
  }
  std::string Topic() {
    return std::string(kTopics[static_cast<std::size_t>(random_.Below(static_cast<int>(kTopics.size())))]);
  }

  std::string Prose(std::size_t bytes) {
    std::string text;
    while (text.size() < bytes) {
      text += kPhrases[static_cast<std::size_t>(random_.Below(static_cast<int>(kPhrases.size())))];
      text += random_.Below(3) == 0 ? "。" : "，";
    }
    text.replace(text.size() - 3, 3, "。");
    return text;
  }

  void Article(Category category, const std::string& title, const std::vector<std::string>& paragraphs,
               const std::string& source) {
    if (category != category_ || blocks_.empty()) {
      category_ = category;
      blocks_.push_back(
          {Block::Kind::kPageTop, std::string(Categories()[static_cast<std::size_t>(category)].printed), {}});
    }
    blocks_.push_back({Block::Kind::kTitle, title, {}});
    for (const std::string& paragraph : paragraphs) blocks_.push_back({Block::Kind::kParagraph, paragraph, {}});
    if (!source.empty()) blocks_.push_back({Block::Kind::kSource, source, {}});
  }

  std::string SpotSentence() {
    const int terbium = 5000 + random_.Below(4000);
    const int dysprosium = 1500 + random_.Below(900);
    const int didymium = 300 + random_.Below(500) + Shift();
    return fmt::format("截至{}年{}月20日，氧化镨钕收于{}元/公斤，氧化镝收于{}元/公斤，氧化铽收于{}元/公斤。", year_,
                       month_, didymium, dysprosium, terbium);
  }
  int Shift() const { return options_.correction ? 7 : 0; }

  std::string Policy() {
    const int number = random_.Below(200) + 1;
    const int draft = random_.Below(90) + 1;
    return fmt::format(
        "{}年{}月8日，自然资源部发布《离子型稀土矿山修复办法（第{}号稿）》（自然资发〔{}〕{}号），自公布之日起施行。",
        year_, month_, draft, year_, number);
  }

  void Market() {
    const int high = 1800 + random_.Below(400), low = high - 100 - random_.Below(200);
    const int mean = (high + low) / 2;
    Article(Category::kMarket, fmt::format("{}年{}月稀土价格走势", year_, month_),
            {"一、稀土价格指数",
             fmt::format("{}月份，稀土价格指数小幅波动。本月平均价格指数为{}.{}点。价格指数最高为{}月2日的{}.{}"
                         "点，最低为{}月25日的{}.{}"
                         "点。高低点相差{}.{}点，波动幅度为{:.1f}%。",
                         month_, mean / 10, mean % 10, month_, high / 10, high % 10, month_, low / 10, low % 10,
                         (high - low) / 10, (high - low) % 10, 100.0 * (high - low) / mean),
             fmt::format("表1 {}年{}月我国主要稀土氧化物平均价格对比（单位：公斤）", year_, month_)},
            "");
    const int before_year = month_ == 1 ? year_ - 1 : year_, before_month = month_ == 1 ? 12 : month_ - 1;
    blocks_.push_back({Block::Kind::kRow,
                       "",
                       {"产品名", "纯度", fmt::format("{}年{}月平均价", before_year, before_month),
                        fmt::format("{}年{}月平均价", year_, month_), "环比"}});
    for (const TableRow& row : AssociationTable()) {
      const int before = AverageOf(row, before_year, before_month), now = AverageOf(row, year_, month_) + Shift() * 10;
      const std::string tag(row.tag);
      blocks_.push_back(
          {Block::Kind::kRow,
           "",
           {std::string(row.printed), "≥99%" + tag, fmt::format("{}.{:02d}", before / 100, before % 100),
            fmt::format("{}.{:02d}", now / 100, now % 100), fmt::format("{:.2f}%", 100.0 * (now - before) / before)}});
    }
    blocks_.push_back({Block::Kind::kSource, "中国稀土行业协会", {}});
  }

  // The average of a month in hundredths: the same in every issue that prints it.
  int AverageOf(const TableRow& row, int year, int month) const {
    const auto place = static_cast<std::uint64_t>(&row - AssociationTable().data());
    const int level = 1000 + Random(options_.seed * 1000003 + place).Below(900'000);
    const int moved =
        Random((options_.seed * 31 + place) * 100003 + static_cast<std::uint64_t>(year * 12 + month)).Below(level / 5);
    return level + moved - level / 10;
  }

  void Journal() {
    std::vector<std::string> titles = {"研究论文"};
    for (int i = 0; i < 8; ++i) titles.push_back(fmt::format("{}的研究（{}）", OfPlaceAndTopic("{}{}"), i + 1));
    Article(Category::kJournalContents, fmt::format("稀土（{} No.{}）", year_, (month_ + 1) / 2), titles, "稀土");
  }

  void Brief(int which) {
    const std::string title = fmt::format("一种{}的方法及装置{}", Topic(), which + 1);
    const std::string number = fmt::format("CN1{:08d}{}", random_.Below(100'000'000), which == 0 ? "A" : "B");
    Article(
        Category::kPatentBriefs, title,
        {"发明名称：" + title, fmt::format("公开（公告）日期：{}-{:02d}-{:02d}", year_, month_, 2 + random_.Below(25)),
         "公开（公告）号：" + number, "发明人：张一帆，李二木，王三水",
         "摘要：本发明公开了一种处理方法。" + Prose(600)},
        "专利公报");
  }

  void PatentList() {
    std::vector<std::string> titles;
    for (int i = 0; i < 7; ++i) titles.push_back(OfPlaceAndTopic("一种{}{}的装置"));
    Article(Category::kPatentList, fmt::format("{}年{}月新增公开/公告专利（部分）", year_, month_), titles, "专利公报");
  }

  // ---- layout
  // --------------------------------------------------------------------------------------------------------------

  std::string Render() {
    return options_.look == Look::kPdfText ? RenderPdf() : RenderOcr(options_.look == Look::kOcrMarkup);
  }

  void PdfLine(std::string& out, const std::string& line) { out += line + "\n\n"; }

  // Hard-wrapped at 36 wide characters, with a trailing space at the end of a paragraph and a leading space at the top
  // of a page.
  void PdfParagraph(std::string& out, std::string text, std::size_t width, bool page_top) {
    if (page_top) {
      if (out.size() >= 2 && out.ends_with("\n\n")) out.pop_back();
      out += ' ';
    }
    std::size_t begin = 0, columns = 0;
    for (std::size_t at = 0; at < text.size();) {
      const CodePoint c = DecodeUtf8(text, at);
      const std::size_t wide = IsWide(c.value) ? 2 : 1;
      if (columns + wide > width) {
        PdfLine(out, text.substr(begin, at - begin));
        begin = at;
        columns = 0;
      }
      columns += wide;
      at += c.length;
    }
    PdfLine(out, text.substr(begin) + " ");
  }

  std::string RenderPdf() {
    std::string out;
    int page = 1;
    bool top = false;
    std::string category;
    for (const Block& block : blocks_) {
      switch (block.kind) {
        case Block::Kind::kCategory:
          break;
        case Block::Kind::kPageTop:
          category = block.text;
          top = !out.empty();
          break;
        case Block::Kind::kTitle:
          PdfParagraph(out, block.text, 50, std::exchange(top, false));
          break;
        case Block::Kind::kParagraph:
          PdfParagraph(out, block.text, 72, false);
          if (block.text.size() > 1500 || page == 1) {
            out += "\n\n";
            PdfLine(out,
                    fmt::format("离子型稀土信息简报                              {}年 第 {:02d}期 ", year_, number_));
            PdfLine(out, fmt::format("- {} - ", ++page));
            PdfLine(out, category + " ");
          }
          break;
        case Block::Kind::kRow: {
          std::string row;
          for (const std::string& cell : block.cells) row += (row.empty() ? "" : " ") + cell;
          PdfLine(out, row + " ");
          break;
        }
        case Block::Kind::kSource:
          PdfLine(out, "（来源：" + block.text + "） ");
          break;
      }
    }
    return out;
  }

  std::string RenderOcr(bool markup) {
    std::string out = fmt::format("{}离子型稀土信息简报\n\n{}年 第{:02d}期 总第{}期\n\n{}目录\n\n", markup ? "# " : "",
                                  year_, number_, options_.index + 1, markup ? "# " : "");
    for (const Block& block : blocks_) {
      if (block.kind == Block::Kind::kPageTop) out += "◇ " + block.text + "\t1\n";
      if (block.kind == Block::Kind::kTitle) out += "◎ " + block.text + "\n";
    }
    out += "\n";
    for (const Block& block : blocks_) {
      switch (block.kind) {
        case Block::Kind::kCategory:
          break;
        case Block::Kind::kPageTop:
          out += (markup ? "## " : "") + block.text + "\n\n";
          break;
        case Block::Kind::kTitle:
          out += (markup ? "## " : "") + block.text + "\n\n";
          break;
        case Block::Kind::kParagraph:
          out += block.text + "\n\n";
          break;
        case Block::Kind::kRow: {
          std::string row;
          for (const std::string& cell : block.cells) row += (row.empty() ? "" : "\t") + cell;
          out += row + "\n";
          break;
        }
        case Block::Kind::kSource:
          out += "\n（来源：" + block.text + "）\n\n";
          break;
      }
    }
    return out;
  }

  SyntheticOptions options_;
  Random random_;
  int year_ = 0, number_ = 0, month_ = 0;
  Category category_ = Category::kPatentList;
  std::vector<Block> blocks_;
};

}  // namespace

std::string SyntheticBulletin(const SyntheticOptions& options) { return Writer(options).Write(); }

std::string SyntheticLabel(int index) {
  return fmt::format("{:04d}-{:02d}", 1900 + index / kIssuesAYear, 1 + index % kIssuesAYear);
}

}  // namespace ytterby::testing
