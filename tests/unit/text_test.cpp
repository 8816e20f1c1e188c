#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "common/text/dates.hpp"
#include "common/text/fold.hpp"
#include "common/text/reflow.hpp"
#include "common/text/utf8.hpp"

namespace ytterby {
namespace {

TEST(TextTest, FoldsWidthRadicalsTraditionalFormsAndDashes) {
  EXPECT_EQ(FoldKey("ＣＮ１２３　：（％）"), "CN123:(%)");
  EXPECT_EQ(FoldKey("\u2F1F\u2ED3"), FoldKey("土长"));  // Kangxi earth, supplement long
  EXPECT_EQ(FoldKey("氧化鏑 每噸"), "氧化镝每吨");
  EXPECT_EQ(FoldKey("25—31"), "25-31");
  EXPECT_EQ(FoldKey("≧99%"), FoldKey("≥ 99%"));
}

TEST(TextTest, FoldsMarkupInsideValuesButKeepsSuperscriptDigits) {
  EXPECT_EQ(FoldKey("Nd<sub>2</sub>O<sub>3</sub>75%"), "Nd2O375%");
  EXPECT_EQ(FoldKey("$\\geq 99.9\\%$"), "≥99.9%");
  EXPECT_EQ(FoldKey("**发明人：**"), "发明人:");
  EXPECT_EQ(FoldKey("10⁸"), "10⁸");
  EXPECT_EQ(FoldKey("SMR<1，"), "SMR<1,");
}

TEST(TextTest, EveryFoldedByteKnowsItsSource) {
  const std::string text = "７ 月份，<sub>x</sub>氧化釹";
  const Folded folded = Fold(text);
  EXPECT_EQ(folded.text, "7月份,x氧化钕");
  const std::size_t at = folded.text.find("钕");
  const Span span = folded.SourceOf(at, at + 3);
  EXPECT_EQ(text.substr(span.begin, span.size()), "釹");
  EXPECT_EQ(text.substr(folded.SourceOf(0, 1).begin, folded.SourceOf(0, 1).size()), "７");
}

RC_GTEST_PROP(TextPropertyTest, FoldingIsIdempotentAndItsOffsetsAscend, (const std::string& bytes)) {
  std::string text;
  for (char c : bytes)
    AppendUtf8(
        text, static_cast<unsigned char>(c) < 0x80 ? static_cast<char32_t>(c) : 0x9480 + static_cast<unsigned char>(c));
  const Folded folded = Fold(text);
  RC_ASSERT(folded.source.size() == folded.text.size() + 1);
  for (std::size_t i = 1; i < folded.source.size(); ++i) RC_ASSERT(folded.source[i] >= folded.source[i - 1]);
  for (std::size_t i = 0; i < folded.text.size(); ++i) RC_ASSERT(folded.EndOf(i) <= text.size());
}

// Compared with the standard library's search; few letters, so that near misses and overlaps are frequent.
RC_GTEST_PROP(TextProperty, WordsAreFoundWhereTheLibraryFindsThem, ()) {
  const auto letters = rc::gen::elementOf(std::vector<std::string>{"稀", "土", "稁", "a", "b"});
  const auto text_of = [](const std::vector<std::string>& parts) {
    std::string text;
    for (const std::string& part : parts) text += part;
    return text;
  };
  const std::string text = text_of(*rc::gen::container<std::vector<std::string>>(letters));
  const std::string word = text_of(*rc::gen::resize(3, rc::gen::container<std::vector<std::string>>(letters)));
  const std::string other = text_of(*rc::gen::resize(3, rc::gen::container<std::vector<std::string>>(letters)));
  const auto from = *rc::gen::inRange<std::size_t>(0, text.size() + 2);
  RC_ASSERT(FindWord(text, word, from) == std::string_view(text).find(word, from));
  RC_ASSERT(FindLastWord(text, word) == std::string_view(text).rfind(word));
  const std::size_t one = std::string_view(text).rfind(word), two = std::string_view(text).rfind(other);
  const std::size_t later = one == std::string::npos ? two : two == std::string::npos ? one : std::max(one, two);
  RC_ASSERT(LastOf(text, {word, other}) == later);
}

TEST(TextTest, JoinsLinesAsChineseTypeIsSet) {
  const auto join = [](std::string_view a, std::string_view b) {
    const std::string text = std::string(a) + "\n" + std::string(b);
    return JoinPieces(text, {{0, static_cast<std::uint32_t>(a.size())},
                             {static_cast<std::uint32_t>(a.size() + 1), static_cast<std::uint32_t>(text.size())}});
  };
  EXPECT_EQ(join("稀土", "行业"), "稀土行业");
  EXPECT_EQ(join("“杀手", "锏”"), "“杀手锏”");
  EXPECT_EQ(join("rare", "earth"), "rare earth");
  EXPECT_EQ(join("稀土", "Nd"), "稀土 Nd");
  EXPECT_EQ(join("Nd-", "Fe"), "Nd-Fe");
}

TEST(TextTest, ATrailingSpaceEndsAParagraphWhereTheTextUsesIt) {
  std::string text;
  for (int i = 0; i < 12; ++i)
    text += "这一行写满了三十六个汉字以便测出折行的宽度所以它必须足够长才行对吧好的没\n\n这一段到此结束。 \n\n";
  const auto lines = SplitLines(text);
  const Layout layout = MeasureLayout(text, lines);
  EXPECT_TRUE(layout.hard_wrapped);
  EXPECT_TRUE(layout.trailing_marks);
  EXPECT_EQ(layout.look, Look::kPdfText);
  const auto paragraphs = SplitParagraphs(text, {0, static_cast<std::uint32_t>(text.size())}, {}, layout);
  EXPECT_EQ(paragraphs.size(), 12u);
  EXPECT_EQ(paragraphs[0].pieces.size(), 2u);
}

TEST(TextTest, FurnitureIsNoPartOfAParagraph) {
  const std::string text =
      "前半段没有说完，因为页面在这里断开了，所以这一行虽然很长却没有句号，后面还要接着说下去\n\n行业动态\n\n后半段在这"
      "里结束。\n";
  const auto at = static_cast<std::uint32_t>(text.find("行业动态"));
  const auto paragraphs =
      SplitParagraphs(text, {0, static_cast<std::uint32_t>(text.size())}, {{at, at + 13}}, Layout{});
  ASSERT_EQ(paragraphs.size(), 1u);
  EXPECT_EQ(JoinPieces(text, paragraphs[0].pieces).find("行业动态"), std::string::npos);
}

TEST(TextTest, ReadsNumeralsOfBothKinds) {
  EXPECT_EQ(ParseNumeral("12"), 12);
  EXPECT_EQ(ParseNumeral("二〇二四"), 2024);
  EXPECT_EQ(ParseNumeral("二○二四"), 2024);
  EXPECT_EQ(ParseNumeral("十"), 10);
  EXPECT_EQ(ParseNumeral("十二"), 12);
  EXPECT_EQ(ParseNumeral("三十一"), 31);
  EXPECT_EQ(ParseNumeral("廿五"), 25);
  EXPECT_EQ(ParseNumeral("吨"), std::nullopt);
  EXPECT_EQ(ParseNumeral(""), std::nullopt);
}

TEST(TextTest, KnowsTheCalendar) {
  EXPECT_EQ(IsoDate(2024, 2, 29), "2024-02-29");
  EXPECT_EQ(IsoDate(2023, 2, 29), std::nullopt);
  EXPECT_EQ(IsoMonth(2024, 13), std::nullopt);
  EXPECT_EQ(LastDayOfMonth(2023, 6), 30);
}

TEST(TextTest, SafeTextLeavesNothingToATerminal) {
  EXPECT_EQ(SafeText("氧化镨钕 a%b\n\t—“⟦”é"), "氧化镨钕 a%b\n\t—“⟦”é");
  EXPECT_EQ(SafeText("\x1b]0;title\x07 \x1b[31m"), "<U+001B>]0;title<U+0007> <U+001B>[31m");
  EXPECT_EQ(SafeText("\u009b31m \u202etxt.exe\u2066 \u200f\u061c\r"),
            "<U+009B>31m <U+202E>txt.exe<U+2066> <U+200F><U+061C><U+000D>");
  EXPECT_EQ(SafeText(std::string_view("a\0b\xFF\xE6\xB0", 6)), "a<U+0000>b<FF><E6><B0>");
  const std::string once = SafeText("\x1b\xff 甲");
  EXPECT_EQ(SafeText(once), once);
}

TEST(TextTest, PlainTextShowsAnyByteOnOneLine) {
  EXPECT_EQ(PlainText("氧化镨钕 a%b"), "氧化镨钕 a%b");
  EXPECT_EQ(PlainText(std::string_view("a\0b\n\xFF\xE6\xB0", 7)), "a%00b%0A%FF%E6%B0");
}

}  // namespace
}  // namespace ytterby
