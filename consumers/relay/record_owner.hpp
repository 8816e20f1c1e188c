// Who publishes on the record topics of a log: one store, whose claim stands in the log itself (topic
// bulletin.ownership).
//
// Two stores publishing side by side would interleave their events under the same keys: a subscriber that keeps the
// greatest sequence would lose a correction for good.
#pragma once

#include <optional>
#include <string>

#include "common/log/record_log.hpp"
#include "schemas/events/ownership.hpp"

namespace ytterby {

// The fenced name under which records and claims are appended: one a log, so that a new owner fences off the old one.
inline constexpr std::string_view kRecordTopicsAppender = "ytterby.record-topics";

struct OwnerOnLog {
  std::optional<Ownership> owner;  // nullopt: nobody has claimed the record topics yet
  Offset offset = -1;              // of the claim
};

// The last claim on the log.
Result<OwnerOnLog> ReadOwner(RecordLog& log);

// Claims the record topics for a store where nobody has. Returns the claim that stands then: this one, or that of a
// store that was faster. kConflict: another store is claiming them at this moment.
Result<OwnerOnLog> ClaimRecordTopics(RecordLog& log, const std::string& store_id);

// Hands the record topics over to this store, whoever owns them. The former owner's next batch fails, and it stops
// publishing.
Result<void> AdoptRecordTopics(RecordLog& log, const std::string& store_id);

// For logs and `status`.
std::string NotOwnerMessage(const Ownership& owner, const std::string& log_id);

}  // namespace ytterby
