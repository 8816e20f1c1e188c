// The relay's part of the PostgreSQL store. It has its own connection.
#include <fmt/format.h>

#include <map>
#include <set>

#include "consumers/stores/postgres_rows.hpp"
#include "consumers/stores/postgres_store.hpp"
#include "consumers/stores/relay_notes.hpp"
#include "consumers/stores/store_sql.hpp"

namespace ytterby {
namespace {

// The lease uses the server's clock, which all holders share.
constexpr const char* kNow = "(extract(epoch FROM clock_timestamp()) * 1000)::bigint";

// Begins and commits its own transaction; after an error the caller rolls back.
class RelayWriter {
 public:
  RelayWriter(PgConnection& db, const RelayBatch& batch) : db_(db), batch_(batch) {}

  Result<void> Write(std::int64_t term) {
    // The row lock delays a process that takes the lease meanwhile.
    PgBatch begin;
    begin.Add("BEGIN");
    const std::size_t lock =
        begin.Add("SELECT 1 FROM relay WHERE id = 1 AND term = $1 FOR UPDATE", PgParameters().Int(term));
    YT_ASSIGN(held, db_.Query(begin));
    if (held[lock].size() == 0) return Fail(ErrorKind::kConflict, "another process took the relay's lease");
    if (batch_.forget) YT_CHECK(db_.Execute(sql::kForgetRows));
    PgBatch rest;
    if (!batch_.noted.empty() || !batch_.published.empty()) {
      rest.Add(Numbered(sql::kNote), PgParameters().Text(batch_.noted.empty() ? "" : EncodeNoted(batch_.noted)));
    }
    PutPublished(rest);
    ClearDirty(rest);
    MarkCopied(rest);
    if (batch_.mark) {
      rest.Add("UPDATE relay SET log_id = $1, view = $2, first_sequence = $3 WHERE id = 1",
               PgParameters().Text(batch_.mark->log_id).Text(batch_.mark->view).Int(batch_.mark->first_sequence));
    }
    rest.Add("COMMIT");
    YT_CHECK(db_.Query(rest));
    return {};
  }

 private:
  void PutPublished(PgBatch& rest) {
    if (batch_.published.empty()) return;
    std::set<IssueId> issues;
    PgArray kinds(PgType::kBigint), ids(PgType::kText), series(PgType::kText), labels(PgType::kText),
        contents(PgType::kBytes), sequences(PgType::kBigint), acknowledged(PgType::kBigint);
    for (const PublishedRecord& record : batch_.published) {
      issues.insert(record.issue);
      kinds.Add(static_cast<std::int64_t>(record.kind));
      ids.Add(record.id);
      series.Add(record.issue.series);
      labels.Add(record.issue.label);
      if (record.content) {
        contents.Add(record.content->Raw());
      } else {
        contents.AddNull();
      }
      sequences.Add(record.sequence);
      acknowledged.Add(static_cast<std::int64_t>(record.acknowledged));
    }
    PgArray issue_series(PgType::kText), issue_labels(PgType::kText);
    for (const IssueId& issue : issues) {
      issue_series.Add(issue.series);
      issue_labels.Add(issue.label);
    }
    rest.Add(
        "INSERT INTO published_issue(series, label) SELECT u.series, u.label FROM unnest($1::text[], $2::text[]) "
        "u(series, label) "
        "WHERE NOT EXISTS(SELECT 1 FROM published_issue i WHERE i.series = u.series AND i.label = u.label) ON CONFLICT "
        "DO NOTHING",
        PgParameters().Array(std::move(issue_series)).Array(std::move(issue_labels)));
    PgParameters parameters;
    parameters.Array(std::move(kinds))
        .Array(std::move(ids))
        .Array(std::move(series))
        .Array(std::move(labels))
        .Array(std::move(contents));
    parameters.Array(std::move(sequences)).Array(std::move(acknowledged));
    rest.Add(
        "INSERT INTO published(issue, kind, record_id, content, sequence, acknowledged) SELECT i.id, u.kind::integer, "
        "u.id, u.content, "
        "u.sequence, u.acknowledged::integer FROM "
        "unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::bytea[], $6::bigint[], $7::bigint[]) "
        "u(kind, id, series, label, content, sequence, acknowledged) JOIN published_issue i ON i.series = u.series AND "
        "i.label = u.label "
        "ON CONFLICT(issue, kind, record_id) DO UPDATE SET content = excluded.content, sequence = excluded.sequence, "
        "acknowledged = excluded.acknowledged",
        std::move(parameters));
  }

