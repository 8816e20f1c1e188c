// Texts of another kind: not bulletins, seen before anything is split.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "producers/rejection.hpp"
#include "producers/sections/line_kinds.hpp"
#include "producers/sections/source_marks.hpp"

namespace ytterby {

// A web page's mark-up, which is seen before anything is read; nullopt where the text is none.
std::optional<Rejection> RefuseMarkup(std::string_view text);
// A text of another kind, seen by its lines and its closing marks; nullopt for a bulletin.
std::optional<Rejection> RefuseOtherText(std::string_view text, const LineTable& table,
                                         const std::vector<SourceMark>& marks);

}  // namespace ytterby
