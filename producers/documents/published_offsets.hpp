// Where a delivery stands on a log, as the archive keeps it.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "common/log/record_log.hpp"

namespace ytterby {

// Last offsets of a published delivery, per partition.
using PublishedOffsets = std::map<TopicPartition, Offset>;

// One `topic/partition=offset` per line.
std::string EncodeOffsets(const PublishedOffsets& offsets);
// kDamaged: the text is not from EncodeOffsets.
Result<PublishedOffsets> DecodeOffsets(std::string_view text);

}  // namespace ytterby
