#include "common/db/postgres.hpp"

#include <fmt/format.h>
#include <libpq-fe.h>
#include <poll.h>

#include <algorithm>
#include <cstdlib>
#include <optional>

namespace ytterby {
namespace {

// Without libpq's question whether the server is running.
std::string OneLine(std::string message) {
  message.erase(std::min(message.find("\n\tIs the server running"), message.size()));
  std::replace(message.begin(), message.end(), '\n', ' ');
  while (message.ends_with(' ')) message.pop_back();
  return message;
}

// What a SQLSTATE means to the caller (PostgreSQL, appendix A).
ErrorKind KindOf(std::string_view state) {
  for (std::string_view retriable :
       {"08", "40", "53", "55", "57", "58"}) {  // connection, rollback, resources, locks, operator, system
    if (state.starts_with(retriable)) return ErrorKind::kUnavailable;
  }
  for (std::string_view of_a_value :
       {"22", "23", "54"}) {  // data, integrity, program limits (a key too long for an index)
    if (state.starts_with(of_a_value)) return ErrorKind::kBadData;
  }
  if (state == "25006") return ErrorKind::kUnavailable;  // read-only: a standby, until it is promoted
  return ErrorKind::kConfiguration;
}

Cause CauseOf(std::string_view state) {
  if (state == "40001" || state == "40P01") return Cause::kLostToRival;  // serialization failure, deadlock
  if (state == "55P03") return Cause::kLockTimeout;
  if (state == "42501") return Cause::kNotPermitted;
  return Cause::kOther;
}

tl::unexpected<Error> FailOf(pg_conn* connection, pg_result* result) {
  const char* state = result ? PQresultErrorField(result, PG_DIAG_SQLSTATE) : nullptr;
  const std::string message = OneLine(result ? PQresultErrorMessage(result) : PQerrorMessage(connection));
  // The reason why the server ended the session (its operator ended it, or this side was asleep in a transaction) is
  // gone with the session.
  const char* severity = result ? PQresultErrorField(result, PG_DIAG_SEVERITY_NONLOCALIZED) : nullptr;
  const bool session_ended =
      severity && (severity == std::string_view("FATAL") || severity == std::string_view("PANIC"));
  if (!state || session_ended || PQstatus(connection) != CONNECTION_OK) {
    return Fail(ErrorKind::kUnavailable, "postgresql: " + message, Part::kStore);
  }
  return Fail(KindOf(state), fmt::format("postgresql: {} [{}]", message, state), Part::kStore, CauseOf(state));
}

// A failed connection has no SQLSTATE in libpq 15: the server's message shows what waiting cannot fix.
ErrorKind KindOfConnecting(const std::string& message) {
  for (std::string_view permanent :
       {"no password supplied", "password authentication failed", "authentication failed for user", "does not exist",
        "no pg_hba.conf entry", "certificate verify failed", "server does not support SSL", "root certificate file"}) {
    if (message.find(permanent) != std::string::npos) return ErrorKind::kConfiguration;
  }
  return ErrorKind::kUnavailable;
}

using ResultHandle = std::unique_ptr<PGresult, PgClear>;

// How long a session may be silent in a transaction. Between statements the server enforces this itself
// (idle_in_transaction_session_timeout); in the middle of a COPY, or of statements that are sent together, it waits
// without limit, and no setting of PostgreSQL 15 changes that.
constexpr const char* kSilence = "10s";

struct FreeOptions {
  void operator()(PQconninfoOption* options) const { PQconninfoFree(options); }
};

}  // namespace

void PgFinish::operator()(pg_conn* connection) const { PQfinish(connection); }

// Whether the server has ended a connection between two queries, for example because it was restarted. That is no
// trouble: the next query uses another connection.
bool PgConnection::HasEnded() const {
  if (PQtransactionStatus(connection_.get()) != PQTRANS_IDLE) return false;
  // The first call takes the server's last message, the second the end of the stream.
  for (int call = 0; call < 2; ++call) {
    if (PQconsumeInput(connection_.get()) == 0) return true;
  }
  return PQstatus(connection_.get()) != CONNECTION_OK;
}

Result<void> PgConnection::Connect() {
  if (connection_ && PQstatus(connection_.get()) == CONNECTION_OK && !HasEnded()) return {};
  prepared_.clear();
  // The URL overrides these: of two values, libpq uses the last.
  std::vector<const char*> keys = {"application_name", "connect_timeout", "keepalives_idle", "tcp_user_timeout",
                                   "client_encoding"};
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(patience_.limit).count();
  const std::string timeout = std::to_string(std::clamp<std::int64_t>(seconds, 2, 10));  // libpq waits 2 s at least
  std::vector<const char*> values = {"ytterby", timeout.c_str(), "10", "15000", "UTF8"};
  if (!password_.empty()) {
    keys.push_back("password");
    values.push_back(password_.c_str());
  }
  keys.push_back("dbname");
  values.push_back(url_.c_str());
  keys.push_back(nullptr);
  values.push_back(nullptr);
  connection_.reset(PQconnectdbParams(keys.data(), values.data(), 1));
  if (PQstatus(connection_.get()) != CONNECTION_OK) {
    const std::string message = OneLine(PQerrorMessage(connection_.get()));
    connection_.reset();
    return Fail(KindOfConnecting(message), "postgresql: " + message, Part::kStore);
  }
  PQsetNoticeProcessor(
      connection_.get(), [](void*, const char*) {}, nullptr);
  // Another session's lock becomes an error that is visible and retried, not a silent wait. The server releases the
  // locks of a session that falls silent in a transaction because it was paused or its machine is gone. Everything is
  // looked up by key: a plan made while the tables were empty would scan them whole until the server updates its
  // statistics. Long texts use the faster compression if the server has it.
  const std::string settings = fmt::format(
      // Also where the URL, the role or the database sets another one.
      "SET client_encoding = 'UTF8'; SET standard_conforming_strings = on; "
      "SET lock_timeout = '5s'; SET idle_in_transaction_session_timeout = '{}'; "
      "SET enable_seqscan = off; SET enable_hashjoin = off; SET enable_mergejoin = off; SET jit = off; SELECT "
      "set_config('default_toast_compression', 'lz4', false) FROM pg_settings "
      "WHERE name = 'default_toast_compression' AND 'lz4' = ANY(enumvals)",
      kSilence);
  PQsetnonblocking(connection_.get(), 1);  // sending must not wait without limit either
  if (auto set = Run(settings); !set) {
    connection_.reset();
    return set;
  }
  const char* encoding = PQparameterStatus(connection_.get(), "server_encoding");
  if (encoding && std::string_view(encoding) != "UTF8") {
    const std::string name = encoding;
    connection_.reset();
    return Fail(ErrorKind::kConfiguration,
                fmt::format("postgresql: the database's encoding is {}; create one with ENCODING 'UTF8'", name),
                Part::kStore);
  }
  return {};
}

Result<PgRows> PgConnection::Query(const std::string& sql, PgParameters parameters) {
  PgBatch batch;
  batch.Add(sql, std::move(parameters));
  YT_ASSIGN(answers, Query(batch));
  return std::move(answers.front());
}

Result<std::vector<PgRows>> PgConnection::Query(const PgBatch& batch) {
  YT_CHECK(Connect());
  pg_conn* db = connection_.get();
  bool sent = PQenterPipelineMode(db) == 1;
  std::vector<const std::string*>
      preparing;  // for each message sent: the SQL to prepare, or nullptr for a statement to run
  for (const PgBatch::Statement& statement : batch.statements_) {
    const auto [name, is_new] = prepared_.try_emplace(statement.sql, fmt::format("s{}", next_name_));
    if (is_new) {
      ++next_name_;
      sent = sent && PQsendPrepare(db, name->second.c_str(), statement.sql.c_str(), 0, nullptr);
      preparing.push_back(&name->first);
    }
    std::vector<const char*> values;
    std::vector<int> lengths, formats;
    for (const PgParameters::Value& value : statement.parameters.values_) {
      values.push_back(value.bytes.c_str());
      lengths.push_back(static_cast<int>(value.bytes.size()));
      formats.push_back(value.format);
    }
    constexpr int kBinary = 1;
    sent = sent && PQsendQueryPrepared(db, name->second.c_str(), static_cast<int>(values.size()), values.data(),
                                       lengths.data(), formats.data(), kBinary);
    preparing.push_back(nullptr);
  }
  if (sent && PQpipelineSync(db)) return Answers(preparing);
  auto failed = FailOf(db, nullptr);
  connection_.reset();  // it is unknown how much of it the server has
  return failed;
}

Result<std::vector<PgRows>> PgConnection::Answers(const std::vector<const std::string*>& preparing) {
  pg_conn* db = connection_.get();
  std::vector<PgRows> answers;
  std::optional<tl::unexpected<Error>> failed;
  for (const std::string* sql : preparing) {
    YT_CHECK(Await());
    ResultHandle result(PQgetResult(db));
    const ExecStatusType status = PQresultStatus(result.get());
    if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK) {
      if (!failed) failed = FailOf(db, result.get());  // later ones are only reported as skipped
      if (sql) prepared_.erase(prepared_.find(*sql));
    } else if (!sql) {
      answers.emplace_back(result.release());
    }
    const ResultHandle end(PQgetResult(db));
  }
  YT_CHECK(Await());
  const ResultHandle synchronised(PQgetResult(db));
  if (PQresultStatus(synchronised.get()) != PGRES_PIPELINE_SYNC || !PQexitPipelineMode(db)) {
    if (!failed) failed = FailOf(db, nullptr);
    connection_.reset();  // its answers can no longer be told apart
  }
  if (failed) return *failed;
  return answers;
}

