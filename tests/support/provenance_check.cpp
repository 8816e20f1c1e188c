#include "tests/support/provenance_check.hpp"

#include <fmt/format.h>
#include <simdjson.h>

#include <map>

#include "common/decimal.hpp"
#include "consumers/reading/section_text.hpp"

namespace ytterby::testing {
namespace {

// Mark-up: tags, emphasis, heading marks, LaTeX. Independent of the program's own folding.
std::string WithoutMarkup(const std::string& text) {
  std::string out;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    if (c == '<') {
      const std::size_t close = text.find('>', at);
      if (close != std::string::npos && close - at < 12) {
        at = close;
        continue;
      }
    }
    if (c == '\\') {
      while (at + 1 < text.size() && std::isalpha(static_cast<unsigned char>(text[at + 1]))) ++at;
      continue;
    }
    if (std::string_view("*#${}_^|").find(c) == std::string_view::npos) out += c;
  }
  return out;
}

bool Same(const std::string& value, const std::string& bytes, bool number) {
  if (value == bytes) return true;
  if (number) {
    const auto a = Decimal::Parse(value), b = Decimal::Parse(bytes);
    return a && b && *a == *b;
  }
  return WithoutMarkup(value) == WithoutMarkup(bytes);
}

}  // namespace

std::vector<std::string> BrokenProvenance(const Section& section, const Record& record) {
  std::vector<std::string> broken;
  simdjson::dom::parser bodies, provenances;
  const simdjson::dom::object body = bodies.parse(record.body);
  const std::string provenance_json = "{" + record.provenance + "}";
  const simdjson::dom::element provenance = provenances.parse(provenance_json);
  std::map<std::string, std::string> printed;
  for (const auto& [field, spans] : simdjson::dom::object(provenance["spans"])) {
    for (const simdjson::dom::array span : spans) {
      const auto begin = static_cast<std::size_t>(std::int64_t(span.at(0))),
                 end = static_cast<std::size_t>(std::int64_t(span.at(1)));
      if (begin > end || end > section.text.size()) {
        broken.push_back(
            fmt::format("{}: span [{}, {}) is not in the section of {} bytes", field, begin, end, section.text.size()));
        continue;
      }
      printed[std::string(field)] += WithoutSpace(std::string_view(section.text).substr(begin, end - begin));
    }
  }
  const simdjson::dom::object rules = provenance["rules"];
  for (const auto& [key, value] : body) {
    const std::string field(key);
    if (value.is_null() || rules.at_key(key).error() == simdjson::SUCCESS) continue;
    std::string text;
    bool number = false;
    if (value.is_string()) {
      text = std::string_view(value);
    } else if (value.is_array()) {
      for (const simdjson::dom::element part : simdjson::dom::array(value)) {
        text += part.is_string() ? std::string(std::string_view(part)) : simdjson::minify(part);
      }
    } else {
      text = simdjson::minify(value);
      number = true;
    }
    text = WithoutSpace(text);
    if (!Same(text, printed[field], number)) {
      broken.push_back(fmt::format("{} {}: the value is {} but its spans hold {}", ExportName(record.kind), field,
                                   text.substr(0, 300), printed[field].substr(0, 300)));
    }
  }
  return broken;
}

}  // namespace ytterby::testing
