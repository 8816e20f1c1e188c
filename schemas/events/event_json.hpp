// JSON of the parts that both events share.
#pragma once

#include <simdjson.h>

#include "common/json_writer.hpp"
#include "schemas/events/section.hpp"

namespace ytterby {

void WriteSpan(JsonWriter& json, Span span);
void WriteNotices(JsonWriter& json, const std::vector<Notice>& notices);
Span ReadSpan(simdjson::dom::element element);
// Numbers that do not fit are errors, as are those of another type: cut off, they would be other numbers.
std::uint32_t ReadOffset(simdjson::dom::element element);
int ReadInt(simdjson::dom::element element);
std::vector<Notice> ReadNotices(simdjson::dom::element element);
std::string ReadString(simdjson::dom::element object, std::string_view key);
// The calling thread's own parser; its results are valid until the next parse on this thread.
simdjson::dom::parser& ThreadParser();

}  // namespace ytterby
