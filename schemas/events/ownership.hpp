// The event that says which store publishes on the record topics of a log. The last one on the topic counts.
#pragma once

#include <string>

#include "common/log/record_log.hpp"
#include "common/result.hpp"

namespace ytterby {

inline constexpr std::string_view kOwnershipTopic = "bulletin.ownership";

struct Ownership {
  std::string store;  // the store's id
  std::string host;   // where the claim was made
  std::string at;     // RFC 3339
};

OutgoingRecord EncodeOwnership(const Ownership& ownership);
// kBadData names what is wrong with the message.
Result<Ownership> DecodeOwnership(const LogRecord& record);

}  // namespace ytterby
