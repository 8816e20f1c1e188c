// The labels of a patent brief's fields, as bulletins and patent offices print them.
#pragma once

#include <array>
#include <string_view>

namespace ytterby {

enum class PatentField : unsigned char { kTitle, kDate, kNumber, kInventors, kAbstract, kOther };
inline constexpr std::size_t kPatentFields = 6;

// For each field, in the enum's order, an RE2 pattern of its labels in folded text, without capturing groups. If two
// match at the same place, the first field's counts.
const std::array<std::string_view, kPatentFields>& PatentLabelPatterns();

}  // namespace ytterby
