// What goes to PostgreSQL and comes back: parameters, arrays, rows for COPY, rows of an answer, in the server's binary
// form.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

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

}  // namespace ytterby
