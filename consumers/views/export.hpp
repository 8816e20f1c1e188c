// Records of the current view as lines: what `export` prints.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "consumers/views/current_view.hpp"

namespace ytterby {

enum class ExportFormat { kNdjson, kCsv };

struct ExportOptions {
  ExportFormat format = ExportFormat::kNdjson;
  bool known_at = false;
  std::optional<std::string> issue, product, period;  // only of these; product and period of the kinds that have them
};

// A kind's columns in CSV: issue, series, id, its fields, provenance.
std::vector<std::string> ExportColumns(RecordKind kind, bool known_at);
// Whether records of the kind have such a field, by which they can be chosen.
bool HasField(RecordKind kind, std::string_view field);

// Every line with its line end, the header of CSV first (RFC 4180).
Result<void> ExportRecords(Snapshot& snapshot, RecordKind kind, const ExportOptions& options,
                           const std::function<void(std::string_view)>& write);

}  // namespace ytterby
