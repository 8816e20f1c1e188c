// A thin, typed wrapper of libpq for the store: connections, parameters, arrays, COPY. A connection belongs to one
// thread at a time; its owner ensures that.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "common/result.hpp"

struct pg_conn;
struct pg_result;

namespace ytterby {

enum class PgType : std::uint32_t { kBytes = 17, kBigint = 20, kText = 25 };  // object identifiers

// A one-dimensional array as a binary parameter, for `unnest($1::bytea[])`.
class PgArray {
 public:
  explicit PgArray(PgType element);
  void Add(std::int64_t value);
  void Add(std::string_view bytes);
  void AddNull();
  std::size_t size() const { return size_; }
  // Returns the encoded array; do not use the object afterwards.
  std::string Take();

 private:
  std::string bytes_;
  std::uint32_t size_ = 0;
  bool has_null_ = false;
};

// Parameters of a statement, in order.
class PgParameters {
 public:
  PgParameters& Int(std::int64_t value);
  PgParameters& Text(std::string_view text);
  PgParameters& Bytes(std::string_view bytes);
  PgParameters& Array(PgArray array);

 private:
  friend class PgConnection;
  struct Value {
    std::string bytes;
    int format;  // 0 text, 1 binary
  };
  std::vector<Value> values_;
};

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

struct PgClear {
  void operator()(pg_result* result) const;
};

// The rows of an answer. Rows and columns count from 0.
class PgRows {
 public:
  PgRows() = default;
  explicit PgRows(pg_result* result) : result_(result) {}
  int size() const;
  std::int64_t Int(int row, int column) const;       // of any integer type
  std::string_view Text(int row, int column) const;  // text or bytea; lives as long as the rows
  bool IsNull(int row, int column) const;
  // Rows that an INSERT or UPDATE touched.
  std::int64_t touched() const;

 private:
  std::unique_ptr<pg_result, PgClear> result_;
};

// Rows for COPY … FROM STDIN in binary form.
class PgCopy {
 public:
  PgCopy();
  void BeginRow(int columns);
  void Int4(std::int64_t value);
  void Int8(std::int64_t value);
  void Text(std::string_view text);
  std::string Take();

 private:
  std::string bytes_;
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
