// Writes a batch into the tables of one consumer in PostgreSQL: a fixed number of statements, whatever the batch holds.
#pragma once

#include <string>

#include "common/db/postgres.hpp"
#include "consumers/stores/store_writer.hpp"

namespace ytterby {

// All of it in one transaction, committed at the end. After an error the caller rolls back. Errors as Store::Write
// gives them.
Result<void> WriteBatch(PgConnection& db, const std::string& consumer, const std::string& log_id,
                        const StoreBatch& batch);

}  // namespace ytterby
