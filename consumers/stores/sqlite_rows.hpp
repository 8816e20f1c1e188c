// Reading the answers of the SQLite store's questions.
#pragma once

#include "common/db/sqlite.hpp"
#include "consumers/stores/row_reading.hpp"

namespace ytterby {

// Visits the rows of a question, and makes it ready for the next one.
template <class Visit>
Result<void> ForEachRow(Statement& select, Visit visit) {
  while (true) {
    YT_ASSIGN(found, select.Step());
    if (!found) break;
    visit(select);
  }
  select.Reset();
  return {};
}

}  // namespace ytterby
