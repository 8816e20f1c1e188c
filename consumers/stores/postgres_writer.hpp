// Writes a batch into the tables of one consumer in PostgreSQL, in a fixed number of statements whatever its size.
#pragma once

#include <string>

#include "common/db/postgres.hpp"
#include "consumers/stores/store_writer.hpp"

namespace ytterby {

// Writes the whole batch in one transaction and commits it. After an error the caller rolls back. Errors as for
// StoreWriter::Write.
Result<void> WriteBatch(PgConnection& db, const std::string& consumer, const std::string& log_id,
                        const StoreBatch& batch);

}  // namespace ytterby