bool PgConnection::WaitForSocket(bool write, std::chrono::steady_clock::time_point deadline) const {
  constexpr int kMomentMs = 200;  // after which a request to stop is seen
  pollfd socket{PQsocket(connection_.get()), static_cast<short>(POLLIN | (write ? POLLOUT : 0)), 0};
  poll(&socket, 1, kMomentMs);
  return std::chrono::steady_clock::now() < deadline && !(patience_.stop && patience_.stop());
}

Result<void> PgConnection::GiveUp() {
  connection_.reset();  // the server may answer later, to nobody
  return Fail(ErrorKind::kUnavailable, "postgresql: the server does not answer", Part::kStore);
}

Result<void> PgConnection::Await() {
  pg_conn* db = connection_.get();
  const auto deadline = std::chrono::steady_clock::now() + patience_.limit;
  for (bool sending = true; sending || PQisBusy(db);) {
    sending = PQflush(db) == 1;
    if (!sending && !PQisBusy(db)) break;
    if (!WaitForSocket(sending, deadline)) return GiveUp();
    if (PQconsumeInput(db) == 0) break;  // the next result is the error
  }
  return {};
}

Result<void> PgConnection::Run(const std::string& sql) {
  if (!PQsendQuery(connection_.get(), sql.c_str())) return FailOf(connection_.get(), nullptr);
  std::optional<tl::unexpected<Error>> failed;
  while (true) {
    YT_CHECK(Await());
    const ResultHandle result(PQgetResult(connection_.get()));
    if (!result) break;
    const ExecStatusType status = PQresultStatus(result.get());
    const bool done = status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK || status == PGRES_COPY_IN;
    if (!done && !failed) failed = FailOf(connection_.get(), result.get());
    if (status == PGRES_COPY_IN) break;
  }
  if (failed) return *failed;
  return {};
}

