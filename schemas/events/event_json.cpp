#include "schemas/events/event_json.hpp"

#include <limits>

#include "schemas/events/cloud_event.hpp"

namespace ytterby {

Headers CloudEventHeaders(const CloudEvent& event) {
  Headers headers;
  headers.reserve(8);
  headers.emplace_back("ce_specversion", "1.0");
  headers.emplace_back("ce_id", event.id);
  headers.emplace_back("ce_source", event.source);
  headers.emplace_back("ce_type", event.type);
  headers.emplace_back("ce_time", event.time);
  headers.emplace_back("ce_subject", event.subject);
  headers.emplace_back("ce_dataschema", event.dataschema);
  headers.emplace_back("content-type", "application/json");
  return headers;
}

void WriteSpan(JsonWriter& json, Span span) {
  json.BeginArray()
      .Number(static_cast<std::int64_t>(span.begin))
      .Number(static_cast<std::int64_t>(span.end))
      .EndArray();
}

void WriteNotices(JsonWriter& json, const std::vector<Notice>& notices) {
  json.BeginArray();
  for (const Notice& notice : notices) {
    json.BeginObject().Field("check", notice.check).Field("severity", notice.severity).Field("message", notice.message);
    if (notice.span) {
      json.Key("span");
      WriteSpan(json, *notice.span);
    }
    json.EndObject();
  }
  json.EndArray();
}

std::uint32_t ReadOffset(simdjson::dom::element element) {
  const std::uint64_t value = element;
  if (value > std::numeric_limits<std::uint32_t>::max()) throw simdjson::simdjson_error(simdjson::NUMBER_OUT_OF_RANGE);
  return static_cast<std::uint32_t>(value);
}

int ReadInt(simdjson::dom::element element) {
  const std::int64_t value = element;
  if (value < std::numeric_limits<int>::min() || value > std::numeric_limits<int>::max())
    throw simdjson::simdjson_error(simdjson::NUMBER_OUT_OF_RANGE);
  return static_cast<int>(value);
}

Span ReadSpan(simdjson::dom::element element) { return {ReadOffset(element.at(0)), ReadOffset(element.at(1))}; }

std::vector<Notice> ReadNotices(simdjson::dom::element element) {
  std::vector<Notice> notices;
  for (simdjson::dom::element item : simdjson::dom::array(element)) {
    Notice notice{ReadString(item, "check"), ReadString(item, "severity"), ReadString(item, "message"), std::nullopt};
    simdjson::dom::element span;
    if (item["span"].get(span) == simdjson::SUCCESS) notice.span = ReadSpan(span);
    notices.push_back(std::move(notice));
  }
  return notices;
}

std::string ReadString(simdjson::dom::element object, std::string_view key) {
  return std::string(std::string_view(object[key]));
}

simdjson::dom::parser& ThreadParser() {
  thread_local simdjson::dom::parser parser;
  return parser;
}

}  // namespace ytterby
