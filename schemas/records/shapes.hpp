// The shape of every kind of record, defined once: JSON, natural keys, CSV, topics and JSON Schemas follow from it.
// kinds.cpp lists kinds and fields.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "schemas/records/record.hpp"

namespace ytterby {

// Decimals are strings in JSON, printed from their own digits, so that no reader turns them into doubles.
enum class FieldType { kText, kTextOrNull, kInteger, kIntegerOrNull, kDecimal, kDecimalOrNull, kTexts, kSpan };

// Which records of a kind have the field, for a kind that has two forms.
enum class FieldForm { kAlways, kOfPeriod, kOfDay };

struct FieldRules {
  std::string_view about{};   // for readers of the JSON Schema
  std::string_view one_of{};  // the values it can have, separated by spaces; empty: any
  bool date = false;          // an ISO 8601 date, or its year or month, or two dates with a `/` between them
  FieldForm form = FieldForm::kAlways;
};

struct FieldShape {
  std::string_view name;
  FieldType type;
  FieldRules rules{};
};

// How a text goes into a natural key: as it is, folded, or folded and without punctuation.
enum class KeyFold { kNone, kFolded, kLetters };

struct KeyPart {
  std::string_view field;
  std::string_view otherwise{};  // the field that stands in when `field` is null or empty
  KeyFold fold = KeyFold::kNone;
};

struct KeyForm {
  std::string_view name{};  // the key's first part, to tell the forms apart; empty for a kind with one form
  std::vector<KeyPart> parts;
};

struct KindShape {
  RecordKind kind;
  std::string_view export_name;      // in `export`, plural: prices
  std::string_view name;             // in schemas and event types, singular: price
  std::string_view about{};          // for readers of the JSON Schema
  bool published = false;            // on the record topic bulletin.<export_name>
  std::vector<KeyForm> natural_key;  // the first form counts whose first field has a value, or the last
  std::vector<std::vector<std::string_view>> forms{};  // the fields that each of two forms must have
  std::vector<FieldShape> fields{};                    // stored, in export order
  std::vector<FieldShape> view_fields{};               // added by the view, after them
};

const std::vector<KindShape>& AllShapes();
const KindShape& ShapeOf(RecordKind kind);

// The JSON Schema (2020-12) of a published kind: the text of schemas/json/<name>.schema.json.
std::string JsonSchemaOf(const KindShape& shape);

// A stored body in its exported form: rows of normaliser versions before 4 have decimals as JSON numbers.
std::string BodyAsExported(RecordKind kind, std::string body);

}  // namespace ytterby
