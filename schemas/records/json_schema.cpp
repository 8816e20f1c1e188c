#include <fmt/format.h>

#include "common/json_writer.hpp"
#include "schemas/records/shapes.hpp"

namespace ytterby {
namespace {

void Ref(JsonWriter& json, std::string_view definition) {
  json.Field("$ref", fmt::format("record.schema.json#/$defs/{}", definition));
}

void Type(JsonWriter& json, const char* name, bool or_null) {
  json.Key("type");
  if (!or_null) {
    json.String(name);
    return;
  }
  json.BeginArray().String(name).String("null").EndArray();
}

void OneOf(JsonWriter& json, std::string_view values, bool or_null) {
  json.Key("enum").BeginArray();
  while (!values.empty()) {
    const std::size_t end = std::min(values.find(' '), values.size());
    json.String(values.substr(0, end));
    values.remove_prefix(std::min(end + 1, values.size()));
  }
  if (or_null) json.Null();
  json.EndArray();
}

void FieldSchema(JsonWriter& json, const FieldShape& field) {
  const bool or_null = field.type == FieldType::kTextOrNull || field.type == FieldType::kIntegerOrNull;
  json.Key(field.name).BeginObject();
  if (!field.rules.one_of.empty()) {
    OneOf(json, field.rules.one_of, or_null);
  } else if (field.rules.date) {
    Ref(json, "date_or_null");
  } else {
    switch (field.type) {
      case FieldType::kText:
      case FieldType::kTextOrNull:
        Type(json, "string", or_null);
        break;
      case FieldType::kInteger:
      case FieldType::kIntegerOrNull:
        Type(json, "integer", or_null);
        break;
      case FieldType::kDecimal:
        Ref(json, "decimal");
        break;
      case FieldType::kDecimalOrNull:
        Ref(json, "decimal_or_null");
        break;
      case FieldType::kTexts:
        json.Field("type", "array").Key("items").BeginObject().Field("type", "string").EndObject();
        break;
      case FieldType::kSpan:
        json.Field("$ref", "section.schema.json#/$defs/span");
        break;
    }
  }
  if (!field.rules.about.empty()) json.Field("description", field.rules.about);
  json.EndObject();
}

// JSON without white space, indented by two spaces a level and with a line for each member.
std::string Indented(std::string_view json) {
  std::string out;
  std::size_t depth = 0;
  bool in_string = false;
  const auto new_line = [&] { out.append(1, '\n').append(2 * depth, ' '); };
  for (std::size_t i = 0; i < json.size(); ++i) {
    const char c = json[i];
    if (in_string) {
      out += c;
      if (c == '\\') out += json[++i];
      in_string = c != '"';
      continue;
    }
    if (c == '}' || c == ']') {
      --depth;
      new_line();
    }
    out += c;
    in_string = c == '"';
    if (c == ':') out += ' ';
    if (c == '{' || c == '[') ++depth;
    if (c == '{' || c == '[' || c == ',') new_line();
  }
  return out + "\n";
}

}  // namespace

std::string JsonSchemaOf(const KindShape& shape) {
  std::string title(shape.name);
  title[0] = static_cast<char>(title[0] - 'a' + 'A');
  JsonWriter json;
  json.BeginObject()
      .Field("$schema", "https://json-schema.org/draft/2020-12/schema")
      .Field("title", title)
      .Field("description", shape.about)
      .Field("type", "object");
  json.Key("required").BeginArray().String("issue").String("series").String("id");
  for (const FieldShape& field : shape.fields) {
    if (field.rules.form == FieldForm::kAlways) json.String(field.name);
  }
  json.String("provenance").EndArray();
  json.Key("properties").BeginObject();
  FieldSchema(json, {"issue", FieldType::kText, {.about = "opaque label; YYYY-NN for numbered series"}});
  FieldSchema(json, {"series", FieldType::kText});
  json.Key("id").BeginObject();
  Ref(json, "id");
  json.EndObject();
  for (const FieldShape& field : shape.fields) FieldSchema(json, field);
  json.Key("provenance").BeginObject();
  Ref(json, "provenance");
  json.EndObject().EndObject();
  if (!shape.forms.empty()) {
    json.Key("oneOf").BeginArray();
    for (const auto& required : shape.forms) {
      json.BeginObject().Key("required").BeginArray();
      for (std::string_view field : required) json.String(field);
      json.EndArray().EndObject();
    }
    json.EndArray();
  }
  return Indented(json.EndObject().Take());
}

}  // namespace ytterby
