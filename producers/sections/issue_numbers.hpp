// Finds the issues in a document: where each begins, and the number printed in it.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "producers/sections/contents.hpp"
#include "producers/sections/line_kinds.hpp"
#include "producers/sections/source_marks.hpp"
#include "schemas/events/section.hpp"

namespace ytterby {

// The first line of every issue; that of the first issue is 0. A cover in the middle of the text begins another issue:
// the series title, an issue number and the contents close together, after an article has been closed.
std::vector<std::size_t> FindIssueStarts(std::string_view text, const LineTable& table,
                                         const std::vector<SourceMark>& marks);

// The number printed in the lines [first, last): the front's, else the most frequent; nullopt if none is readable. Adds
// a notice if there are several different numbers.
std::optional<IssueNumber> PrintedNumber(std::string_view text, const LineTable& table, const Front& front,
                                         std::size_t first, std::size_t last, std::vector<Notice>& notices);

}  // namespace ytterby
