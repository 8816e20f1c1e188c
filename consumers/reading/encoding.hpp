#pragma once

#include <utility>
#include <vector>

#include "schemas/records/record.hpp"

namespace ytterby {

// Encodes the facts one by one and releases each once it is encoded, since a dense text yields many.
template <class Facts>
void EncodeInto(Facts facts, std::vector<Record>& records) {
  records.reserve(records.size() + facts.size());
  for (auto& fact : facts) records.push_back(std::exchange(fact, {}).Encode());
}

}  // namespace ytterby
