// The statements about dead letters in a consumer's transaction on PostgreSQL.
#pragma once

#include <string>
#include <vector>

#include "common/db/postgres.hpp"
#include "consumers/stores/dead_letter.hpp"

namespace ytterby {

// Adds the letters, or counts another attempt for those that are known.
void AddLetters(PgBatch& batch, const std::string& consumer, const std::vector<DeadLetter>& letters);
// Closes letters of messages that succeeded: those named by a retry, and those of the sections and manifests that were
// stored (`events`, an array of their ids).
void CloseLetters(PgBatch& batch, const std::string& consumer, const std::vector<Digest>& ids, PgArray events);

}  // namespace ytterby
