// Every edition of one issue: which is current, what decides against the others, and how their records differ.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "consumers/views/current_view.hpp"

namespace ytterby {

struct FieldDifference {
  std::string name, current, other;  // a value is empty where the field is null
};

// A record of the current edition against the record of the same id in another one.
struct RecordDifference {
  enum class Side { kBoth, kCurrentOnly, kOtherOnly } side = Side::kBoth;
  RecordKind kind = RecordKind::kFinding;
  std::string id;
  std::string key;                      // the values of the natural key's fields, joined by `, `
  std::vector<FieldDifference> fields;  // of records on both sides
};

struct EditionStanding {
  EditionRow edition;                         // as the consumer has it that reads most of its sections
  std::vector<std::string_view> current_for;  // the consumers whose records are shown from it
  std::string why;                            // what ranks the first edition before it; empty for the first
  // Against what each consumer shows. Empty for the first, and for another delivery of the same reading.
  std::vector<RecordDifference> differences;
};

// The greatest edition first; empty if no manifest lists the issue. Findings are not compared: they follow from the
// values.
Result<std::vector<EditionStanding>> ReadEditions(Snapshot& snapshot, const IssueId& issue);

}  // namespace ytterby
