// Variants of every sample and real issue: other widths, radicals, line ends, headers in odd places, damaged names. Stated for each: the
// records are unchanged, or which finding appears and which value is null. More than 5,000 variants in a release build with the real
// issues; YTTERBY_MUTATIONS=N runs N rounds of random ones.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <set>

#include <simdjson.h>

#include "consumers/normaliser.hpp"
#include "schemas/events/event_json.hpp"
#include "tests/support/bulletins.hpp"
#include "tests/support/mutations.hpp"
#include "tests/support/provenance_check.hpp"
#include "tests/support/sections.hpp"

namespace ytterby {
namespace {

// Under a sanitizer every variant takes ten times as long: a small part of them is run there.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr int kRounds = 1;
constexpr std::size_t kRowStep = 7;
#else
constexpr int kRounds = 42;
constexpr std::size_t kRowStep = 1;
#endif

struct Facts {
  std::multiset<std::string> records;  // folded, without findings and raw text
  std::vector<std::string> broken;     // provenance that does not hold
  std::multiset<std::string> findings;
};

Facts FactsOf(const std::string& text) {
  Facts facts;
  simdjson::dom::parser parser;
  for (const Section& section : testing::SectionsOf(text)) {
    for (const Normaliser& normaliser : Normalisers()) {
      if (std::find(normaliser.categories.begin(), normaliser.categories.end(), section.category) == normaliser.categories.end()) continue;
      for (const Record& record : normaliser.normalise(section)) {
        for (std::string& wrong : testing::BrokenProvenance(section, record)) facts.broken.push_back(std::move(wrong));
        if (record.kind == RecordKind::kFinding) {
          facts.findings.insert(ReadString(parser.parse(record.body), "check"));
          continue;
        }
        std::string key(ExportName(record.kind));
        for (const auto& [field, value] : simdjson::dom::object(parser.parse(record.body))) {
          if (field == "text" || field == "document_span" || field == "repaired") continue;
          std::string shown = value.is_string() ? std::string(std::string_view(value)) : simdjson::minify(value);
          // Bodies are compared as the scorer does: letters alone.
          shown = field == "body" || field == "abstract" || field == "title" || field == "article_title" || field == "journal"
                      ? FoldLetters(shown)
                      : FoldKey(shown);
          key += "\x1f" + std::string(field) + "=" + shown;
        }
        facts.records.insert(key);
      }
    }
  }
  return facts;
}

std::string Difference(const std::multiset<std::string>& before, const std::multiset<std::string>& after) {
  std::vector<std::string> lost, gained;
  std::set_difference(before.begin(), before.end(), after.begin(), after.end(), std::back_inserter(lost));
  std::set_difference(after.begin(), after.end(), before.begin(), before.end(), std::back_inserter(gained));
  std::string text;
  for (std::size_t i = 0; i < lost.size() && i < 3; ++i) text += "\n  lost   " + lost[i].substr(0, 400);
  for (std::size_t i = 0; i < gained.size() && i < 3; ++i) text += "\n  gained " + gained[i].substr(0, 400);
  if (lost.size() + gained.size() > 0) text = std::to_string(lost.size()) + " lost, " + std::to_string(gained.size()) + " gained" + text;
  return text;
}

std::vector<testing::NamedText> AllTexts() {
  auto texts = testing::Samples();
  const auto real = testing::RealBulletins();
  if (real.empty()) std::cout << "the real issues are not beside the repository: only the samples are varied\n";
  texts.insert(texts.end(), real.begin(), real.end());
  return texts;
}

TEST(MutationTest, OtherWaysToWriteTheTextDownChangeNoRecord) {
  const char* asked = std::getenv("YTTERBY_MUTATIONS");
  const int rounds = asked ? std::max(1, std::atoi(asked)) : kRounds;
  std::size_t variants = 0, broken = 0;
  std::map<std::string, int> failures;
  for (const auto& [name, text] : AllTexts()) {
    const Facts original = FactsOf(text);
    for (int round = 0; round < rounds; ++round) {
      for (const testing::Mutation& mutation : testing::HarmlessMutations(text, static_cast<std::uint64_t>(round) * 7919 + 17)) {
        ++variants;
        const Facts facts = FactsOf(mutation.text);
        const std::string difference = Difference(original.records, facts.records);
        if (!difference.empty() && ++failures[mutation.name.substr(0, 12)] <= 2) {
          ADD_FAILURE() << name << ", " << mutation.name << ", round " << round << ": " << difference;
        }
        if (!facts.broken.empty() && ++broken <= 5) ADD_FAILURE() << name << ", " << mutation.name << ": " << facts.broken.front();
      }
    }
  }
  std::cout << variants << " variants\n";
  EXPECT_GE(variants, 39u * static_cast<std::size_t>(rounds));
}

// Every element of the table damaged into every other one and into outsiders: the row's own product by its place, or an open name with a
// finding; every other record as it was; the price itself never changed.
TEST(MutationTest, ADamagedNameIsNamedByEvidenceOrLeftOpen) {
  std::size_t variants = 0, open = 0;
  int failures = 0;
  for (const auto& [name, text] : AllTexts()) {
    const Facts original = FactsOf(text);
    const auto without_names = [](const Facts& facts) {
      std::multiset<std::string> kept;
      for (std::string record : facts.records) {
        if (record.starts_with(ExportName(RecordKind::kArticle))) continue;  // its body prints the damage
        const std::size_t at = record.find(
            "\x1f"
            "as_printed=");
        if (at != std::string::npos) record.erase(at, record.find('\x1f', at + 1) - at);
        kept.insert(std::move(record));
      }
      return kept;
    };
    const auto expected = without_names(original);
    for (std::size_t row = 0; row < 21; row += kRowStep) {
      for (const char* element :
           {"镧", "铈", "镨", "钕", "钷", "钐", "铕", "钆", "铽", "镝", "钬", "铒", "铥", "镱", "镥", "钇", "钪", "铟", "钽", "钹", "镍"}) {
        const std::string damaged = testing::WithDamagedName(text, row, element);
        if (damaged.empty()) continue;
        ++variants;
        const Facts facts = FactsOf(damaged);
        if (without_names(facts) == expected) continue;
        ++open;
        const bool said = facts.findings.count("name-damaged") > original.findings.count("name-damaged");
        if (!said && ++failures <= 5) {
          ADD_FAILURE() << name << ", row " << row << " damaged into " << element << ": " << Difference(expected, without_names(facts));
        }
      }
    }
  }
  std::cout << variants << " damaged names, " << open << " left open with a finding\n";
  EXPECT_GE(variants, 1000u / kRowStep);
}

}  // namespace
}  // namespace ytterby
