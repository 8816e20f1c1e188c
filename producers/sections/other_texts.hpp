// Recognises texts that are not bulletins, before anything is split.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "producers/rejection.hpp"
#include "producers/sections/line_kinds.hpp"
#include "producers/sections/source_marks.hpp"

namespace ytterby {

// Rejects a web page's mark-up, recognised before the lines are read; nullopt if the text is not mark-up.
std::optional<Rejection> RefuseMarkup(std::string_view text);
// Rejects a text that is not a bulletin, recognised by its lines and its closing marks; nullopt for a bulletin.
std::optional<Rejection> RefuseOtherText(std::string_view text, const LineTable& table,
                                         const std::vector<SourceMark>& marks);

}  // namespace ytterby