Result<void> PgConnection::Execute(const std::string& sql) {
  YT_CHECK(Connect());
  return Run(sql);
}

Result<void> PgConnection::Copy(const std::string& sql, const std::string& rows) {
  YT_CHECK(Connect());
  YT_CHECK(Run(sql));
  const auto deadline = std::chrono::steady_clock::now() + patience_.limit;
  // 1: taken; 0: the socket is full; -1: an error.
  const auto put = [&](auto&& some) -> Result<void> {
    int taken = 0;
    while ((taken = some()) == 0) {
      if (!WaitForSocket(true, deadline)) return GiveUp();
    }
    if (taken != 1) return FailOf(connection_.get(), nullptr);
    return {};
  };
  constexpr std::size_t kPiece = 1u << 20;
  for (std::size_t at = 0; at < rows.size(); at += kPiece) {
    const auto size = static_cast<int>(std::min(kPiece, rows.size() - at));
    YT_CHECK(put([&] { return PQputCopyData(connection_.get(), rows.data() + at, size); }));
  }
  YT_CHECK(put([&] { return PQputCopyEnd(connection_.get(), nullptr); }));
  std::optional<tl::unexpected<Error>> failed;
  while (true) {
    YT_CHECK(Await());
    const ResultHandle result(PQgetResult(connection_.get()));
    if (!result) break;
    if (PQresultStatus(result.get()) != PGRES_COMMAND_OK && !failed) failed = FailOf(connection_.get(), result.get());
  }
  if (failed) return *failed;
  return {};
}