  void ClearDirty(PgBatch& rest) {
    struct Marks {
      PgArray counters{PgType::kBigint}, series{PgType::kText}, labels{PgType::kText};
    };
    std::map<std::string, Marks> by_consumer;
    for (const DirtyIssue& dirty : batch_.cleared) {
      Marks& marks = by_consumer[dirty.consumer];
      marks.counters.Add(dirty.counter);
      marks.series.Add(dirty.issue.series);
      marks.labels.Add(dirty.issue.label);
    }
    for (auto& [consumer, marks] : by_consumer) {
      rest.Add(
          ForConsumer("DELETE FROM @_dirty d USING @_issue i, unnest($1::bigint[], $2::text[], $3::text[]) u(counter, "
                      "series, label) "
                      "WHERE i.id = d.issue AND i.series = u.series AND i.label = u.label AND d.counter = u.counter",
                      consumer),
          PgParameters()
              .Array(std::move(marks.counters))
              .Array(std::move(marks.series))
              .Array(std::move(marks.labels)));
    }
  }

  void MarkCopied(PgBatch& rest) {
    for (const DeadLetter& letter : batch_.copied) {
      rest.Add("UPDATE dead_letters SET copied = $1 WHERE letter_id = $2 AND consumer = $3",
               PgParameters().Int(letter.attempts).Bytes(letter.id.Raw()).Text(letter.consumer));
    }
  }

  PgConnection& db_;
  const RelayBatch& batch_;
};

}  // namespace

Result<std::optional<RelayLease>> PostgresStore::TakeRelay(const std::string& holder, std::chrono::milliseconds lease) {
  YT_ASSIGN(rows, Ask(relay_, sql::TakeRelay(kNow),
                      PgParameters().Text(holder).Text(holder).Int(lease.count()).Text(holder)));
  if (rows.size() == 0) return std::optional<RelayLease>();
  const PgRow row(rows, 0);
  return RelayLease{row.Int(0), {TextIn(row, 1), TextIn(row, 2), row.Int(3)}};
}

Result<std::vector<DirtyIssue>> PostgresStore::DirtyIssues(std::size_t limit) {
  std::vector<DirtyIssue> issues;
  for (const std::string& consumer : ConsumerNames()) {
    YT_ASSIGN(rows, Ask(relay_, sql::Dirty(consumer), PgParameters().Int(static_cast<std::int64_t>(limit))));
    ForEachRow(rows, [&](const PgRow& row) {
      issues.push_back({consumer, {TextIn(row, 0), TextIn(row, 1)}, row.Int(2)});
    });
  }
  return issues;
}

Result<std::vector<std::vector<PublishedRecord>>> PostgresStore::PublishedOf(const std::vector<IssueId>& issues) {
  YT_ASSIGN(rows, Ask(relay_, sql::PublishedOf(TheseIssues("published_issue")), IssueParameters(issues)));
  std::vector<std::vector<PublishedRecord>> published(issues.size());
  ForEachRow(rows, [&](const PgRow& row) {
    const auto asked = static_cast<std::size_t>(row.Int(5) - 1);
    published[asked].push_back(ReadPublished(row, issues[asked]));
  });
  return published;
}

Result<std::vector<IssueId>> PostgresStore::PublishedIssues() {
  YT_ASSIGN(rows, Ask(relay_, sql::kPublishedIssues, {}));
  std::vector<IssueId> issues;
  ForEachRow(rows, [&](const PgRow& row) { issues.push_back({TextIn(row, 0), TextIn(row, 1)}); });
  return issues;
}

Result<std::vector<PublishedRecord>> PostgresStore::Noted() {
  YT_ASSIGN(rows, Ask(relay_, sql::kNoted, {}));
  return rows.size() == 0 ? Result<std::vector<PublishedRecord>>() : DecodeNoted(rows.Text(0, 0));
}

Result<std::vector<DeadLetter>> PostgresStore::LettersToCopy(std::size_t limit) {
  YT_ASSIGN(rows, Ask(relay_, sql::kLettersToCopy, PgParameters().Int(static_cast<std::int64_t>(limit))));
  std::vector<DeadLetter> letters;
  ForEachRow(rows, [&](const PgRow& row) { letters.push_back(ReadLetter(row)); });
  return letters;
}

Result<void> PostgresStore::ForgetPublished() {
  YT_CHECK(Ask(relay_, sql::kForgetPublished, {}));
  return {};
}

Result<void> PostgresStore::WriteRelay(std::int64_t term, const RelayBatch& batch) {
  std::lock_guard lock(relay_.mutex);
  auto written = RelayWriter(relay_.connection, batch).Write(term);
  if (!written) return tl::unexpected<Error>(Recover(relay_.connection, std::move(written).error()));
  return written;
}

}  // namespace ytterby
