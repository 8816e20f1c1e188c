// The shape of every kind of record, defined once: JSON, CSV, topics and schemas follow from it. kinds.cpp lists the
// fields.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "schemas/records/record.hpp"

namespace ytterby {

// Decimals are strings in JSON, printed from their own digits, so that no reader turns them into doubles.
enum class FieldType { kText, kTextOrNull, kInteger, kIntegerOrNull, kDecimal, kDecimalOrNull, kTexts, kSpan };

struct FieldShape {
  std::string_view name;
  FieldType type;
};

struct KindShape {
  RecordKind kind;
  std::string_view export_name;         // in `export`, plural: prices
  std::string_view name;                // in schemas and event types, singular: price
  bool published;                       // on the record topic bulletin.<export_name>
  std::string_view natural_key;         // what makes it the same fact in another edition, in words
  std::vector<FieldShape> fields;       // stored, in export order
  std::vector<FieldShape> view_fields;  // added by the view, after them
};

const std::vector<KindShape>& AllShapes();
const KindShape& ShapeOf(RecordKind kind);

// A stored body in its exported form: rows of normaliser versions before 4 have decimals as JSON numbers.
std::string BodyAsExported(RecordKind kind, std::string body);

}  // namespace ytterby
