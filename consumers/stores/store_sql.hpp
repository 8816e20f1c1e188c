// What the stores share: the consumers that have tables, and the queries on them. Parameters are written as `?`.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "consumers/stores/letters.hpp"
#include "consumers/stores/snapshot.hpp"
#include "schemas/sql/migrations.hpp"

namespace ytterby {

// A consumer's name is the prefix of its tables.
const std::vector<std::string>& ConsumerNames();
// The statement with the consumer's name for every `@`.
std::string ForConsumer(std::string sql, const std::string& consumer);

// Compares a store's schema number with this program's. kConfiguration: the store's is newer. `where` names the store
// in the message.
enum class SchemaState { kCurrent, kOlder };
Result<SchemaState> CompareSchema(const std::string& where, int number);
// For a read-only store: an older schema is also an error.
Result<void> RequireCurrentSchema(const std::string& where, int number);

// The queries. Each comment gives the parameters in order, then the columns.
namespace sql {

// (log, consumer, topic, partition): next_offset, fingerprint_id, fingerprint_time
inline constexpr const char* kOffset =
    "SELECT next_offset, fingerprint_id, fingerprint_time FROM offsets WHERE log_id = ? AND consumer = ? AND topic = ? "
    "AND partition = ?";
inline constexpr const char* kStoreId = "SELECT value FROM meta WHERE key = 'store_id'";
// The queries of a view are limited to a scope.
// (): series, label
std::string Issues(const std::string& consumer, const Scope& scope);
// For the issues in a table (id, asked): asked
std::string IssuesAmong(const std::string& consumer, const Scope& scope, const std::string& issues);
// For the issues in a table (id, asked): the columns of EditionRow, in its order except that notices precede listed;
// asked, checksum, known_at
std::string Editions(const std::string& consumer, const Scope& scope, const std::vector<Category>& categories,
                     const std::string& issues);
// For the editions in a table (issue, document, text_digest, splitter_version, asked): section_id, ordinal, first_span,
// known_at, natural_key, body, provenance, kind, asked, checksum, category
std::string Rows(const std::string& consumer, const Scope& scope, std::optional<RecordKind> kind,
                 const std::string& editions);
// (): the columns of StoreCounts. `notices_length`: the dialect's expression for the length of the JSON array
// `notices`.
std::string Count(const std::string& consumer, const Scope& scope, const std::string& notices_length);
// (): how many rows of the consumer's tables point at nothing
std::string CountDangling(const std::string& consumer);
// (consumer) or, for a page after another, (consumer, topic, topic, partition, topic, partition, offset, topic,
// partition, offset, id), and the limit: the columns of kLetter, with key, value and headers empty.
std::string LetterPage(bool every_state, bool behind_another);
// (consumer, letter_id), and (limit): letter_id, topic, partition, message_offset, stage, error, message_key, value,
// known_at, headers, event_id, attempts, state, note, consumer
inline constexpr const char* kLetter =
    "SELECT letter_id, topic, partition, message_offset, stage, error, message_key, value, known_at, headers, "
    "event_id, attempts, state, "
    "coalesce(note, ''), consumer FROM dead_letters WHERE consumer = ? AND letter_id = ?";
inline constexpr const char* kLettersToCopy =
    "SELECT letter_id, topic, partition, message_offset, stage, error, message_key, value, known_at, headers, "
    "event_id, attempts, state, "
    "coalesce(note, ''), consumer FROM dead_letters WHERE copied < attempts ORDER BY topic, partition, message_offset, "
    "letter_id LIMIT ?";
// (consumer): stage, count, earliest known_at
inline constexpr const char* kLetterCounts =
    "SELECT stage, count(*), min(known_at) FROM dead_letters WHERE consumer = ? AND state IN ('open', 'retried') GROUP "
    "BY stage ORDER BY "
    "stage";
// (consumer, id, host, pid, seen)
inline constexpr const char* kNoteHolder =
    "INSERT INTO holders(consumer, holder_id, host, pid, seen) VALUES(?, ?, ?, ?, ?) ON CONFLICT(consumer, holder_id) "
    "DO UPDATE SET "
    "seen = excluded.seen";
// (consumer, id, a day ago)
inline constexpr const char* kForgetHolders = "DELETE FROM holders WHERE (consumer = ? AND holder_id = ?) OR seen < ?";
inline constexpr const char* kHolders =
    "SELECT consumer, holder_id, host, pid, seen FROM holders ORDER BY seen DESC, consumer, holder_id";
// (state, note, settled_at, letter_id, consumer)
std::string MoveLetter(const std::vector<std::string>& from);
// (settled_at), then the condition's own
inline constexpr const char* kCloseLetters =
    "UPDATE dead_letters SET state = 'closed', settled_at = ? WHERE consumer = '@' AND state NOT IN ('waived', "
    "'closed') AND ";
// For a known letter: it counts as failed again only if it was sent again.
inline constexpr const char* kLetterAgain =
    "ON CONFLICT(letter_id) DO UPDATE SET attempts = dead_letters.attempts + 1, stage = excluded.stage, error = "
    "excluded.error, "
    "topic = excluded.topic, partition = excluded.partition, message_offset = excluded.message_offset, "
    "failed_at = excluded.failed_at, state = CASE WHEN dead_letters.state = 'waived' THEN 'waived' ELSE 'open' END "
    "WHERE excluded.failed_at > dead_letters.failed_at";

// Touches the issues of all manifests that match `documents` (a condition on m), and the issues that match `issues` (a
// condition on i).
std::string Touch(const std::string& consumer, const std::string& documents, const std::string& issues);
// (letter_id): touches the issues of the document of the letter's section
std::string TouchByLetter(const std::string& consumer);
// (holder, holder, lease, holder): term, log_id, view, first_sequence. `now`: the dialect's current milliseconds.
std::string TakeRelay(const std::string& now);
// (limit): series, label, counter
std::string Dirty(const std::string& consumer);
// For the issues in a table (id, asked): kind, record_id, content, sequence, acknowledged, asked
std::string PublishedOf(const std::string& issues);
// (noted)
inline constexpr const char* kNote = "UPDATE relay SET noted = ? WHERE id = 1";
inline constexpr const char* kNoted = "SELECT noted FROM relay WHERE id = 1";
// Deletes the rows but remembers how far their sequences went.
inline constexpr const char* kForgetRows =
    "UPDATE relay SET first_sequence = (SELECT max(sequence) + 1 FROM published) WHERE id = 1 AND first_sequence <= "
    "(SELECT max(sequence) "
    "FROM "
    "published); DELETE FROM published; DELETE FROM published_issue";
inline constexpr const char* kForgetPublished = "UPDATE relay SET term = term + 1, log_id = '' WHERE id = 1";
inline constexpr const char* kPublishedIssues = "SELECT series, label FROM published_issue ORDER BY series, label";

}  // namespace sql
}  // namespace ytterby
