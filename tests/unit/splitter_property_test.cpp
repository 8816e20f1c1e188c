// Every byte of a document is in exactly one section, masthead, contents or furniture range. Tested on the samples, the
// real issues if present, and generated documents.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>

#include "producers/sections/splitter.hpp"
#include "tests/support/bulletins.hpp"
#include "tests/support/synthetic.hpp"

namespace ytterby {
namespace {

// Empty if the ranges tile the text; otherwise says what is wrong.
std::string Untiled(const SplitDocument& document, std::string_view text) {
  std::vector<Span> ranges;
  for (const SplitIssue& issue : document.issues) {
    if (issue.masthead) ranges.push_back(*issue.masthead);
    if (issue.contents) ranges.push_back(*issue.contents);
    for (const SplitSection& section : issue.sections) {
      ranges.push_back(section.span);
      if (section.body.begin > section.body.end || section.body.begin < section.span.begin ||
          section.body.end > section.span.end)
        return "a body outside its section";
      for (Span furniture : section.furniture) {
        if (furniture.begin < section.span.begin || furniture.end > section.span.end)
          return "furniture outside its section";
      }
      for (Span title : section.title) {
        if (title.begin < section.span.begin || title.end > section.span.end) return "a title outside its section";
      }
    }
    ranges.insert(ranges.end(), issue.furniture.begin(), issue.furniture.end());
  }
  std::sort(ranges.begin(), ranges.end(), [](Span a, Span b) { return a.begin < b.begin; });
  std::uint32_t at = 0;
  for (Span range : ranges) {
    if (range.begin != at) return "byte " + std::to_string(at) + " is in no range or in two";
    at = range.end;
  }
  return at == text.size() ? "" : "the end is in no range";
}

TEST(SplitterPropertyTest, SamplesAndRealIssuesAreTiled) {
  std::vector<testing::NamedText> texts = testing::Samples();
  ASSERT_EQ(texts.size(), 3u);
  const auto real = testing::RealBulletins();
  if (real.empty()) std::cout << "the real issues are not next to the repository: only the samples are tested\n";
  texts.insert(texts.end(), real.begin(), real.end());
  for (const auto& [name, text] : texts) {
    const auto split = SplitText(text);
    ASSERT_TRUE(split) << name << ": " << split.error().message;
    EXPECT_EQ(Untiled(*split, text), "") << name;
  }
}

TEST(SplitterPropertyTest, TruncatedIssuesAreTiled) {
  for (const auto& [name, text] : testing::Samples()) {
    for (std::size_t cut = 40; cut < text.size(); cut += text.size() / 60) {
      const std::string part = text.substr(0, cut);
      if (const auto split = SplitText(part)) {
        EXPECT_EQ(Untiled(*split, part), "") << name << " cut at " << cut;
      }
    }
  }
}

RC_GTEST_PROP(SplitterGeneratedPropertyTest, GeneratedDocumentsAreTiled,
              (std::uint16_t seed, std::uint8_t look, std::uint16_t damage)) {
  testing::SyntheticOptions options;
  options.seed = seed;
  options.index = seed % 1200;
  options.bytes = 16'000;
  options.look = static_cast<testing::SyntheticOptions::Look>(look % 3);
  std::string text = SyntheticBulletin(options);
  // Remove one piece and duplicate another: the ranges must tile the result.
  const std::size_t at = damage % text.size();
  text.erase(at, damage % 700);
  text.insert(text.size() / 2, text.substr(0, damage % 900));
  if (const auto split = SplitText(text)) {
    const std::string wrong = Untiled(*split, text);
    RC_LOG() << wrong;
    RC_ASSERT(wrong.empty());
  }
}

}  // namespace
}  // namespace ytterby
