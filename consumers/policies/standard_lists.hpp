// Tables of standards whose cells a text layer gave column by column, or with the title before the number.
#pragma once

#include <vector>

#include "consumers/reading/section_text.hpp"

namespace ytterby {

// One row: where its parts are printed.
struct StandardRow {
  std::vector<Span> number, title, replaces, revision;
};

struct StandardList {
  std::vector<StandardRow> rows;
  // The numbers of a table whose titles cannot be told apart.
  std::vector<Span> unread;
};

// The rows of such tables; none where every row begins with its number.
StandardList ReadStandardList(const Section& section);

// The numbers of standards and of plans in a part of a text, whatever spaces and dashes are in them.
std::vector<Span> StandardNumbersIn(std::string_view text, Span within);

}  // namespace ytterby
