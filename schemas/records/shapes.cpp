#include "schemas/records/shapes.hpp"

#include <simdjson.h>

#include <algorithm>

#include "common/json_writer.hpp"

namespace ytterby {
namespace {

bool IsDecimal(FieldType type) { return type == FieldType::kDecimal || type == FieldType::kDecimalOrNull; }

}  // namespace

const KindShape& ShapeOf(RecordKind kind) {
  const auto& shapes = AllShapes();
  const auto found =
      std::find_if(shapes.begin(), shapes.end(), [&](const KindShape& shape) { return shape.kind == kind; });
  return found == shapes.end() ? shapes.back() : *found;
}

std::string_view ExportName(RecordKind kind) { return ShapeOf(kind).export_name; }

const std::vector<RecordKind>& AllRecordKinds() {
  static const std::vector<RecordKind> kinds = [] {
    std::vector<RecordKind> all;
    for (const KindShape& shape : AllShapes()) all.push_back(shape.kind);
    return all;
  }();
  return kinds;
}

std::optional<RecordKind> KindFromExportName(std::string_view name) {
  for (const KindShape& shape : AllShapes()) {
    if (shape.export_name == name) return shape.kind;
  }
  return std::nullopt;
}

// Keeps the scalars' own digits (4.00), which a parser that turns them into doubles would lose.
std::string BodyAsExported(RecordKind kind, std::string body) {
  const KindShape& shape = ShapeOf(kind);
  if (std::none_of(shape.fields.begin(), shape.fields.end(),
                   [](const FieldShape& field) { return IsDecimal(field.type); }))
    return body;
  thread_local simdjson::ondemand::parser parser;
  const simdjson::padded_string padded(body);
  simdjson::ondemand::document document;
  simdjson::ondemand::object object;
  if (parser.iterate(padded).get(document) != simdjson::SUCCESS ||
      document.get_object().get(object) != simdjson::SUCCESS)
    return body;
  JsonWriter json;
  json.Reserve(body.size() + 16);
  json.BeginObject();
  bool changed = false;
  for (auto member : object) {
    std::string_view name;
    simdjson::ondemand::value value;
    simdjson::ondemand::json_type type{};
    if (member.unescaped_key().get(name) != simdjson::SUCCESS || member.value().get(value) != simdjson::SUCCESS ||
        value.type().get(type) != simdjson::SUCCESS || type == simdjson::ondemand::json_type::array ||
        type == simdjson::ondemand::json_type::object) {
      return body;
    }
    std::string_view token = value.raw_json_token();
    while (!token.empty() && (token.back() == ' ' || token.back() == '\n')) token.remove_suffix(1);
    const auto field =
        std::find_if(shape.fields.begin(), shape.fields.end(), [&](const FieldShape& one) { return one.name == name; });
    const bool quote =
        field != shape.fields.end() && IsDecimal(field->type) && type == simdjson::ondemand::json_type::number;
    changed = changed || quote;
    json.Key(name);
    if (quote) {
      json.String(token);
    } else {
      json.Raw(token);
    }
  }
  return changed ? json.EndObject().Take() : body;
}

}  // namespace ytterby
