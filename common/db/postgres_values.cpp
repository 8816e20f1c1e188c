#include "common/db/postgres_values.hpp"

#include <libpq-fe.h>

#include <cstdlib>

namespace ytterby {
namespace {

void AppendInt32(std::string& out, std::uint32_t value) {
  for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>(value >> shift & 0xFF);
}

void AppendInt64(std::string& out, std::int64_t value) {
  AppendInt32(out, static_cast<std::uint32_t>(static_cast<std::uint64_t>(value) >> 32));
  AppendInt32(out, static_cast<std::uint32_t>(value));
}

void PutInt32(std::string& out, std::size_t at, std::uint32_t value) {
  for (int i = 0; i < 4; ++i) out[at + static_cast<std::size_t>(i)] = static_cast<char>(value >> (24 - 8 * i) & 0xFF);
}

}  // namespace

PgArray::PgArray(PgType element) {
  AppendInt32(bytes_, 1);  // dimensions
  AppendInt32(bytes_, 0);  // has nulls, see Take
  AppendInt32(bytes_, static_cast<std::uint32_t>(element));
  AppendInt32(bytes_, 0);  // length, see Take
  AppendInt32(bytes_, 1);  // lower bound
}

void PgArray::Add(std::int64_t value) {
  AppendInt32(bytes_, 8);
  AppendInt64(bytes_, value);
  ++size_;
}

void PgArray::Add(std::string_view bytes) {
  AppendInt32(bytes_, static_cast<std::uint32_t>(bytes.size()));
  bytes_ += bytes;
  ++size_;
}

void PgArray::AddNull() {
  AppendInt32(bytes_, 0xFFFFFFFF);
  has_null_ = true;
  ++size_;
}

std::string PgArray::Take() {
  PutInt32(bytes_, 4, has_null_ ? 1 : 0);
  PutInt32(bytes_, 12, size_);
  return std::move(bytes_);
}

PgParameters& PgParameters::Int(std::int64_t value) {
  values_.push_back({std::to_string(value), 0});
  return *this;
}

PgParameters& PgParameters::Text(std::string_view text) {
  values_.push_back({std::string(text), 0});
  return *this;
}

PgParameters& PgParameters::Bytes(std::string_view bytes) {
  values_.push_back({std::string(bytes), 1});
  return *this;
}

PgParameters& PgParameters::Array(PgArray array) {
  values_.push_back({array.Take(), 1});
  return *this;
}

void PgClear::operator()(pg_result* result) const { PQclear(result); }

int PgRows::size() const { return result_ ? PQntuples(result_.get()) : 0; }

std::int64_t PgRows::Int(int row, int column) const {
  const std::string_view bytes = Text(row, column);
  std::int64_t value = !bytes.empty() && (bytes[0] & 0x80) ? -1 : 0;
  for (char byte : bytes)
    value = static_cast<std::int64_t>(static_cast<std::uint64_t>(value) << 8 | static_cast<unsigned char>(byte));
  return value;
}

std::string_view PgRows::Text(int row, int column) const {
  return {PQgetvalue(result_.get(), row, column), static_cast<std::size_t>(PQgetlength(result_.get(), row, column))};
}

bool PgRows::IsNull(int row, int column) const { return PQgetisnull(result_.get(), row, column) != 0; }

std::int64_t PgRows::touched() const {
  const char* count = result_ ? PQcmdTuples(result_.get()) : "";
  return *count ? std::atoll(count) : 0;
}

PgCopy::PgCopy() {
  bytes_.append("PGCOPY\n\377\r\n\0", 11);
  AppendInt32(bytes_, 0);  // flags
  AppendInt32(bytes_, 0);  // no header extension
}

void PgCopy::BeginRow(int columns) {
  bytes_ += static_cast<char>(columns >> 8 & 0xFF);
  bytes_ += static_cast<char>(columns & 0xFF);
}

void PgCopy::Int4(std::int64_t value) {
  AppendInt32(bytes_, 4);
  AppendInt32(bytes_, static_cast<std::uint32_t>(value));
}

void PgCopy::Int8(std::int64_t value) {
  AppendInt32(bytes_, 8);
  AppendInt64(bytes_, value);
}

void PgCopy::Text(std::string_view text) {
  AppendInt32(bytes_, static_cast<std::uint32_t>(text.size()));
  bytes_ += text;
}

std::string PgCopy::Take() {
  bytes_ += "\xFF\xFF";  // no more rows
  return std::move(bytes_);
}

}  // namespace ytterby
