#include "consumers/views/export.hpp"

#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>

#include "schemas/events/event_json.hpp"
#include "schemas/records/shapes.hpp"

namespace ytterby {
namespace {

// RFC 4180: quoted if the value contains a comma, a quote or a line end.
std::string CsvField(std::string_view value) {
  if (value.find_first_of(",\"\n\r") == std::string_view::npos) return std::string(value);
  std::string quoted = "\"";
  for (char c : value) {
    if (c == '"') quoted += '"';
    quoted += c;
  }
  return quoted + "\"";
}

// A spreadsheet would run a cell that begins like a formula. A sign before a number is none.
std::string Guarded(std::string_view text) {
  const bool formula = !text.empty() && std::string_view("=+-@\t\r").find(text.front()) != std::string_view::npos;
  return formula && !Decimal::Parse(text) ? "'" + std::string(text) : std::string(text);
}

// Strings unchanged except for Guarded, null as an empty field, everything else as JSON text.
std::string CsvLine(simdjson::dom::parser& parser, const std::string& json, const std::vector<std::string>& columns) {
  const simdjson::dom::element record = parser.parse(json);
  std::string line;
  for (const std::string& column : columns) {
    if (&column != &columns.front()) line += ',';
    simdjson::dom::element value;
    if (record[column].get(value) != simdjson::SUCCESS || value.is_null()) continue;
    line += CsvField(value.is_string() ? Guarded(std::string_view(value)) : simdjson::minify(value));
  }
  return line;
}

bool Matches(const ViewRecord& record, const ExportOptions& options) {
  if (!options.product && !options.period) return true;
  const simdjson::dom::element body = ThreadParser().parse(record.stored.body);
  const auto is = [&](const char* field, const std::optional<std::string>& wanted) {
    std::string_view value;
    return !wanted || (body[field].get(value) == simdjson::SUCCESS && value == *wanted);
  };
  return is("product", options.product) && is("period", options.period);
}

}  // namespace

std::vector<std::string> ExportColumns(RecordKind kind, bool known_at) {
  std::vector<std::string> columns = {"issue", "series", "id"};
  const KindShape& shape = ShapeOf(kind);
  for (const FieldShape& field : shape.fields) {
    // An article's bulky text and its span come after the fields that the view adds.
    if (kind != RecordKind::kArticle || (field.name != "text" && field.name != "document_span"))
      columns.emplace_back(field.name);
  }
  for (const FieldShape& field : shape.view_fields) columns.emplace_back(field.name);
  if (kind == RecordKind::kArticle) columns.insert(columns.end(), {"document_span", "text"});
  if (known_at) columns.emplace_back("known_at");
  columns.emplace_back("provenance");
  return columns;
}

bool HasField(RecordKind kind, std::string_view field) {
  const auto& fields = ShapeOf(kind).fields;
  return std::any_of(fields.begin(), fields.end(), [&](const FieldShape& one) { return one.name == field; });
}

Result<void> ExportRecords(Snapshot& snapshot, RecordKind kind, const ExportOptions& options,
                           const std::function<void(std::string_view)>& write) {
  const bool csv = options.format == ExportFormat::kCsv;
  const std::vector<std::string> columns = ExportColumns(kind, options.known_at);
  simdjson::dom::parser parser;
  if (csv) write(fmt::format("{}\r\n", fmt::join(columns, ",")));
  const ViewOptions view{.only = [&](const IssueId& issue) { return !options.issue || issue.label == *options.issue; }};
  return ForEachRecord(
      snapshot, kind,
      [&](const ViewRecord& record) {
        if (!Matches(record, options)) return;
        std::string line = ExportLine(record, options.known_at);
        if (csv) line = CsvLine(parser, line, columns) + "\r";
        line += '\n';
        write(line);
      },
      view);
}

}  // namespace ytterby
