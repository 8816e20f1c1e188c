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

}  // namespace ytterby
