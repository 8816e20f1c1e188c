// The golden digests: when the output of the splitter or a normaliser for the samples changes, its version must be
// raised too, because rows are stored under it. YTTERBY_UPDATE_GOLDEN=1 rewrites the file.
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <map>

#include "consumers/normaliser.hpp"
#include "tests/support/bulletins.hpp"
#include "tests/support/pipeline.hpp"
#include "tests/support/sections.hpp"
#include "tests/support/synthetic.hpp"

namespace ytterby {
namespace {

const std::string kFile = std::string(YTTERBY_SOURCE_DIR) + "/tests/fixtures/golden_digests.txt";

std::vector<std::string> Texts() {
  std::vector<std::string> texts;
  for (const auto& [name, text] : testing::Samples()) texts.push_back(text);
  for (int look = 0; look < 3; ++look) {
    testing::SyntheticOptions options;
    options.index = look;
    options.look = static_cast<testing::SyntheticOptions::Look>(look);
    texts.push_back(SyntheticBulletin(options));
  }
  return texts;
}

// The digest of all events in the view of the texts.
std::string ViewDigest() {
  testing::Pipeline pipeline;
  int name = 0;
  for (const std::string& text : Texts()) EXPECT_TRUE(pipeline.Publish(std::to_string(++name), text));
  pipeline.Drain();
  std::string events;
  for (RecordKind kind : PublishedKinds()) {
    EXPECT_TRUE(ForEachRecord(*testing::Now(*pipeline.store), kind,
                              [&](const ViewRecord& record) { events += ExportLine(record, false); }));
  }
  return Sha256(events).Hex();
}

// Maps a name and version ("splitter 1") to the digest of its output for the texts.
std::map<std::string, std::string> Digests() {
  std::string split;
  std::map<std::string, std::string> made;
  for (const std::string& text : Texts()) {
    for (const Section& section : testing::SectionsOf(text)) {
      split += EncodeSection(section, "", "").value;
      for (const Normaliser& normaliser : Normalisers()) {
        if (std::find(normaliser.categories.begin(), normaliser.categories.end(), section.category) ==
            normaliser.categories.end())
          continue;
        for (const Record& record : normaliser.normalise(section))
          made[std::string(normaliser.consumer)] += record.natural_key + record.body + record.provenance;
      }
    }
  }
  std::map<std::string, std::string> digests = {{"splitter " + std::to_string(kSplitterVersion), Sha256(split).Hex()}};
  for (const Normaliser& normaliser : Normalisers()) {
    digests[std::string(normaliser.consumer) + " " + std::to_string(normaliser.version)] =
        Sha256(made[std::string(normaliser.consumer)]).Hex();
  }
  digests["view " + std::to_string(kViewVersion)] = ViewDigest();
  return digests;
}

TEST(GoldenTest, OutputChangesOnlyWithAVersion) {
  const auto digests = Digests();
  if (std::getenv("YTTERBY_UPDATE_GOLDEN")) {
    std::ofstream out(kFile);
    for (const auto& [name, digest] : digests) out << name << " " << digest << "\n";
  }
  std::map<std::string, std::string> golden;
  std::ifstream in(kFile);
  for (std::string name, version, digest; in >> name >> version >> digest;) golden[name + " " + version] = digest;
  ASSERT_EQ(golden.size(), digests.size()) << "run once with YTTERBY_UPDATE_GOLDEN=1";
  for (const auto& [name, digest] : digests) {
    EXPECT_EQ(golden[name], digest) << name
                                    << " produces different output: raise its version, then rewrite the golden file "
                                       "with YTTERBY_UPDATE_GOLDEN=1";
  }
}

// Every record begins inside its section.
TEST(GoldenTest, SpansLieInsideTheirSection) {
  for (const std::string& text : Texts()) {
    for (const Section& section : testing::SectionsOf(text)) {
      for (const Normaliser& normaliser : Normalisers()) {
        if (std::find(normaliser.categories.begin(), normaliser.categories.end(), section.category) ==
            normaliser.categories.end())
          continue;
        for (const Record& record : normaliser.normalise(section)) EXPECT_LE(record.first_span, section.text.size());
      }
    }
  }
}

}  // namespace
}  // namespace ytterby
