#include "common/json_writer.hpp"

#include <cstring>

namespace ytterby {

namespace {

bool MustBeEscaped(char byte) {
  const auto c = static_cast<unsigned char>(byte);
  return c < 0x20 || c == '"' || c == '\\';
}

// Is any of eight bytes below 0x20, a quote or a backslash? The usual way to look for a small byte in a word: it borrows from its top bit.
bool AnyMustBeEscaped(std::uint64_t word) {
  constexpr std::uint64_t kOnes = 0x0101010101010101, kTops = 0x8080808080808080;
  const auto below = [](std::uint64_t bytes, std::uint64_t limit) { return (bytes - kOnes * limit) & ~bytes; };
  return ((below(word, 0x20) | below(word ^ (kOnes * '"'), 1) | below(word ^ (kOnes * '\\'), 1)) & kTops) != 0;
}

// The same of many bytes, in the form that compilers make vector instructions of.
constexpr std::size_t kBlock = 32;
bool AnyMustBeEscapedOf(const char* block) {
  unsigned any = 0;
  for (std::size_t i = 0; i < kBlock; ++i) any |= static_cast<unsigned>(MustBeEscaped(block[i]));
  return any != 0;
}

// The first byte from `from` on that cannot stand as it is.
std::size_t FindEscaped(std::string_view text, std::size_t from) {
  while (from + kBlock <= text.size() && !AnyMustBeEscapedOf(text.data() + from)) from += kBlock;
  for (std::uint64_t word = 0; from + sizeof word <= text.size(); from += sizeof word) {
    std::memcpy(&word, text.data() + from, sizeof word);
    if (AnyMustBeEscaped(word)) break;
  }
  while (from < text.size() && !MustBeEscaped(text[from])) ++from;
  return from;
}

}  // namespace

void AppendJsonString(std::string& out, std::string_view text) {
  static constexpr char kHex[] = "0123456789abcdef";
  out += '"';
  for (std::size_t copied = 0; copied < text.size();) {
    const std::size_t escaped = FindEscaped(text, copied);
    out.append(text, copied, escaped - copied);
    if (escaped == text.size()) break;
    copied = escaped + 1;
    const auto c = static_cast<unsigned char>(text[escaped]);
    switch (c) {
      case '"':
        out += "\\\"";
        break;
      case '\\':
        out += "\\\\";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\r':
        out += "\\r";
        break;
      case '\t':
        out += "\\t";
        break;
      default:
        out += "\\u00";
        out += kHex[c >> 4];
        out += kHex[c & 15];
    }
  }
  out += '"';
}

void JsonWriter::Separate() {
  if (comma_) text_ += ',';
  comma_ = true;
}

JsonWriter& JsonWriter::BeginObject() {
  Separate();
  text_ += '{';
  comma_ = false;
  return *this;
}

JsonWriter& JsonWriter::EndObject() {
  text_ += '}';
  comma_ = true;
  return *this;
}

JsonWriter& JsonWriter::BeginArray() {
  Separate();
  text_ += '[';
  comma_ = false;
  return *this;
}

JsonWriter& JsonWriter::EndArray() {
  text_ += ']';
  comma_ = true;
  return *this;
}

JsonWriter& JsonWriter::Key(std::string_view key) {
  Separate();
  text_ += '"';
  text_ += key;
  text_ += "\":";
  comma_ = false;
  return *this;
}

JsonWriter& JsonWriter::String(std::string_view text) {
  Separate();
  AppendJsonString(text_, text);
  return *this;
}

JsonWriter& JsonWriter::Number(std::int64_t number) { return Raw(std::to_string(number)); }

JsonWriter& JsonWriter::Number(const Decimal& number) { return Raw(number.ToString()); }

JsonWriter& JsonWriter::Bool(bool value) { return Raw(value ? "true" : "false"); }

JsonWriter& JsonWriter::Null() { return Raw("null"); }

JsonWriter& JsonWriter::Raw(std::string_view json) {
  Separate();
  text_ += json;
  return *this;
}

JsonWriter& JsonWriter::Field(std::string_view key, const std::vector<std::string>& texts) {
  Key(key).BeginArray();
  for (const std::string& text : texts) String(text);
  return EndArray();
}

}  // namespace ytterby
