#include "tests/support/facts.hpp"

#include <simdjson.h>

#include <algorithm>
#include <iostream>

#include "common/text/fold.hpp"
#include "consumers/normaliser.hpp"
#include "schemas/events/event_json.hpp"
#include "tests/support/provenance_check.hpp"
#include "tests/support/sections.hpp"

namespace ytterby::testing {

Facts FactsOf(const std::vector<Section>& sections) {
  Facts facts;
  simdjson::dom::parser parser;
  for (const Section& section : sections) {
    for (const Normaliser& normaliser : Normalisers()) {
      if (std::find(normaliser.categories.begin(), normaliser.categories.end(), section.category) ==
          normaliser.categories.end())
        continue;
      for (const Record& record : normaliser.normalise(section)) {
        for (std::string& wrong : BrokenProvenance(section, record)) facts.broken.push_back(std::move(wrong));
        if (record.kind == RecordKind::kFinding) {
          facts.findings.insert(ReadString(parser.parse(record.body), "check"));
          continue;
        }
        std::string key(ExportName(record.kind));
        for (const auto& [field, value] : simdjson::dom::object(parser.parse(record.body))) {
          if (field == "text" || field == "document_span" || field == "repaired") continue;
          std::string shown = value.is_string() ? std::string(std::string_view(value)) : simdjson::minify(value);
          // Like the scorer, compares bodies by letters only.
          shown = field == "body" || field == "abstract" || field == "title" || field == "article_title" ||
                          field == "journal"
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

Facts FactsOf(const std::string& text) { return FactsOf(SectionsOf(text)); }

std::string Difference(const std::multiset<std::string>& before, const std::multiset<std::string>& after) {
  std::vector<std::string> lost, gained;
  std::set_difference(before.begin(), before.end(), after.begin(), after.end(), std::back_inserter(lost));
  std::set_difference(after.begin(), after.end(), before.begin(), before.end(), std::back_inserter(gained));
  std::string text;
  for (std::size_t i = 0; i < lost.size() && i < 3; ++i) text += "\n  lost   " + lost[i].substr(0, 400);
  for (std::size_t i = 0; i < gained.size() && i < 3; ++i) text += "\n  gained " + gained[i].substr(0, 400);
  if (lost.size() + gained.size() > 0)
    text = std::to_string(lost.size()) + " lost, " + std::to_string(gained.size()) + " gained" + text;
  return text;
}

std::string Difference(const Facts& before, const Facts& after) { return Difference(before.records, after.records); }

std::vector<NamedText> AllTexts() {
  auto texts = Samples();
  const auto real = RealBulletins();
  if (real.empty()) std::cout << "the real issues are not next to the repository: only the samples are varied\n";
  texts.insert(texts.end(), real.begin(), real.end());
  return texts;
}

}  // namespace ytterby::testing
