// Parameters and results of the PostgreSQL store's queries.
#pragma once

#include <string>
#include <vector>

#include "common/db/postgres.hpp"
#include "consumers/stores/row_reading.hpp"
#include "schemas/events/section.hpp"

namespace ytterby {

// Replaces SQLite's `?` by PostgreSQL's $1, $2, …
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

// The table (id, asked) of the issues in IssueParameters, as the shared queries expect it. `table`: where their ids
// are.
inline std::string TheseIssues(const std::string& table) {
  return "SELECT t.id, u.asked FROM unnest($1::text[], $2::text[]) WITH ORDINALITY u(series, label, asked) JOIN " +
         table + " t ON t.series = u.series AND t.label = u.label";
}

inline PgParameters IssueParameters(const std::vector<IssueId>& issues) {
  PgArray series(PgType::kText), labels(PgType::kText);
  for (const IssueId& issue : issues) {
    series.Add(issue.series);
    labels.Add(issue.label);
  }
  PgParameters parameters;
  parameters.Array(std::move(series)).Array(std::move(labels));
  return parameters;
}

// One row of a result, for row_reading.hpp.
class PgRow {
 public:
  PgRow(const PgRows& rows, int row) : rows_(rows), row_(row) {}
  std::int64_t Int(int column) const { return rows_.Int(row_, column); }
  std::string_view Text(int column) const { return rows_.Text(row_, column); }
  bool IsNull(int column) const { return rows_.IsNull(row_, column); }

 private:
  const PgRows& rows_;
  int row_;
};

template <class Visit>
void ForEachRow(const PgRows& rows, Visit visit) {
  for (int i = 0; i < rows.size(); ++i) visit(PgRow(rows, i));
}

}  // namespace ytterby
