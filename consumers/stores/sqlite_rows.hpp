// Reading the answers of the SQLite store's questions.
#pragma once

#include "common/clock.hpp"
#include "common/log/headers.hpp"
#include "common/sqlite.hpp"
#include "consumers/stores/dead_letter.hpp"

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

// The columns of sql::kDeadLetters.
inline DeadLetter LetterFrom(const Statement& row) {
  DeadLetter letter;
  letter.id = Digest::FromRaw(row.Text(0)).value_or(Digest{});
  letter.at = {std::string(row.Text(1)), static_cast<int>(row.Int(2))};
  letter.offset = row.Int(3);
  letter.stage = row.Text(4);
  letter.error = row.Text(5);
  letter.key = row.Text(6);
  letter.value = row.Text(7);
  letter.known_at = FromMillis(row.Int(8));
  letter.headers = DecodeHeaders(row.Text(9));
  if (!row.IsNull(10)) letter.event = Digest::FromRaw(row.Text(10));
  letter.attempts = static_cast<int>(row.Int(11));
  letter.state = row.Text(12);
  letter.note = row.Text(13);
  letter.consumer = row.Text(14);
  return letter;
}

}  // namespace ytterby
