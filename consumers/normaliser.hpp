// The four consumers: which section topics each reads and the pure function that makes records of a section.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "schemas/events/section.hpp"
#include "schemas/records/record.hpp"

namespace ytterby {

struct Normaliser {
  std::string_view consumer;  // prices | patents | policies | articles
  // Raised by whoever changes what comes out for any section; guarded by the golden digest over the samples.
  int version;
  // A store keeps of each manifest what it lists of these: one that is added here needs the manifests read again (consumer_test.cpp).
  std::vector<Category> categories;
  std::vector<RecordKind> kinds;  // findings besides
  // Pure: no store, no clock, no log. Findings are records of kind kFinding.
  std::vector<Record> (*normalise)(const Section& section);
};

const std::vector<Normaliser>& Normalisers();
const Normaliser* FindNormaliser(std::string_view consumer);
// The consumer that makes records of this kind.
const Normaliser& OwnerOf(RecordKind kind);
// bulletin.documents and the consumer's section topics.
std::vector<std::string> TopicsOf(const Normaliser& normaliser);
// bulletin.documents and all section topics.
std::vector<std::string> AllTopics();

// Encodes the facts one by one, each gone once it is encoded: a dense text makes many.
template <class Facts>
void EncodeInto(Facts facts, std::vector<Record>& records) {
  records.reserve(records.size() + facts.size());
  for (auto& fact : facts) records.push_back(std::exchange(fact, {}).Encode());
}

// Each in its own folder.
std::vector<Record> NormalisePrices(const Section& section);
std::vector<Record> NormalisePatents(const Section& section);
std::vector<Record> NormalisePolicies(const Section& section);
std::vector<Record> NormaliseArticles(const Section& section);

}  // namespace ytterby
