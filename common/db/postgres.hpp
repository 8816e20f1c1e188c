// A thin, typed wrapper of libpq for the store: connections and their statements. A connection belongs to one thread at
// a time; its owner ensures that.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "common/db/postgres_values.hpp"
#include "common/result.hpp"

struct pg_conn;

namespace ytterby {

// Statements that are sent together. Add returns the index of the statement's answer.
class PgBatch {
 public:
  std::size_t Add(std::string sql, PgParameters parameters = {}) {
    statements_.push_back({std::move(sql), std::move(parameters)});
    return statements_.size() - 1;
  }

 private:
  friend class PgConnection;
  struct Statement {
    std::string sql;
    PgParameters parameters;
  };
  std::vector<Statement> statements_;
};

struct PgFinish {
  void operator()(pg_conn* connection) const;
};

// How long to wait for a server that does not answer, for example because it was stopped (SIGSTOP).
struct PgPatience {
  std::chrono::milliseconds limit{60'000};
  std::function<bool()> stop;  // true: stop waiting; empty: never
};

// Connects on first use, and again after a lost connection. Statements are prepared once per connection.
//
// Errors: kUnavailable for what a retry may fix (server away, connection cut, deadlock, serialization failure, no
// room); kBadData if the server rejects a value; kConfiguration if the role, the password, the database or the tables
// are wrong.
class PgConnection {
 public:
  // `url`: postgresql://…, without a password (see CheckPostgresUrl). `password`: if empty, libpq's own sources
  // (PGPASSWORD, PGPASSFILE).
  explicit PgConnection(std::string url, std::string password = {}, PgPatience patience = {})
      : url_(std::move(url)), password_(std::move(password)), patience_(std::move(patience)) {}

  Result<void> Connect();
  bool HasEnded() const;
  Result<PgRows> Query(const std::string& sql, PgParameters parameters = {});
  // Sends all statements and waits once. Each statement sees what the earlier ones did; after one fails, no later one
  // runs, and its error is returned. Only for small answers: the server stops reading while nobody reads its output. No
  // COPY.
  Result<std::vector<PgRows>> Query(const PgBatch& batch);
  // One or more statements without parameters.
  Result<void> Execute(const std::string& sql);
  // `sql`: COPY table(columns) FROM STDIN (FORMAT binary).
  Result<void> Copy(const std::string& sql, const std::string& rows);
  // Rolls back a failed transaction; closes a connection that cannot even do this.
  void Rollback();
  // Ends sessions of this program (by role and application_name, in this database) that were paused: their statement
  // began at least 10 s ago (kSilence in the source) and the server is waiting for the rest of it. Returns how many.
  // Not within a transaction.
  Result<std::int64_t> EndSilentSessions();

 private:
  Result<std::vector<PgRows>> Answers(const std::vector<const std::string*>& preparing);
  // Waits until the next result can be taken without waiting. kUnavailable: the server was silent for too long, or
  // stopped waiting; the connection is closed.
  Result<void> Await();
  // Waits until the socket can be read or written, for a moment at most. False: patience is at its end.
  bool WaitForSocket(bool write, std::chrono::steady_clock::time_point deadline) const;
  Result<void> GiveUp();
  // One or more statements on an open connection.
  Result<void> Run(const std::string& sql);

  std::string url_, password_;
  PgPatience patience_;
  std::unique_ptr<pg_conn, PgFinish> connection_;
  std::map<std::string, std::string> prepared_;  // name by SQL
  int next_name_ = 0;
};

bool IsPostgresUrl(std::string_view url);
// kConfiguration: the URL cannot be parsed, or contains a password, which process lists and logs would show.
Result<void> CheckPostgresUrl(const std::string& url);

}  // namespace ytterby
