#include "producers/sections/splitter.hpp"

#include <gtest/gtest.h>

#include "common/text/reflow.hpp"
#include "tests/support/synthetic.hpp"

namespace ytterby {
namespace {

std::string Title(std::string_view text, const SplitSection& section) { return JoinPieces(text, section.title); }

constexpr const char* kOcr = R"(# 离子型稀土信息简报

2024年 第03期 总第125期

# 目次

◇ 行业动态	1-2
◎ 甲矿完成环境治理
◎ 乙厂扩建分离生产线	2
◇ 政策法规	3
◎ 某部发布稀土管理办法	3

## 甲矿完成环境治理

甲矿在今年完成了环境治理，恢复了植被，并建立了长期监测制度，相关部门进行了验收。

（来源：甲报）

## 乙厂扩建分离生产线

乙厂宣布扩建分离生产线，公司投资两亿元，预计明年投产，产品供应下游企业。

（来源：乙网
站）

## 政策法规

## 某部发布稀土管理办法

某部日前发布《稀土管理办法》，自公布之日起施行，对开采和分离作出规定。

（来源：丙部）
)";

TEST(SplitterTest, ReadsCoverContentsAndArticles) {
  const auto split = SplitText(kOcr);
  ASSERT_TRUE(split) << split.error().message;
  ASSERT_EQ(split->issues.size(), 1u);
  const SplitIssue& issue = split->issues[0];
  EXPECT_EQ(issue.issue.series, "ionic-rare-earth-bulletin");
  EXPECT_EQ(issue.issue.label, "2024-03");
  EXPECT_TRUE(issue.whole);
  EXPECT_TRUE(issue.masthead && issue.contents);
  ASSERT_EQ(issue.sections.size(), 3u);
  EXPECT_EQ(Title(kOcr, issue.sections[1]), "乙厂扩建分离生产线");
  EXPECT_EQ(issue.sections[2].category, Category::kPolicyRegulation);
  const Span value = *issue.sections[1].source_value;
  EXPECT_EQ(std::string_view(kOcr).substr(value.begin, value.size()), "乙网\n站");
}

TEST(SplitterTest, AMissingSourceLineIsAFindingNotALostArticle) {
  std::string text = kOcr;
  text.erase(text.find("（来源：甲报）"), std::string("（来源：甲报）").size());
  const auto split = SplitText(text);
  ASSERT_TRUE(split);
  const auto& sections = split->issues[0].sections;
  ASSERT_EQ(sections.size(), 3u);
  EXPECT_FALSE(sections[0].source_mark);
  EXPECT_EQ(sections[0].notices.at(0).check, "source-missing");
}

// A closing mark as OCR and web pages render it: broken apart, without its end, after the author's name.
TEST(SplitterTest, AClosingMarkIsReadInItsOtherForms) {
  const std::string text = kOcr;
  const std::size_t at = text.find("（来源：甲报）");
  for (const char* mark : {"（来 源：甲报）", "（来\n源：甲报）", "（来源：甲报", "（作者：某某 来源：甲报）",
                           "（记者 某某，来源：甲报）", "（本文来源：甲报）"}) {
    std::string changed = text;
    changed.replace(at, std::string("（来源：甲报）").size(), mark);
    const auto split = SplitText(changed);
    ASSERT_TRUE(split) << mark;
    ASSERT_EQ(split->issues.size(), 1u) << mark;
    const auto& sections = split->issues[0].sections;
    ASSERT_EQ(sections.size(), 3u) << mark;
    ASSERT_TRUE(sections[0].source_value) << mark;
    EXPECT_EQ(changed.substr(sections[0].source_value->begin, sections[0].source_value->size()), "甲报") << mark;
  }
}

// In running text the same words are not a closing mark.
TEST(SplitterTest, WhatIsNoClosingMarkClosesNothing) {
  for (const char* words : {"（来源不明的矿石", "数据（来源：海关）显示", "（作者认为）来源：某地的矿石。",
                            "\n（来源于离子吸附型矿床的稀土\n）占总量的一半"}) {
    std::string changed = kOcr;
    changed.insert(changed.find("恢复了植被"), words);
    const auto split = SplitText(changed);
    ASSERT_TRUE(split) << words;
    EXPECT_EQ(split->issues[0].sections.size(), 3u) << words;
  }
}

// A page number alone on a line after a closing mark is not a title.
TEST(SplitterTest, ABareNumberBehindAMarkIsNoTitle) {
  std::string text = kOcr;
  text.insert(text.find("## 乙厂扩建分离生产线"), "4\n\n");
  const auto split = SplitText(text);
  ASSERT_TRUE(split);
  ASSERT_EQ(split->issues[0].sections.size(), 3u);
  EXPECT_EQ(Title(text, split->issues[0].sections[1]), "乙厂扩建分离生产线");
}

TEST(SplitterTest, HalfABulletinIsNotWhole) {
  const std::string text(kOcr);
  const auto split = SplitText(text.substr(0, text.find("预计明年投产")));
  ASSERT_TRUE(split);
  EXPECT_FALSE(split->issues[0].whole);
  EXPECT_EQ(split->issues[0].sections.back().notices.back().check, "cut-off");
}

TEST(SplitterTest, TwoIssuesInOneDocumentAreTwo) {
  std::string second = kOcr;
  second.replace(second.find("2024年 第03期"), std::string("2024年 第03期").size(), "2024年 第04期");
  // A cover in the middle of a text needs an article of some length before it.
  std::string filler;
  for (int i = 0; i < 12; ++i) filler += "这是一段用来撑开篇幅的文字，没有别的用意。\n\n";
  std::string first = kOcr;
  first.insert(first.find("（来源：丙部）"), filler);
  const auto split = SplitText(first + "\n\n" + second);
  ASSERT_TRUE(split);
  ASSERT_EQ(split->issues.size(), 2u);
  EXPECT_EQ(split->issues[0].issue.label, "2024-03");
  EXPECT_EQ(split->issues[1].issue.label, "2024-04");
  EXPECT_EQ(split->issues[1].sections.size(), 3u);
}

std::string Replaced(std::string text, const std::string& from, const std::string& to) {
  text.replace(text.find(from), from.size(), to);
  return text;
}

// A year that is printed elsewhere on the page is not the issue's.
TEST(SplitterTest, ADamagedYearOnTheCoverIsNotFilledInFromElsewhere) {
  const std::string printed = "2024年 第03期";
  for (const char* damaged :
       {"2O24年 第03期", "20244年 第03期", "Z024年 第03期", "年 第03期", "12024年 第03期", "二O二四年 第03期"}) {
    std::string text = Replaced(kOcr, printed, damaged);
    text = Replaced(text, "# 目次", "2023年12月31日出版\n\n# 目次");
    text = Replaced(text, "公司投资两亿元", "见本刊2023年第12期，公司投资两亿元");
    const auto split = SplitText(text);
    ASSERT_FALSE(split) << damaged << " became " << split->issues[0].issue.label;
    EXPECT_EQ(split.error().reason, RejectReason::kNoIssue) << damaged;
    // A running header prints it wholly.
    const std::string header = "离子型稀土信息简报 2024年第03期\n\n";
    std::string with_header = Replaced(text, "## 乙厂扩建", header + "## 乙厂扩建");
    with_header = Replaced(with_header, "## 政策法规", header + "## 政策法规");
    const auto taken = SplitText(with_header);
    ASSERT_TRUE(taken) << damaged << ": " << taken.error().message;
    EXPECT_EQ(taken->issues[0].issue.label, "2024-03") << damaged;
    ASSERT_FALSE(taken->notices.empty()) << damaged;
    EXPECT_EQ(taken->notices[0].check, "issue-number");
    EXPECT_EQ(taken->notices[0].severity, "warning");
  }
}

TEST(SplitterTest, RejectsWhatIsNoBulletin) {
  EXPECT_EQ(SplitText("int main() { return 0; }\n").error().reason, RejectReason::kNoBulletin);
  EXPECT_EQ(
      SplitText("某钢铁行业周报\n\n钢价上涨。\n\n（来源：钢铁网）\n\n再涨。\n\n（来源：钢铁网）\n").error().reason,
      RejectReason::kNoBulletin);
  // A bulletin of another industry in the same form, and program source that quotes one of ours.
  EXPECT_EQ(SplitText("煤炭信息简报\n\n2024年 "
                      "第3期\n\n煤炭甲事\n\n甲事与稀土无关。\n\n（来源：甲）\n\n煤炭乙事\n\n乙事。\n\n（来源：乙）\n")
                .error()
                .reason,
            RejectReason::kNoBulletin);
  std::string quoted;
  for (int i = 0; i < 40; ++i) quoted += "constexpr int kNumber" + std::to_string(i) + " = ReadNumber(argument);\n";
  const auto program = SplitText(quoted + kOcr + quoted);
  ASSERT_FALSE(program);
  EXPECT_EQ(program.error().reason, RejectReason::kNoBulletin);
  EXPECT_NE(program.error().message.find("not Chinese"), std::string::npos);
  // An HTML table is not program source.
  std::string table = "<table>";
  for (int i = 0; i < 200; ++i)
    table += "<tr style=\"height:12px\"><td>甲</td><td align=\"right\">" + std::to_string(i) + "</td></tr>\n";
  std::string with_table = kOcr;
  with_table.insert(with_table.find("（来源：丙部）"), table + "</table>\n\n");
  EXPECT_TRUE(SplitText(with_table));
  // A bulletin that lost its title is recognised by its subject matter.
  const auto untitled = SplitText(
      "2024年 "
      "第3期\n\n稀土甲事\n\n甲事发生了，大家都在谈论。\n\n（来源：甲）\n\n稀土乙事\n\n乙事也发生了。\n\n（来源：乙）"
      "\n");
  ASSERT_TRUE(untitled);
  EXPECT_EQ(untitled->issues[0].issue.label, "2024-03");
  const std::string without_number =
      "稀土甲事\n\n甲事发生了，大家都在谈论。\n\n（来源：甲）\n\n稀土乙事\n\n乙事也发生了。\n\n（来源：乙）\n";
  EXPECT_EQ(SplitText(without_number).error().reason, RejectReason::kNoIssue);
  SplitOptions options;
  options.issue_label = "2021-05";
  const auto split = SplitText(without_number, options);
  ASSERT_TRUE(split);
  EXPECT_EQ(split->issues[0].issue.label, "2021-05");
  EXPECT_EQ(split->issues[0].sections.size(), 2u);
}

TEST(SplitterTest, SyntheticIssuesSplitIntoTheirArticlesInEveryLook) {
  for (const auto look : {testing::SyntheticOptions::Look::kPdfText, testing::SyntheticOptions::Look::kOcrMarkup,
                          testing::SyntheticOptions::Look::kOcrPlain}) {
    testing::SyntheticOptions options;
    options.look = look;
    options.index = 17;
    const std::string text = SyntheticBulletin(options);
    const auto split = SplitText(text);
    ASSERT_TRUE(split);
    EXPECT_EQ(split->issues[0].issue.label, testing::SyntheticLabel(17));
    EXPECT_EQ(split->issues[0].sections.size(), 16u) << static_cast<int>(look);
    EXPECT_EQ(split->issues[0].sections[7].category, Category::kMarket);
    EXPECT_EQ(split->issues[0].sections.back().category, Category::kPatentList);
  }
}

}  // namespace
}  // namespace ytterby
