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
  std::optional<std::string> issue, product, period;  // only these; product and period for kinds that have them
};

// A kind's CSV columns: issue, series, id, its fields, known_at if asked, provenance.
std::vector<std::string> ExportColumns(RecordKind kind, bool known_at);
// Whether records of the kind have this field and can be selected by it.
bool HasField(RecordKind kind, std::string_view field);

// Writes every line with its line end; CSV begins with a header (RFC 4180).
Result<void> ExportRecords(Snapshot& snapshot, RecordKind kind, const ExportOptions& options,
                           const std::function<void(std::string_view)>& write);

}  // namespace ytterby
