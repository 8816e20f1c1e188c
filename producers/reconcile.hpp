// Archive and log may have been restored from backups of different days, or one of them lost.
#pragma once

#include "common/log/record_log.hpp"
#include "producers/documents/archive.hpp"

namespace ytterby {

// Brings the archive into agreement with the log, before anything is published:
// - a delivery whose offsets are beyond the log's end is not on it, and counts as unpublished again;
// - a revision that a manifest on the log has is not given out a second time: a correction would not become current.
// Reads only what was appended since the last call. Returns how many deliveries are to be published again.
Result<int> ReconcileWithLog(Archive& archive, RecordLog& log);

}  // namespace ytterby
