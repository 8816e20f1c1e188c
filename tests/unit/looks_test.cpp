// Looks that no sample has: titles over several lines, headers at the foot, stamps, formulas on lines of their own.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "common/text/reflow.hpp"
#include "producers/sections/splitter.hpp"
#include "producers/sections/title_extent.hpp"

namespace ytterby {
namespace {

struct Look {
  std::string after_line = "\n";  // "\n\n": a blank line after each line
  std::string after_paragraph;    // a trailing space at the end of a paragraph
  std::size_t characters = 36;    // of a full line
};

const std::u32string& Stock() {
  static const std::u32string stock =
      U"据当地有关部门介绍，今年以来多家企业完成了产线改造，单位产品能耗较改造前明显下降，废水全部回用，周边水质保持稳"
      U"定"
      U"，下一步还将建设公共检测平台，为中小企业提供服务，并与高校联合培养技能人才。";
  return stock;
}

std::string Utf8(std::u32string_view text) {
  std::string out;
  for (char32_t c : text) {
    if (c < 0x80) {
      out += static_cast<char>(c);
    } else {
      out += static_cast<char>(0xE0 | (c >> 12));
      out += static_cast<char>(0x80 | ((c >> 6) & 0x3F));
      out += static_cast<char>(0x80 | (c & 0x3F));
    }
  }
  return out;
}

// A paragraph of prose, wrapped: its first line is indented, which the text layer drops.
std::string Prose(const Look& look, int sentences = 3) {
  std::u32string text;
  for (int i = 0; i < sentences; ++i) text += Stock();
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t count = std::min(text.size() - at, look.characters - (at == 0 ? 2 : 0));
    at += count;
    out += Utf8(std::u32string_view(text).substr(at - count, count)) + (at == text.size() ? look.after_paragraph : "") +
           look.after_line;
  }
  return out;
}

std::string Article(const Look& look, const std::vector<std::string>& title, const std::string& source) {
  std::string out;
  for (const std::string& line : title) out += line + look.after_paragraph + look.after_line;
  return out + Prose(look) + Prose(look) + "（来源：" + source + "）" + look.after_paragraph + look.after_line;
}

std::vector<std::string> TitlesOf(const std::string& text) {
  const auto split = SplitText(text);
  std::vector<std::string> titles;
  if (!split) return {split.error().message};
  for (const SplitSection& section : split->issues.at(0).sections) titles.push_back(JoinPieces(text, section.title));
  return titles;
}

std::vector<Category> CategoriesOf(const std::string& text) {
  std::vector<Category> categories;
  const auto split = SplitText(text);
  if (!split) return categories;
  for (const SplitSection& section : split->issues.at(0).sections) categories.push_back(section.category);
  return categories;
}

const std::string kHeader = "离子型稀土信息简报\n行业动态\n2024年 第03期\n";

TEST(LooksTest, TitlesTakeUpToThreeLinesInAnyLook) {
  const std::vector<std::string> first = {"首届矿山机械产业对接", "会在甲市举行 全产业链协", "同攻关助力区域发展"},
                                 second = {"乙市再出实招，稀土产业迎", "来政策红利"};
  const std::vector<std::string> expected = {"首届矿山机械产业对接会在甲市举行 全产业链协同攻关助力区域发展",
                                             "乙市再出实招，稀土产业迎来政策红利", "丙厂分离生产线投产"};
  for (const Look& look : {Look{}, Look{"\n\n", " ", 36}, Look{"\n\n", "", 30}, Look{"\r\n", "", 40}}) {
    const std::string text = kHeader + Article(look, first, "甲报") + Article(look, second, "乙网") +
                             Article(look, {"丙厂分离生产线投产"}, "丙刊");
    EXPECT_EQ(TitlesOf(text), expected) << look.after_line.size() << " " << look.after_paragraph.size();
  }
}

TEST(LooksTest, CentredTitlesEndWhereTheTextBeginsFurtherLeft) {
  Look look;
  const std::string text =
      kHeader + "                     甲市以绿色矿山建设推动矿区\n                          生态修复 昔日矿山变公园\n" +
      Prose(look) + "                               （来源：甲报）\n" + "                   丙厂分离生产线投产\n" +
      Prose(look) + "                        （来源：丙刊）\n";
  EXPECT_EQ(TitlesOf(text),
            (std::vector<std::string>{"甲市以绿色矿山建设推动矿区生态修复 昔日矿山变公园", "丙厂分离生产线投产"}));
}

TEST(LooksTest, AFormulaOnLinesOfItsOwnBelongsToTheTitle) {
  Look look{"\n\n", " ", 36};
  for (const std::string between : {"\n", "\n\n"}) {  // each line of the text has a blank one below it
    std::string formula;
    for (const char* part : {"甲大学发现层状镍酸盐", "Pr", "4", "Ni", "3", "O", "10", "高压下的零电阻行为 "})
      formula += part + between;
    const std::string text = kHeader + "\n" + formula + "\n" + Prose(look) + "（来源：甲报） \n\n" +
                             Article(look, {"丙厂分离生产线投产"}, "丙刊");
    ASSERT_EQ(TitlesOf(text).size(), 2u);
    EXPECT_EQ(TitlesOf(text)[0], "甲大学发现层状镍酸盐 Pr 4 Ni 3 O 10 高压下的零电阻行为");
  }
}

TEST(LooksTest, AuthorsAndHeadingsBelowATitleAreNoPartOfIt) {
  Look look;
  const std::string text = kHeader + "从矿石到氧化物：一吨矿的旅程\n1 名称的由来\n" + Prose(look) + "（来源：甲报）\n" +
                           "丙厂分离生产线投产\n记者 张三 通讯员 李四\n" + Prose(look) + "（来源：丙刊）\n";
  EXPECT_EQ(TitlesOf(text), (std::vector<std::string>{"从矿石到氧化物：一吨矿的旅程", "丙厂分离生产线投产"}));
}

// A stamp and a footer with a page number come again on every page; they begin no article, wherever a page ends.
TEST(LooksTest, StampsAndFootersAreFurniture) {
  Look look;
  std::string text;
  const std::vector<std::string> titles = {"甲矿复绿通过验收", "乙厂扩建生产线", "丙市出台支持措施",
                                           "丁公司签订包销协议"};
  for (std::size_t i = 0; i < titles.size(); ++i) {
    text += "离子型稀土信息简报\n\n行业动态\n\n2024年 第03期\n\n" + Article(look, {titles[i]}, "甲报") +
            "\n内部交流 请勿外传\n\n" + std::to_string(i + 9) + "        www.example.org\n\n\f";
  }
  EXPECT_EQ(TitlesOf(text), titles);
}

// The header of a page stands at its foot: it names the category of what is above it.
TEST(LooksTest, AHeaderAtTheFootNamesTheCategoryAboveIt) {
  Look look;
  const auto page = [&](int number, const std::string& title, const std::string& category) {
    return "第" + std::to_string(number) + "页 共4页\n" + Article(look, {title}, "甲报") + category +
           "\n离子型稀土信息简报 2024年 第03期\n\n";
  };
  const std::string text = page(1, "甲矿复绿通过验收", "行业动态") + page(2, "乙大学提出分离新机制", "科技前沿") +
                           page(3, "丙类磁体为什么会退磁", "稀土知识") + page(4, "丁类分离方法入门", "稀土知识");
  EXPECT_EQ(CategoriesOf(text), (std::vector<Category>{Category::kIndustryNews, Category::kScienceFrontier,
                                                       Category::kKnowledge, Category::kKnowledge}));
}

TEST(LooksTest, AHeaderMayBeginWithItsCategory) {
  Look look;
  const std::string text =
      "\f科技前沿 离子型稀土信息简报 2024年 第03期\n·1·\n" + Article(look, {"乙大学提出分离新机制"}, "甲报") +
      "\f稀土知识 离子型稀土信息简报 2024年 第03期\n·2·\n" + Article(look, {"丙类磁体为什么会退磁"}, "乙网");
  EXPECT_EQ(TitlesOf(text), (std::vector<std::string>{"乙大学提出分离新机制", "丙类磁体为什么会退磁"}));
  EXPECT_EQ(CategoriesOf(text), (std::vector<Category>{Category::kScienceFrontier, Category::kKnowledge}));
}

// A journal that has only its name above its list, and is its own source.
TEST(LooksTest, AListUnderItsOwnSourceIsAJournal) {
  const std::string text =
      "# 离子型稀土信息简报\n\n2024年第03期\n\n# "
      "甲矿复绿通过验收\n\n稀土矿山在今年完成了复绿，恢复了植被，并通过了验收。\n\n"
      "（来源：甲报）\n\n稀土\n\n铽扩散磁体的断口分析\n\n镧铈合金在铸铁中的应用\n\n氟碳铈矿的浸出动力学\n\n荧光粉的热猝"
      "灭\n\n（来源：稀土）\n";
  ASSERT_EQ(TitlesOf(text).size(), 2u);
  EXPECT_EQ(CategoriesOf(text)[1], Category::kJournalContents);
}

// A document that encloses its sources in no brackets.
TEST(LooksTest, SourcesAloneOnTheirLinesCloseArticles) {
  Look look;
  std::string text = kHeader;
  const std::vector<std::string> titles = {"甲矿复绿通过验收", "乙厂扩建生产线", "丙市出台支持措施"};
  for (const std::string& title : titles) {
    std::string article = Article(look, {title}, "甲报");
    const std::size_t open = article.find("（来源："), close = article.find("）", open);
    article.erase(close, std::string("）").size()).erase(open, std::string("（").size());
    text += article;
  }
  EXPECT_EQ(TitlesOf(text), titles);
  const auto split = SplitText(text);
  ASSERT_TRUE(split);
  for (const SplitSection& section : split->issues.at(0).sections) {
    ASSERT_TRUE(section.source_value);
    EXPECT_EQ(text.substr(section.source_value->begin, section.source_value->size()), "甲报");
  }
}

TEST(LooksTest, NumberedContentsWithPagesInBracketsAreContents) {
  Look look;
  const std::vector<std::string> titles = {"甲矿复绿通过验收", "乙大学提出分离新机制", "丙类磁体为什么会退磁"};
  const std::string text = "离子型稀土信息简报\n2024年第3期·总第30期\nCONTENTS 目录\n一、行业动态\n1. " + titles[0] +
                           "（1）\n二、科技前沿\n2. " + titles[1] + "（2）\n三、稀土知识\n3. " + titles[2] +
                           "（3）\n\n" + Article(look, {titles[0]}, "甲报") + Article(look, {titles[1]}, "乙网") +
                           Article(look, {titles[2]}, "丙刊");
  EXPECT_EQ(TitlesOf(text), titles);
  EXPECT_EQ(CategoriesOf(text),
            (std::vector<Category>{Category::kIndustryNews, Category::kScienceFrontier, Category::kKnowledge}));
}

// A web page: headings in tags, a breadcrumb, a short line below a heading.
TEST(LooksTest, HeadingsInTagsAndBreadcrumbs) {
  const std::string text =
      "# 离子型稀土信息简报 2024年第3期 总第30期\n\n当前位置：首页 > 信息简报 > 往期\n\n<h2>行业动态</h2>\n\n"
      "<h3>甲矿复绿通过验收</h3>\n\n概况简述\n\n　　稀土矿山在今年完成了复绿，恢复了植被，并通过了有关部门的验收。\n\n"
      "（来源：甲报）\n\n<h2>稀土知识</h2>\n\n<h3>丙类磁体为什么会退磁</h3>\n\n"
      "　　磁体在高温下会失去一部分磁性，冷却之后不一定能够恢复。\n\n（来源：丙刊）\n";
  EXPECT_EQ(TitlesOf(text), (std::vector<std::string>{"甲矿复绿通过验收", "丙类磁体为什么会退磁"}));
  EXPECT_EQ(CategoriesOf(text), (std::vector<Category>{Category::kIndustryNews, Category::kKnowledge}));
}

// The number is printed in footers alone, with the page beside it; the category heads the page below.
TEST(LooksTest, ANumberAtTheFootAndACategoryAtTheTop) {
  Look look;
  const auto page = [&](int number, const std::string& title, const std::string& category) {
    return category + "\n" + Article(look, {title}, "甲报") + "\n2024年第03期（总第30期）                 -" +
           std::to_string(number) + "-\n\n";
  };
  const std::string text = "离子型稀土信息简报\n\n" + page(1, "甲矿复绿通过验收", "行业动态") +
                           page(2, "乙大学提出分离新机制", "科技前沿") + page(3, "丙类磁体为什么会退磁", "稀土知识") +
                           page(4, "丁类分离方法入门", "稀土知识");
  EXPECT_EQ(CategoriesOf(text), (std::vector<Category>{Category::kIndustryNews, Category::kScienceFrontier,
                                                       Category::kKnowledge, Category::kKnowledge}));
  EXPECT_EQ(SplitText(text)->issues.at(0).issue.label, "2024-03");
}

// Decorated categories and dates of publication in headers; sources in tags and in quoted lines.
TEST(LooksTest, OrnamentsAndDatesOfHeaders) {
  Look look;
  const auto page = [&](const std::string& number, const std::string& title, const std::string& category) {
    return "2024年3月31日出版                                第" + number + "页\n离子型稀土信息简报 2024年第3期\n\n" +
           category + "\n" + Article(look, {title}, "甲报") + "\n";
  };
  const std::string text = page("一", "甲矿复绿通过验收", "〓 行业动态 〓") +
                           page("二", "乙大学提出分离新机制", "Ⅱ 科技前沿") +
                           page("三", "丙类磁体为什么会退磁", "稀土知识                                       5┃");
  EXPECT_EQ(TitlesOf(text),
            (std::vector<std::string>{"甲矿复绿通过验收", "乙大学提出分离新机制", "丙类磁体为什么会退磁"}));
  EXPECT_EQ(CategoriesOf(text),
            (std::vector<Category>{Category::kIndustryNews, Category::kScienceFrontier, Category::kKnowledge}));
}

TEST(LooksTest, SourcesInTagsAndQuotedLines) {
  const std::string body = "\n\n　　稀土矿山在今年完成了复绿，恢复了植被，并通过了有关部门的验收。\n\n";
  const std::string text =
      "# 离子型稀土信息简报 2024年第3期\n\n日期：2024-03-31　编辑：某室　【字体：大 中 小】\n\n"
      "**【行业动态】**\n\n## 甲矿复绿通过验收" +
      body + "<p align=\"right\">（来源：甲报）</p>\n\n## 乙厂扩建生产线" + body +
      "> （来源：乙网）\n\n[返回顶部](#top)\n";
  EXPECT_EQ(TitlesOf(text), (std::vector<std::string>{"甲矿复绿通过验收", "乙厂扩建生产线"}));
  const auto split = SplitText(text);
  ASSERT_TRUE(split);
  for (const SplitSection& section : split->issues.at(0).sections) EXPECT_TRUE(section.source_value);
}

TEST(LooksTest, WhatStandsBelowATitleIsNoPartOfIt) {
  Look look;
  for (const std::string below :
       {"概述", "江西省人民政府令", "国土资发〔2014〕56号", "环境保护部公告2014年第41号", "发明创造名称：一种磁体"}) {
    const std::string text = kHeader + Article(look, {"甲矿复绿通过验收", below}, "甲报");
    EXPECT_EQ(TitlesOf(text), std::vector<std::string>{"甲矿复绿通过验收"}) << below;
  }
  // But a body with a colon goes on with a title.
  EXPECT_EQ(TitlesOf(kHeader + Article(look, {"商务部、海关总署、国家", "国防科工局：实施出口许可"}, "甲报")),
            std::vector<std::string>{"商务部、海关总署、国家国防科工局：实施出口许可"});
}

TEST(LooksTest, AColumnReadAfterTheSourceBeginsNoArticle) {
  Look look;
  const std::string text = kHeader + Article(look, {"甲矿复绿通过验收"}, "甲报") +
                           "同比\n13.37%\n-11.15%\n25.53%\n-9.87%\n0.89%\n" +
                           Article(look, {"丙厂分离生产线投产"}, "丙刊");
  EXPECT_EQ(TitlesOf(text), (std::vector<std::string>{"甲矿复绿通过验收", "丙厂分离生产线投产"}));
}

TEST(LooksTest, AQuestionMarkEndsATitle) {
  Look look;
  look.after_line = " \n";  // stray spaces
  const std::string text = kHeader + Article(look, {"矿山市场：三月行", "情先抑后扬，后市如何演绎？"}, "甲报") +
                           Article(look, {"丙厂分离生产线投产"}, "丙刊");
  EXPECT_EQ(TitlesOf(text),
            (std::vector<std::string>{"矿山市场：三月行情先抑后扬，后市如何演绎？", "丙厂分离生产线投产"}));
}

// What explain --section prints.
TEST(LooksTest, ASectionKeepsItsEvidence) {
  Look look;
  const std::string text = kHeader + Article(look, {"甲矿复绿通过验收"}, "甲报") + Article(look, {"丙厂投产"}, "丙刊");
  const auto split = SplitText(text);
  ASSERT_TRUE(split);
  const auto& sections = split->issues.at(0).sections;
  ASSERT_EQ(sections.size(), 2u);
  EXPECT_EQ(sections[0].evidence.begins, SectionBegins::kFirstOfBody);
  EXPECT_EQ(sections[1].evidence.begins, SectionBegins::kAfterSourceMark);
  for (const SplitSection& section : sections) {
    double sum = 0;
    for (std::size_t i = 0; i < section.evidence.title.cue_count; ++i)
      sum += TitleCueWeights()[static_cast<std::size_t>(section.evidence.title.cues[i])].weight;
    EXPECT_DOUBLE_EQ(sum, section.evidence.title.score);
    EXPECT_EQ(section.evidence.category.category, section.category);
  }
}

std::string Recognised(const std::string& first_title) {
  const Look look;
  std::string text = kHeader + Article(look, {first_title}, "甲报") + Article(look, {"丙厂分离生产线投产"}, "丙刊");
  for (std::size_t at = 0; (at = text.find("，今年", at)) != std::string::npos; ++at) text.replace(at, 3, "; ");
  for (std::size_t at = 0; (at = text.find("来源：", at)) != std::string::npos; ++at) text.replace(at, 9, "来源: ");
  return text;
}

// Colons and semicolons in half width with a space after them: recognition software wrote the text.
TEST(LooksTest, ATitleOfRecognisedTextIsMarkedUnlessTheContentsRepeatIt) {
  const auto unconfirmed = [](const std::string& text) {
    std::vector<std::string> titles;
    const auto split = SplitText(text);
    if (!split) return std::vector<std::string>{split.error().message};
    EXPECT_TRUE(split->layout.recognised());
    for (const SplitSection& section : split->issues.at(0).sections) {
      for (const Notice& notice : section.notices) {
        if (notice.check == "unconfirmed") titles.push_back(JoinPieces(text, section.title));
      }
    }
    return titles;
  };
  const std::string text = Recognised("甲矿复绿通过验收");
  EXPECT_EQ(unconfirmed(text), (std::vector<std::string>{"甲矿复绿通过验收", "丙厂分离生产线投产"}));
  const std::string contents =
      "离子型稀土信息简报\n2024年 第03期\n\n目录\n\n行业动态\n甲矿复绿通过验收 1\n丙厂分离生产线投产 2\n\n";
  EXPECT_EQ(unconfirmed(contents + text), std::vector<std::string>{});
  EXPECT_FALSE(SplitText(kHeader + Article({}, {"甲矿复绿通过验收"}, "甲报"))->layout.recognised());
}

// Every cue has its weight, its name and a reason, in the order of the enumeration.
TEST(LooksTest, EveryCueHasAWeightAndAReason) {
  for (std::size_t i = 0; i < kTitleCues; ++i) {
    const TitleCueWeight& weight = TitleCueWeights()[i];
    EXPECT_EQ(static_cast<std::size_t>(weight.cue), i) << weight.name;
    EXPECT_NE(weight.weight, 0) << weight.name;
    EXPECT_GT(std::string(weight.reason).size(), 10u) << weight.name;
  }
}

}  // namespace
}  // namespace ytterby
