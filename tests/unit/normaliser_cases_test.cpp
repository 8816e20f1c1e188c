// Test cases as data: tests/cases/<consumer>/<name>.in.txt next to .out.txt. The first lines of an input give category,
// issue and title; `---` ends them. YTTERBY_UPDATE_CASES=1 rewrites the outputs; read them before committing.
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "consumers/normaliser.hpp"
#include "tests/support/bulletins.hpp"
#include "tests/support/provenance_check.hpp"

namespace ytterby {
namespace {

struct Case {
  std::string consumer, name;
  std::filesystem::path input;
};

std::vector<Case> Cases() {
  std::vector<Case> cases;
  for (const Normaliser& normaliser : Normalisers()) {
    const std::string consumer(normaliser.consumer);
    std::error_code ec;
    for (const auto& entry :
         std::filesystem::directory_iterator(std::string(YTTERBY_SOURCE_DIR) + "/tests/cases/" + consumer, ec)) {
      const std::string file = entry.path().filename().string();
      if (file.ends_with(".in.txt")) cases.push_back({consumer, file.substr(0, file.size() - 7), entry.path()});
    }
  }
  std::sort(cases.begin(), cases.end(),
            [](const Case& a, const Case& b) { return std::tie(a.consumer, a.name) < std::tie(b.consumer, b.name); });
  return cases;
}

Section Read(const Case& one) {
  std::istringstream in(testing::ReadAll(one.input));
  Section section;
  section.issue = {"ionic-rare-earth-bulletin", "2024-06"};
  for (std::string line; std::getline(in, line) && line != "---";) {
    const std::size_t colon = line.find(": ");
    const std::string key = line.substr(0, colon), value = line.substr(colon + 2);
    if (key == "category") section.category = CategoryFromId(value).value_or(Category::kMarket);
    if (key == "issue") section.issue.label = value;
    if (key == "title") section.title = value;
    if (key == "source") section.source = value;
  }
  std::ostringstream rest;
  rest << in.rdbuf();
  section.text = section.title + "\n" + rest.str();
  section.title_span = {0, static_cast<std::uint32_t>(section.title.size())};
  section.body_span = {static_cast<std::uint32_t>(section.title.size() + 1),
                       static_cast<std::uint32_t>(section.text.size())};
  section.layout = MeasureLayout(section.text, SplitLines(section.text));
  return section;
}

class NormaliserCases : public ::testing::TestWithParam<Case> {};

TEST_P(NormaliserCases, GivesTheseRecords) {
  std::string made;
  const Section section = Read(GetParam());
  for (const Record& record : FindNormaliser(GetParam().consumer)->normalise(section)) {
    made += std::string(ExportName(record.kind)) + " " + record.body + "\n";
    for (const std::string& broken : testing::BrokenProvenance(section, record)) ADD_FAILURE() << broken;
  }
  std::filesystem::path expected = GetParam().input.parent_path() / (GetParam().name + ".out.txt");
  if (std::getenv("YTTERBY_UPDATE_CASES")) std::ofstream(expected) << made;
  EXPECT_EQ(made, testing::ReadAll(expected));
}

INSTANTIATE_TEST_SUITE_P(NormaliserCases, NormaliserCases, ::testing::ValuesIn(Cases()),
                         [](const auto& one) { return one.param.consumer + "_" + one.param.name; });

// About 95 % of the 149 that there were when this was written: cases that are not found must not pass for passed.
TEST(NormaliserCasesTest, ThereAreCases) { EXPECT_GE(Cases().size(), 142u); }

}  // namespace
}  // namespace ytterby
