// Variants of every sample and real issue: other widths, radicals, line ends, headers in odd places, damaged names.
// Each test states that the records are unchanged, or which finding appears and which value is null. More than 5,000
// variants in a release build with the real issues; YTTERBY_MUTATIONS=N runs N rounds of random ones.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <iterator>
#include <set>

#include "common/text/fold.hpp"
#include "producers/documents/decode.hpp"
#include "schemas/records/record.hpp"
#include "tests/support/facts.hpp"
#include "tests/support/mutations.hpp"
#include "tests/support/sections.hpp"

namespace ytterby {
namespace {

using testing::AllTexts;
using testing::Difference;
using testing::Facts;
using testing::FactsOf;

// Under a sanitizer every variant takes ten times as long, so only a small part of them runs.
#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define YT_SANITIZED
#endif
#endif
#if defined(YT_SANITIZED) || defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr int kRounds = 1;
constexpr std::size_t kRowStep = 7;
#else
constexpr int kRounds = 42;
constexpr std::size_t kRowStep = 1;
#endif

// The least number of variants that a test must run: about 95 % of what the samples gave when this was written, or the
// samples and the real issues together. A test that no longer finds what it varies fails.
std::size_t AtLeast(std::size_t of_samples, std::size_t of_all) {
  constexpr std::size_t kRealIssues = 3;
  return testing::RealBulletins().size() >= kRealIssues ? of_all : of_samples;
}

TEST(MutationTest, OtherWaysToWriteTheTextDownChangeNoRecord) {
  const char* asked = std::getenv("YTTERBY_MUTATIONS");
  const int rounds = asked ? std::max(1, std::atoi(asked)) : kRounds;
  std::size_t variants = 0, broken = 0;
  std::map<std::string, int> failures;
  for (const auto& [name, text] : AllTexts()) {
    const Facts original = FactsOf(text);
    for (int round = 0; round < rounds; ++round) {
      for (const testing::Mutation& mutation :
           testing::HarmlessMutations(text, static_cast<std::uint64_t>(round) * 7919 + 17)) {
        ++variants;
        const Facts facts = FactsOf(mutation.text);
        const std::string difference = Difference(original, facts);
        if (!difference.empty() && ++failures[mutation.name.substr(0, 12)] <= 2) {
          ADD_FAILURE() << name << ", " << mutation.name << ", round " << round << ": " << difference;
        }
        if (!facts.broken.empty() && ++broken <= 5)
          ADD_FAILURE() << name << ", " << mutation.name << ": " << facts.broken.front();
      }
    }
  }
  std::cout << variants << " variants\n";
  EXPECT_GE(variants, AtLeast(53, 107) * static_cast<std::size_t>(rounds));
}

// The decoded text is the same whatever the character set of the input.
TEST(MutationTest, EveryCharacterSetGivesTheSameText) {
  std::size_t variants = 0;
  for (const auto& [name, text] : AllTexts()) {
    for (const testing::Mutation& mutation : testing::InOtherCharacterSets(text)) {
      ++variants;
      ASSERT_GT(mutation.text.size(), 100u) << mutation.name;
      const auto decoded = DecodeDocument(mutation.text);
      ASSERT_TRUE(decoded) << name << ", " << mutation.name << ": " << decoded.error().message;
      EXPECT_TRUE(decoded->text == text) << name << ", " << mutation.name;
    }
  }
  std::cout << variants << " texts in other character sets\n";
  EXPECT_GE(variants, AtLeast(12, 23));
}

// The records without the fields that repeat the damage by design: article bodies and names as printed.
std::multiset<std::string> ReadFrom(const Facts& facts) {
  std::multiset<std::string> kept;
  for (std::string record : facts.records) {
    if (record.starts_with(ExportName(RecordKind::kArticle))) continue;
    const std::size_t at = record.find(
        "\x1f"
        "as_printed=");
    if (at != std::string::npos) record.erase(at, record.find('\x1f', at + 1) - at);
    kept.insert(std::move(record));
  }
  return kept;
}

std::multiset<std::string> Minus(const std::multiset<std::string>& all, const std::multiset<std::string>& less) {
  std::multiset<std::string> rest;
  std::set_difference(all.begin(), all.end(), less.begin(), less.end(), std::inserter(rest, rest.end()));
  return rest;
}

// Damages every element of the table into every other one and into elements outside it. The row keeps its own product,
// known by its place, or its name is left open with a finding. All other records and the price itself stay unchanged.
TEST(MutationTest, ADamagedNameIsNamedByEvidenceOrLeftOpen) {
  std::size_t variants = 0, open = 0;
  int failures = 0;
  for (const auto& [name, text] : AllTexts()) {
    const Facts original = FactsOf(text);
    const auto expected = ReadFrom(original);
    const auto rows = testing::PriceRowsOf(text);
    for (std::size_t row = 0; row < rows.size(); row += kRowStep) {
      for (const char* element : {"镧", "铈", "镨", "钕", "钷", "钐", "铕", "钆", "铽", "镝", "钬",
                                  "铒", "铥", "镱", "镥", "钇", "钪", "铟", "钽", "钹", "镍"}) {
        const std::string damaged = testing::WithDamagedName(text, rows[row], element);
        if (damaged.empty()) continue;
        ++variants;
        const Facts facts = FactsOf(damaged);
        if (ReadFrom(facts) == expected) continue;
        ++open;
        const bool said = facts.findings.count("name-damaged") > original.findings.count("name-damaged");
        if (!said && ++failures <= 5) {
          ADD_FAILURE() << name << ", row " << row << " damaged into " << element << ": "
                        << Difference(expected, ReadFrom(facts));
        }
      }
    }
  }
  std::cout << variants << " damaged names, " << open << " left open with a finding\n";
  EXPECT_GE(variants, AtLeast(1197, 1995) / kRowStep);
}

// A price with a different first digit is recorded as printed and changes no other price, and a check that has two
// numbers to compare fails. If the table has only one month, only the narrative can contradict it.
TEST(MutationTest, ADamagedPriceStaysAsPrintedAndIsNoticed) {
  std::size_t variants = 0, noticed = 0;
  int failures = 0;
  for (const auto& [name, text] : AllTexts()) {
    const Facts original = FactsOf(text);
    const auto rows = testing::PriceRowsOf(text);
    for (std::size_t row = 0; row < rows.size(); row += kRowStep) {
      for (const std::size_t which : {0u, 1u}) {
        const std::string damaged = testing::WithDamagedPrice(text, rows[row], which);
        if (damaged.empty()) continue;
        ++variants;
        const Facts facts = FactsOf(damaged);
        const bool two_months = !testing::WithDamagedPrice(text, rows[row], 1).empty();
        noticed += facts.findings.count("row-change") > original.findings.count("row-change");
        const bool quiet = facts.findings == original.findings;
        // Lost may be the row's own price, and a name in a sentence that only this row could identify.
        const auto lost = Minus(ReadFrom(original), ReadFrom(facts));
        const std::size_t opened = facts.findings.count("name-damaged") - original.findings.count("name-damaged");
        if ((lost.size() > 1 + opened || (two_months && quiet)) && ++failures <= 8) {
          ADD_FAILURE() << name << ", row " << row << " price " << which << (quiet ? ", unnoticed" : "") << ": "
                        << Difference(ReadFrom(original), ReadFrom(facts));
        }
      }
    }
  }
  std::cout << variants << " damaged prices, " << noticed << " noticed by the row's own change\n";
  EXPECT_GE(variants, AtLeast(119, 199) / kRowStep);
}

bool OpenName(const std::string& record) { return record.find("product=null") != std::string::npos; }

// Removing a row removes only that row's monthly records. No other row takes its name, but a row that was named by its
// place may now be left open. A duplicated row is read once.
TEST(MutationTest, AMissingRowIsMissedAndADoubledOneIsNotANewPrice) {
  std::size_t variants = 0;
  int failures = 0;
  for (const auto& [name, text] : AllTexts()) {
    const auto original = ReadFrom(FactsOf(text));
    const auto rows = testing::PriceRowsOf(text);
    for (std::size_t row = 0; row < rows.size(); row += kRowStep) {
      variants += 2;
      const Facts without = FactsOf(testing::WithoutRow(text, rows[row]));
      const auto lost = Minus(original, ReadFrom(without)), gained = Minus(ReadFrom(without), original);
      const std::size_t opened = without.findings.count("name-damaged");
      if ((lost.empty() || lost.size() > 2 + 2 * opened || !std::all_of(gained.begin(), gained.end(), OpenName)) &&
          ++failures <= 6) {
        ADD_FAILURE() << name << ", without row " << row << ": " << Difference(original, ReadFrom(without));
      }
      std::string twice = text;
      twice.insert(rows[row].line.end, text.substr(rows[row].line.begin, rows[row].line.end - rows[row].line.begin));
      const auto doubled = ReadFrom(FactsOf(twice));
      if (doubled != original && ++failures <= 6) {
        ADD_FAILURE() << name << ", row " << row << " twice: " << Difference(original, doubled);
      }
    }
  }
  std::cout << variants << " texts with a row removed or duplicated\n";
  EXPECT_GE(variants, AtLeast(119, 199) / kRowStep);
}

// Columns are identified by their header, not by their position.
TEST(MutationTest, ColumnsInAnotherOrderGiveTheSameRecords) {
  std::size_t turned = 0;
  for (const auto& [name, text] : AllTexts()) {
    const std::string other = testing::WithColumnsTurned(text);
    if (other == text) continue;
    ++turned;
    EXPECT_EQ(Difference(ReadFrom(FactsOf(text)), ReadFrom(FactsOf(other))), "") << name;
  }
  std::cout << turned << " texts with their columns in another order\n";
  EXPECT_GE(turned, AtLeast(2, 3));
}

// Two issues in one file give the same records as in two files.
TEST(MutationTest, TwoIssuesInOneTextAreRead) {
  std::size_t two = 0;
  for (const auto& [name, text] : AllTexts()) {
    const std::string next = testing::WithIssueNumber(text, 12);
    const auto split = SplitText(text + "\n\n" + next);
    ASSERT_TRUE(split) << name;
    // If the first cover is not part of the text, nothing shows that a second issue begins.
    if (split->issues.size() != 2) continue;
    ++two;
    auto expected = ReadFrom(FactsOf(text));
    const auto second = ReadFrom(FactsOf(next));
    expected.insert(second.begin(), second.end());
    EXPECT_EQ(Difference(expected, ReadFrom(FactsOf(text + "\n\n" + next))), "") << name;
  }
  std::cout << two << " pairs of issues\n";
  EXPECT_GE(two, AtLeast(3, 4));
}

// A title split by a page break is one title.
TEST(MutationTest, AHeaderInATitleIsNoPartOfIt) {
  std::size_t variants = 0;
  int failures = 0;
  for (const auto& [name, text] : AllTexts()) {
    const Facts original = FactsOf(text);
    const auto split = SplitText(text);
    ASSERT_TRUE(split) << name;
    for (const SplitIssue& issue : split->issues) {
      for (const SplitSection& section : issue.sections) {
        if (section.title.size() < 2) continue;
        const std::string mutated = testing::WithHeaderInTitle(text, section.title.front());
        if (mutated.empty()) continue;
        ++variants;
        const std::string difference = Difference(original, FactsOf(mutated));
        if (!difference.empty() && ++failures <= 4) ADD_FAILURE() << name << ": " << difference;
      }
    }
  }
  std::cout << variants << " titles with a page header inside\n";
  EXPECT_GE(variants, AtLeast(2, 14));
}

// Removing a section removes only its records. If it held the only heading of its category, or the only page header
// that names it, the sections that relied on it may get another category; then a finding says that it is a guess.
TEST(MutationTest, AMissingSectionTakesNothingWithIt) {
  std::size_t variants = 0, guessed = 0;
  int failures = 0;
  for (const auto& [name, text] : AllTexts()) {
    const Facts original = FactsOf(text);
    const auto split = SplitText(text);
    ASSERT_TRUE(split) << name;
    const auto sections = testing::SectionsOf(text);
    const SplitIssue& issue = split->issues.front();
    for (std::size_t i = 0; i < issue.sections.size(); i += kRowStep) {
      ++variants;
      const Facts without =
          FactsOf(testing::SectionsOf(testing::WithoutBytes(text, issue.sections[i].span), issue.issue.label));
      const auto own = ReadFrom(FactsOf(std::vector<Section>{sections[i]}));
      const auto gained = Minus(ReadFrom(without), ReadFrom(original));
      const auto lost = Minus(Minus(ReadFrom(original), ReadFrom(without)), own);
      if (gained.empty() && lost.empty()) continue;
      ++guessed;
      const bool said = without.findings.contains("category-guessed");
      if (!said && ++failures <= 6) {
        ADD_FAILURE() << name << ", without section " << i << " " << sections[i].title << ": "
                      << Difference(lost, gained);
      }
    }
  }
  std::cout << variants << " texts with a section removed, " << guessed << " with guessed categories\n";
  EXPECT_GE(variants, AtLeast(50, 97) / kRowStep);
  EXPECT_LE(guessed * 10, variants);
}

// Without its cover and contents, but with its number given, an issue has the same articles and records; if the
// contents were the only evidence for a category, a finding says that it is a guess.
TEST(MutationTest, WithoutCoverAndContentsTheRecordsAreTheSameOrAGuessIsNamed) {
  std::size_t variants = 0;
  for (const auto& [name, text] : AllTexts()) {
    const auto split = SplitText(text);
    ASSERT_TRUE(split) << name;
    const SplitIssue& issue = split->issues.front();
    const std::uint32_t front = issue.contents ? issue.contents->end : issue.masthead ? issue.masthead->end : 0;
    if (front == 0) continue;
    ++variants;
    const Facts original = FactsOf(text), without = FactsOf(testing::SectionsOf(text.substr(front), issue.issue.label));
    const std::string difference = Difference(ReadFrom(original), ReadFrom(without));
    const bool said = without.findings.contains("category-guessed");
    EXPECT_TRUE(difference.empty() || said) << name << ": " << difference;
  }
  std::cout << variants << " texts without cover and contents\n";
  EXPECT_GE(variants, AtLeast(3, 4));
}

TEST(MutationTest, WithContentsAddedTheRecordsAreTheSame) {
  std::size_t variants = 0;
  for (const auto& [name, text] : AllTexts()) {
    const auto original = ReadFrom(FactsOf(text));
    for (const testing::Mutation& mutation : testing::WithContents(text)) {
      ++variants;
      EXPECT_EQ(Difference(original, ReadFrom(FactsOf(mutation.text))), "") << name << ", " << mutation.name;
    }
  }
  std::cout << variants << " texts with other contents\n";
  EXPECT_GE(variants, AtLeast(9, 17));
}

TEST(MutationTest, WithoutMarksAtLineEndsTheRecordsAreTheSame) {
  std::size_t variants = 0;
  for (const auto& [name, text] : AllTexts()) {
    const std::string bare = testing::WithoutTrailingSpaces(text);
    if (bare == text) continue;
    ++variants;
    const Facts original = FactsOf(text), without = FactsOf(bare);
    EXPECT_EQ(Difference(ReadFrom(original), ReadFrom(without)), "") << name;
  }
  std::cout << variants << " texts without marks at line ends\n";
  EXPECT_GE(variants, AtLeast(2, 5));
}

// Wherever the text is cut off, all sections but the last are unchanged.
TEST(MutationTest, ATruncatedTextInventsNothing) {
  std::size_t variants = 0, whole = 0;
  int failures = 0;
  for (const auto& [name, text] : AllTexts()) {
    const auto original = ReadFrom(FactsOf(text));
    for (int part = 4; part < 20; part += kRowStep == 1 ? 1 : 6) {
      std::size_t end = text.size() * static_cast<std::size_t>(part) / 20;
      while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
      ++variants;
      const auto split = SplitText(std::string_view(text).substr(0, end));
      if (!split) continue;
      whole +=
          std::all_of(split->issues.begin(), split->issues.end(), [](const SplitIssue& issue) { return issue.whole; });
      auto sections = testing::SectionsOf(text.substr(0, end));
      if (!sections.empty()) sections.pop_back();
      const auto invented = Minus(ReadFrom(FactsOf(sections)), original);
      if (!invented.empty() && ++failures <= 6)
        ADD_FAILURE() << name << " cut at " << end << ": " << Difference({}, invented);
    }
  }
  // A cut directly after an article cannot be detected if the contents list no article after it.
  std::cout << variants << " truncated texts, " << whole << " taken for whole\n";
  EXPECT_GE(variants, AtLeast(45, 91) / (kRowStep == 1 ? 1 : 6));
  EXPECT_LE(whole * 20, variants);
}

}  // namespace
}  // namespace ytterby