void PgConnection::Rollback() {
  if (!connection_) return;
  if (PQstatus(connection_.get()) != CONNECTION_OK) {
    connection_.reset();
    return;
  }
  if (PQtransactionStatus(connection_.get()) == PQTRANS_IDLE) return;
  if (!Execute("ROLLBACK")) connection_.reset();
}

Result<std::int64_t> PgConnection::EndSilentSessions() {
  // A role does not see the state of sessions that it has no rights over.
  YT_ASSIGN(ended,
            Query(fmt::format(
                "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = current_database() AND "
                "usename = session_user AND application_name = current_setting('application_name') AND "
                "state = 'active' AND wait_event = 'ClientRead' AND "
                "greatest(query_start, state_change) < clock_timestamp() - interval '{}'",
                kSilence)));
  return ended.Int(0, 0);
}

bool IsPostgresUrl(std::string_view url) { return url.starts_with("postgresql://") || url.starts_with("postgres://"); }

Result<void> CheckPostgresUrl(const std::string& url) {
  const auto holds_password = [] {
    return Fail(ErrorKind::kConfiguration,
                "store: the URL contains a password, which process lists and logs would show; use "
                "store_password_file, PGPASSWORD or PGPASSFILE instead");
  };
  // Only the user may come before the last @. Checked here, because libpq would read a password with a slash in it as
  // something else.
  const std::string_view rest = std::string_view(url).substr(url.find("://") + 3);
  const std::size_t user_end = rest.rfind('@');
  if (user_end != std::string_view::npos && rest.substr(0, user_end).find(':') != std::string_view::npos)
    return holds_password();
  char* error = nullptr;
  const std::unique_ptr<PQconninfoOption, FreeOptions> options(PQconninfoParse(url.c_str(), &error));
  PQfreemem(error);  // it quotes the URL, which may contain a password
  if (!options)
    return Fail(ErrorKind::kConfiguration,
                "store: the URL cannot be parsed; write postgresql://USER@HOST:PORT/DATABASE?PARAMETER=VALUE");
  for (const PQconninfoOption* option = options.get(); option->keyword; ++option) {
    if (!option->val || !*option->val) continue;
    const std::string_view keyword = option->keyword;
    if (keyword == "password" || keyword == "sslpassword") return holds_password();
  }
  return {};
}

}  // namespace ytterby
