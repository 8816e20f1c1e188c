// The checks: each has a name that findings carry, the kinds of record it looks at, and what it asks, in plain words. A
// name is an interface: add, never rename.
#pragma once

#include <string_view>
#include <vector>

#include "schemas/records/record.hpp"

namespace ytterby {

struct Check {
  std::string_view name;
  std::vector<RecordKind> kinds;  // empty: sections and documents as a whole
  std::string_view where;         // for prices: only `table` or `sentence`; empty for both
  std::string_view asks;
};

const std::vector<Check>& AllChecks();

}  // namespace ytterby
