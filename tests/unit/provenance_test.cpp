// Every value of every record of the samples and the real issues is found at the bytes that its provenance names.
#include <gtest/gtest.h>

#include <algorithm>

#include "consumers/normaliser.hpp"
#include "tests/support/bulletins.hpp"
#include "tests/support/provenance_check.hpp"
#include "tests/support/sections.hpp"
#include "tests/support/synthetic.hpp"

namespace ytterby {
namespace {

void ExpectTraceable(const std::string& name, const std::string& text) {
  std::size_t records = 0, broken = 0;
  for (const Section& section : testing::SectionsOf(text)) {
    for (const Normaliser& normaliser : Normalisers()) {
      if (std::find(normaliser.categories.begin(), normaliser.categories.end(), section.category) ==
          normaliser.categories.end())
        continue;
      for (const Record& record : normaliser.normalise(section)) {
        ++records;
        for (const std::string& wrong : testing::BrokenProvenance(section, record)) {
          if (++broken < 20)
            ADD_FAILURE() << name << ", section " << section.ordinal << " " << section.title << ": " << wrong;
        }
      }
    }
  }
  EXPECT_GT(records, 20u) << name;
  EXPECT_EQ(broken, 0u) << name;
}

TEST(ProvenanceTest, SamplesAndSyntheticIssuesAreTraceable) {
  for (const auto& [name, text] : testing::Samples()) ExpectTraceable(name, text);
  for (int look = 0; look < 3; ++look) {
    testing::SyntheticOptions options;
    options.look = static_cast<testing::SyntheticOptions::Look>(look);
    ExpectTraceable("synthetic", SyntheticBulletin(options));
  }
}

TEST(ProvenanceTest, RealIssuesAreTraceable) {
  const auto real = testing::RealBulletins();
  if (real.empty()) GTEST_SKIP() << "the real issues are not next to the repository";
  for (const auto& [name, text] : real) ExpectTraceable(name, text);
}

// Tests the check itself: it detects a value that is not at its spans.
TEST(ProvenanceTest, AWrongSpanIsSeen) {
  Section section;
  section.text = "氧化钕 40.76万元/吨";
  Record record;
  record.kind = RecordKind::kPrice;
  record.body = R"({"value":"40.76","unit":"10kCNY/t","purity":null})";
  record.provenance = R"("spans":{"value":[[10,15]]},"rules":{"unit":"unit-names: 万元/吨"})";
  EXPECT_TRUE(testing::BrokenProvenance(section, record).empty());
  record.provenance = R"("spans":{"value":[[10,14]]},"rules":{"unit":"unit-names: 万元/吨"})";
  EXPECT_EQ(testing::BrokenProvenance(section, record).size(), 1u);
  record.provenance = R"("spans":{"value":[[10,15]]},"rules":{})";
  EXPECT_EQ(testing::BrokenProvenance(section, record).size(), 1u);
}

}  // namespace
}  // namespace ytterby
