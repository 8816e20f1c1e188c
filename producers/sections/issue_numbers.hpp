// Which issues a document holds: where each begins, and what number it prints.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "producers/sections/contents.hpp"
#include "producers/sections/line_kinds.hpp"
#include "producers/sections/source_marks.hpp"
#include "schemas/events/section.hpp"

namespace ytterby {

// The first line of every issue, the first of them 0. A cover in mid-text begins another issue: the series title, an
// issue number and the contents close together, after an article has been closed.
std::vector<std::size_t> FindIssueStarts(std::string_view text, const LineTable& table,
                                         const std::vector<SourceMark>& marks);

// The number that the lines [first, last) print, in their front or most often; nullopt where none is readable. Several
// different ones are a notice.
std::optional<IssueNumber> PrintedNumber(std::string_view text, const LineTable& table, const Front& front,
                                         std::size_t first, std::size_t last, std::vector<Notice>& notices);

}  // namespace ytterby
