#include "producers/documents/html_text.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

#include "consumers/normaliser.hpp"
#include "producers/documents/decode.hpp"
#include "producers/sections/splitter.hpp"
#include "tests/support/sections.hpp"

namespace ytterby {
namespace {

TEST(HtmlTextTest, OnlyWholePagesAreHtml) {
  for (const char* page : {"<!DOCTYPE html><p>x", " \n<html lang=zh>", "<!-- saved --><?xml version='1.0'?>\n<HTML>",
                           "<head><title>x</title></head>", "<body>"})
    EXPECT_TRUE(IsHtmlPage(page)) << page;
  for (const char* text :
       {"# 简报\n<html>", "<table><tr><td>1</td></tr></table>", "<!-- never closed <html>", "", "<p>x", "<rss></rss>"})
    EXPECT_FALSE(IsHtmlPage(text)) << text;
}

TEST(HtmlTextTest, BlocksBecomeLinesAndWhiteSpaceCollapses) {
  EXPECT_EQ(TextOfHtml("<html><head><title>t</title><style>x{}</style></head><body><h2> 市场  行情 </h2>"
                       "<p>氧化镝价格\n    上涨 5%。<b>氧化</b>铽&nbsp;平稳<br>第二行</p><ul><li>一<li>二</ul>"
                       "<div>a<div>b</div></div><script>alert(1)</script><p hidden>no</p>"
                       "<p style='color: red; display: none'>no</p><pre>a  b\n c</pre></body></html>"),
            "## 市场 行情\n\n氧化镝价格上涨 5%。氧化铽 平稳\n第二行\n\n一\n二\na\nb\n\na  b\n c\n\n");
}

TEST(HtmlTextTest, AnEmptyHeadingIsNoHeading) {
  EXPECT_EQ(TextOfHtml("<html><h2> </h2><p>一</p><h3></h3></html>"), "一\n\n");
}

TEST(HtmlTextTest, TheArticleIsTakenOutOfItsPage) {
  EXPECT_EQ(
      TextOfHtml("<body><nav>首页</nav><div>side</div><article><p>正文</p><footer>分享</footer></article></body>"),
      "正文\n\n");
  EXPECT_EQ(TextOfHtml("<body><nav>首页</nav><article>一</article><article>二</article><footer>备案</footer></body>"),
            "一\n二\n");
}

TEST(HtmlTextTest, TablesKeepTheirCells) {
  EXPECT_EQ(
      TextOfHtml(
          "<html><table><caption>表</caption><tr><th>产品<th>价格</tr><tr><td>氧化镝<td><p>2560</p></tr></table>"),
      "表\n\n| 产品 | 价格 |\n| --- | --- |\n| 氧化镝 | 2560 |\n\n");
  EXPECT_EQ(TextOfHtml("<html><table><tr><td rowspan=2>甲<td>1</tr><tr><td>2</tr></table>"),
            "<table>\n<tr><td rowspan=\"2\">甲</td><td>1</td></tr>\n<tr><td>2</td></tr>\n</table>\n\n");
  EXPECT_EQ(TextOfHtml("<html><table><tr><td><p>版面</p><table><tr><td>1<td>2</tr><tr><td>3<td>4</tr></table></td></tr>"
                       "</table>"),
            "版面\n\n| 1 | 2 |\n| --- | --- |\n| 3 | 4 |\n\n");
}

TEST(HtmlTextTest, DeepPagesEnd) {
  std::string deep = "<html>";
  for (int i = 0; i < 3000; ++i) deep += "<table><tr><td>";
  EXPECT_LT(TextOfHtml(deep + "x").size(), 100'000u);
}

// The sample in Markdown as a web page: the same sections with the same records.
std::string AsPage(const std::string& markdown) {
  std::string html =
      "<!DOCTYPE html>\n<html><head><meta charset=\"utf-8\"></head><body>\n<nav><a href=\"/\">首页</a></nav>\n";
  bool table = false;
  for (std::size_t begin = 0; begin < markdown.size();) {
    const std::size_t end = std::min(markdown.find('\n', begin), markdown.size());
    std::string line = markdown.substr(begin, end - begin);
    begin = end + 1;
    const bool row = line.starts_with("|");
    if (row != table) html += row ? "<table>\n" : "</table>\n";
    table = row;
    if (row) {
      if (line.find("---") != std::string::npos) continue;
      html += "<tr>";
      for (std::size_t at = 1; at < line.size();) {
        const std::size_t bar = std::min(line.find('|', at), line.size());
        html += "<td>" + line.substr(at, bar - at) + "</td>";
        at = bar + 1;
      }
      html += "</tr>\n";
      continue;
    }
    const std::size_t level = line.find_first_not_of('#');
    if (level > 0 && level <= 6 && line[level] == ' ') {
      html += "<h" + std::to_string(level) + ">" + line.substr(level + 1) + "</h" + std::to_string(level) + ">\n";
    } else if (!line.empty()) {
      html += "<p>" + line + "</p>\n";
    }
  }
  return html + "</body></html>\n";
}

TEST(HtmlTextTest, AnIssueAsAWebPageGivesTheSameRecords) {
  std::ifstream file(YTTERBY_SOURCE_DIR "/ops/samples/2023-09-ocr-markup.md", std::ios::binary);
  const std::string markdown{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  const auto page = DecodeDocument(AsPage(markdown));
  ASSERT_TRUE(page) << page.error().message;
  const std::vector<Section> expected = testing::SectionsOf(markdown), sections = testing::SectionsOf(page->text);
  ASSERT_EQ(sections.size(), expected.size());
  std::size_t records = 0;
  for (std::size_t i = 0; i < sections.size(); ++i) {
    EXPECT_EQ(sections[i].title, expected[i].title);
    EXPECT_EQ(sections[i].category, expected[i].category) << sections[i].title;
    for (const Normaliser& normaliser : Normalisers()) {
      const auto had = normaliser.normalise(expected[i]), has = normaliser.normalise(sections[i]);
      const auto keys = [](const std::vector<Record>& all) {
        std::vector<std::string> found;
        for (const Record& record : all) {
          if (record.kind != RecordKind::kFinding) found.push_back(record.natural_key);
        }
        return found;
      };
      EXPECT_EQ(keys(has), keys(had)) << sections[i].title << ", " << normaliser.consumer;
      records += keys(has).size();
    }
  }
  EXPECT_GT(records, 50u);
}

}  // namespace
}  // namespace ytterby
