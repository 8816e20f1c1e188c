// Which store publishes on the record topics of a log. There is exactly one; its claim is in the log itself (topic
// bulletin.ownership).
//
// Two stores publishing side by side would interleave events under the same keys, and a subscriber that keeps the
// greatest sequence would lose a correction for good.
#pragma once

#include <optional>
#include <string>

#include "common/log/record_log.hpp"
#include "schemas/events/ownership.hpp"

namespace ytterby {

// The fenced name for appending records and claims. There is one per log, so that a new owner fences off the old one.
inline constexpr std::string_view kRecordTopicsAppender = "ytterby.record-topics";

struct OwnerOnLog {
  std::optional<Ownership> owner;  // nullopt: no store has claimed the record topics yet
  Offset offset = -1;              // of the claim
};

// The last claim on the log.
Result<OwnerOnLog> ReadOwner(RecordLog& log);

// Claims the record topics for a store if no store has. Returns the claim in force afterwards: this one, or an earlier
// one by another store. kConflict: another store is claiming them at the same moment.
Result<OwnerOnLog> ClaimRecordTopics(RecordLog& log, const std::string& store_id);

// Hands the record topics over to this store, whichever store owns them. The former owner's next batch fails, and it
// stops publishing.
Result<void> AdoptRecordTopics(RecordLog& log, const std::string& store_id);

// The text for log lines.
std::string NotOwnerMessage(const Ownership& owner, const std::string& log_id);

}  // namespace ytterby
