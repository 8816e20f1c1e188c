#include "consumers/stores/snapshot.hpp"

#include <fmt/format.h>

namespace ytterby {
namespace {

constexpr const char* kRemedy = "is not what was written; rebuild the store from the log (runbook, \"A damaged file\")";

}  // namespace

Result<void> CheckIntact(const Snapshot& snapshot, const std::string& consumer, const IssueId& issue,
                         const std::vector<EditionRow>& editions) {
  for (const EditionRow& edition : editions) {
    if (edition.intact) continue;
    return Fail(ErrorKind::kDamaged,
                fmt::format("{}: what {} keeps of issue {} in document {} {}", snapshot.StoreName(), consumer,
                            issue.label, edition.document.Hex(), kRemedy),
                Part::kStore);
  }
  return {};
}

Result<void> CheckIntact(const Snapshot& snapshot, const std::string& consumer,
                         const std::vector<StoredRecord>& records) {
  for (const StoredRecord& record : records) {
    if (record.intact) continue;
    return Fail(ErrorKind::kDamaged,
                fmt::format("{}: a record of {} in section {} {}", snapshot.StoreName(), consumer, record.section.Hex(),
                            kRemedy),
                Part::kStore);
  }
  return {};
}

}  // namespace ytterby
