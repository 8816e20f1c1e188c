// Asking the PostgreSQL store's questions, and reading their answers.
#pragma once

#include <string>
#include <vector>

#include "common/clock.hpp"
#include "common/log/headers.hpp"
#include "common/postgres.hpp"
#include "consumers/stores/dead_letter.hpp"
#include "schemas/events/section.hpp"

namespace ytterby {

// `?` are SQLite's parameters; PostgreSQL's are $1, $2, …
inline std::string Numbered(const std::string& sql) {
  std::string numbered;
  int number = 0;
  for (char c : sql) {
    if (c == '?') {
      numbered += "$" + std::to_string(++number);
    } else {
      numbered += c;
    }
  }
  return numbered;
}

// The table (id, asked) of the issues in IssueParameters, as the shared questions want it. `table`: where they have their ids.
inline std::string TheseIssues(const std::string& table) {
  return "SELECT t.id, u.asked FROM unnest($1::text[], $2::text[]) WITH ORDINALITY u(series, label, asked) JOIN " + table +
         " t ON t.series = u.series AND t.label = u.label";
}

inline PgParameters IssueParameters(const std::vector<IssueId>& issues) {
  PgArray series(PgArray::Element::kText), labels(PgArray::Element::kText);
  for (const IssueId& issue : issues) {
    series.Add(issue.series);
    labels.Add(issue.label);
  }
  PgParameters parameters;
  parameters.Array(std::move(series)).Array(std::move(labels));
  return parameters;
}

inline Digest DigestAt(const PgRows& rows, int row, int column) { return Digest::FromRaw(rows.Text(row, column)).value_or(Digest{}); }
inline std::string TextAt(const PgRows& rows, int row, int column) { return std::string(rows.Text(row, column)); }

// The columns of sql::kDeadLetters.
inline DeadLetter LetterAt(const PgRows& rows, int i) {
  DeadLetter letter;
  letter.id = DigestAt(rows, i, 0);
  letter.at = {TextAt(rows, i, 1), static_cast<int>(rows.Int(i, 2))};
  letter.offset = rows.Int(i, 3);
  letter.stage = TextAt(rows, i, 4);
  letter.error = TextAt(rows, i, 5);
  letter.key = TextAt(rows, i, 6);
  letter.value = TextAt(rows, i, 7);
  letter.known_at = FromMillis(rows.Int(i, 8));
  letter.headers = DecodeHeaders(rows.Text(i, 9));
  if (!rows.IsNull(i, 10)) letter.event = DigestAt(rows, i, 10);
  letter.attempts = static_cast<int>(rows.Int(i, 11));
  letter.state = TextAt(rows, i, 12);
  letter.note = TextAt(rows, i, 13);
  letter.consumer = TextAt(rows, i, 14);
  return letter;
}

}  // namespace ytterby
