// Reads result rows of the SQLite store's queries.
#pragma once

#include "common/db/sqlite.hpp"
#include "consumers/stores/row_reading.hpp"

namespace ytterby {

// Visits the rows of a query and resets it.
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
