#include "common/json_writer.hpp"

namespace ytterby {

namespace {

bool MustBeEscaped(char byte) {
  const auto c = static_cast<unsigned char>(byte);
  return c < 0x20 || c == '"' || c == '\\';
}

// The first byte from `from` on that cannot stand as it is. Whole blocks are looked at first, which the compiler does many bytes at once.
std::size_t FindEscaped(std::string_view text, std::size_t from) {
  constexpr std::size_t kBlock = 32;
  for (; from + kBlock <= text.size(); from += kBlock) {
    bool any = false;
    for (std::size_t i = 0; i < kBlock; ++i) any |= MustBeEscaped(text[from + i]);
    if (any) break;
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
