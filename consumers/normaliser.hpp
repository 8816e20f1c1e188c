// The four consumers: which section topics each reads and the pure function that turns a section into records.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "schemas/events/section.hpp"
#include "schemas/records/record.hpp"

namespace ytterby {

struct Normaliser {
  std::string_view consumer;  // prices | patents | policies | articles
  // Raise it when the output for any section changes; the golden digest over the samples guards it.
  int version;
  // Of each manifest a store keeps only the sections in these categories, so adding a category requires reading the
  // manifests again (consumer_test.cpp).
  std::vector<Category> categories;
  std::vector<RecordKind> kinds;  // in addition to findings
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
