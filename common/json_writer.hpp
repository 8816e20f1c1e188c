// Writes JSON text: keys in the order given, decimals as strings of their own digits, UTF-8 unchanged. Not a library's,
// because the stored text must be the same bytes everywhere, and library writers print numbers through a double.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/decimal.hpp"

namespace ytterby {

// A streaming writer. Inside an object, call Key() before every value; the writer adds the commas.
class JsonWriter {
 public:
  JsonWriter() { text_.reserve(500); }

  JsonWriter& BeginObject();
  JsonWriter& EndObject();
  JsonWriter& BeginArray();
  JsonWriter& EndArray();
  // `key` is one of our own names, with nothing to escape.
  JsonWriter& Key(std::string_view key);
  JsonWriter& String(std::string_view text);
  JsonWriter& Number(std::int64_t number);
  JsonWriter& Bool(bool value);
  JsonWriter& Null();
  // Text that is already JSON.
  JsonWriter& Raw(std::string_view json);

  JsonWriter& Field(std::string_view key, std::string_view text) { return Key(key).String(text); }
  JsonWriter& Field(std::string_view key, const std::string& text) { return Key(key).String(text); }
  JsonWriter& Field(std::string_view key, const char* text) { return Key(key).String(text); }
  JsonWriter& Field(std::string_view key, const std::optional<std::string>& text) {
    Key(key);
    return text ? String(*text) : Null();
  }
  // Decimals are written as strings of their own digits: a reader would turn a number into a double.
  JsonWriter& Field(std::string_view key, const Decimal& number) { return Key(key).String(number.ToString()); }
  JsonWriter& Field(std::string_view key, const std::optional<Decimal>& number) {
    Key(key);
    return number ? String(number->ToString()) : Null();
  }
  JsonWriter& Field(std::string_view key, const std::optional<int>& number) {
    Key(key);
    return number ? Number(std::int64_t{*number}) : Null();
  }
  JsonWriter& Field(std::string_view key, std::int64_t number) { return Key(key).Number(number); }
  JsonWriter& Field(std::string_view key, int number) { return Key(key).Number(std::int64_t{number}); }
  JsonWriter& Field(std::string_view key, std::uint32_t number) { return Key(key).Number(std::int64_t{number}); }
  JsonWriter& Field(std::string_view key, const std::vector<std::string>& texts);

  const std::string& text() const { return text_; }
  // Returns a string with little spare capacity: a string that grew may have twice what it needs.
  std::string Take() {
    return text_.capacity() > text_.size() + text_.size() / 4 ? std::string(text_) : std::move(text_);
  }
  void Reserve(std::size_t bytes) { text_.reserve(bytes); }

 private:
  void Separate();

  std::string text_;
  bool comma_ = false;
};

// Appends `text` as a JSON string with its quotes. Control characters are escaped; everything else is copied.
void AppendJsonString(std::string& out, std::string_view text);

}  // namespace ytterby
