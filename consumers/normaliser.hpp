// The four consumers: which section topics each reads and the pure function that makes records of a section.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "schemas/events/section.hpp"
#include "schemas/records/record.hpp"

namespace ytterby {

struct Normaliser {
  std::string_view consumer;  // prices | patents | policies | articles
  // Raise it when anything else comes out for any section; the golden digest over the samples guards it.
  int version;
  // A store keeps of each manifest what it lists of these: one that is added here needs the manifests read again
  // (consumer_test.cpp).
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

}  // namespace ytterby
