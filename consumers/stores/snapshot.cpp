#include "consumers/stores/snapshot.hpp"

#include <fmt/format.h>

namespace ytterby {

Result<void> CheckIntact(std::string_view store, const std::string& consumer,
                         const std::vector<std::vector<StoredRecord>>& records) {
  for (const auto& of_edition : records) {
    for (const StoredRecord& record : of_edition) {
      if (record.intact) continue;
      return Fail(
          ErrorKind::kDamaged,
          fmt::format("{}: a record of {} in section {} is not what was written; rebuild the store from the log "
                      "(runbook, \"A damaged file\")",
                      store, consumer, record.section.Hex()),
          Part::kStore);
    }
  }
  return {};
}

Result<void> CheckIntact(std::string_view store, const std::string& consumer, const std::vector<IssueId>& issues,
                         const std::vector<std::vector<EditionRow>>& editions) {
  for (std::size_t i = 0; i < issues.size(); ++i) {
    for (const EditionRow& edition : editions[i]) {
      if (edition.intact) continue;
      return Fail(ErrorKind::kDamaged,
                  fmt::format("{}: what {} keeps of issue {} in document {} is not what was written; rebuild the store "
                              "from the log (runbook, \"A damaged file\")",
                              store, consumer, issues[i].label, edition.document.Hex()),
                  Part::kStore);
    }
  }
  return {};
}

}  // namespace ytterby
