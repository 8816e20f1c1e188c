#include "common/json_writer.hpp"

#include <bit>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

namespace ytterby {

namespace {

bool MustBeEscaped(char byte) {
  const auto c = static_cast<unsigned char>(byte);
  return c < 0x20 || c == '"' || c == '\\';
}

#ifdef __SSE2__
// One bit for each of sixteen bytes: must it be escaped?
unsigned EscapedOf(const char* bytes) {
  const __m128i block = _mm_loadu_si128(reinterpret_cast<const __m128i*>(bytes));
  const __m128i control = _mm_cmpeq_epi8(_mm_min_epu8(block, _mm_set1_epi8(0x1F)), block);
  const __m128i quote = _mm_cmpeq_epi8(block, _mm_set1_epi8('"')),
                backslash = _mm_cmpeq_epi8(block, _mm_set1_epi8('\\'));
  return static_cast<unsigned>(_mm_movemask_epi8(_mm_or_si128(control, _mm_or_si128(quote, backslash))));
}
#endif

// The first byte at or after `from` that must be escaped.
std::size_t FindEscaped(std::string_view text, std::size_t from) {
#ifdef __SSE2__
  for (; from + sizeof(__m128i) <= text.size(); from += sizeof(__m128i)) {
    if (const unsigned escaped = EscapedOf(text.data() + from))
      return from + static_cast<std::size_t>(std::countr_zero(escaped));
  }
#endif
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
