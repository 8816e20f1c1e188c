#include "consumers/views/findings.hpp"

#include <fmt/format.h>

#include "schemas/events/event_json.hpp"

namespace ytterby {

int SeverityRank(std::string_view severity) { return severity == "error" ? 2 : severity == "warning" ? 1 : 0; }

void FindingCounts::Add(std::string_view severity, std::string_view check) {
  ++counts_[{-SeverityRank(severity), std::string(check)}];
  ++total_;
}

std::string FindingCounts::Lines(std::string_view indent, int least, std::size_t lines) const {
  static constexpr std::string_view kSeverities[] = {"info", "warning", "error"};
  std::string out;
  for (const auto& [key, count] : counts_) {
    const int rank = -key.first;
    if (rank < least || lines-- == 0) break;
    out += fmt::format("{}{:7} {:20} {}\n", indent, kSeverities[rank], key.second, count);
  }
  return out;
}

Result<void> ForEachFinding(Snapshot& snapshot, const std::function<void(const IssueId&, const ViewFinding&)>& visit,
                            const ViewOptions& options) {
  const auto show = [&](const ViewRecord& record) {
    const simdjson::dom::element body = ThreadParser().parse(record.stored.body);
    const auto text = [&](const char* field) {
      std::string_view value;
      return body[field].get(value) == simdjson::SUCCESS ? std::string(value) : std::string();
    };
    visit(record.issue,
          {text("check"), text("severity"), text("message"), text("printed"), text("expected"), text("concerns")});
  };
  return ForEachRecord(snapshot, RecordKind::kFinding, show, options);
}

}  // namespace ytterby
