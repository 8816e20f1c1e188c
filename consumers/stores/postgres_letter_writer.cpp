#include "consumers/stores/postgres_letter_writer.hpp"

#include <map>
#include <utility>

#include "common/clock.hpp"
#include "common/log/headers.hpp"
#include "consumers/stores/postgres_rows.hpp"
#include "consumers/stores/store_sql.hpp"

namespace ytterby {
namespace {

void AddDistinct(PgBatch& batch, const std::string& consumer, const std::map<std::string, const DeadLetter*>& letters) {
  PgArray ids(PgType::kBytes), topics(PgType::kText), partitions(PgType::kBigint), offsets(PgType::kBigint),
      stages(PgType::kText), errors(PgType::kText), keys(PgType::kBytes), headers(PgType::kBytes),
      values(PgType::kBytes), times(PgType::kBigint), events(PgType::kBytes);
  for (const auto& [id, letter] : letters) {
    ids.Add(id);
    topics.Add(letter->at.topic);
    partitions.Add(static_cast<std::int64_t>(letter->at.partition));
    offsets.Add(static_cast<std::int64_t>(letter->offset));
    stages.Add(letter->stage);
    errors.Add(letter->error);
    keys.Add(letter->key);
    headers.Add(EncodeHeaders(letter->headers));
    values.Add(letter->value);
    times.Add(ToMillis(letter->known_at));
    if (letter->event) {
      events.Add(letter->event->Raw());
    } else {
      events.AddNull();
    }
  }
  PgParameters parameters;
  parameters.Text(consumer).Array(std::move(ids)).Array(std::move(topics)).Array(std::move(partitions));
  parameters.Array(std::move(offsets)).Array(std::move(stages)).Array(std::move(errors)).Array(std::move(keys));
  parameters.Array(std::move(headers)).Array(std::move(values)).Array(std::move(times)).Array(std::move(events));
  batch.Add(
      "INSERT INTO dead_letters(letter_id, consumer, topic, partition, message_offset, stage, error, message_key, "
      "headers, value, known_at, failed_at, event_id, attempts, state) SELECT u.id, $1::text, u.topic, "
      "u.partition::integer, u.message_offset, u.stage, u.error, u.message_key, u.headers, u.value, u.time, u.time, "
      "u.event, 1, 'open' FROM unnest($2::bytea[], $3::text[], $4::bigint[], $5::bigint[], $6::text[], $7::text[], "
      "$8::bytea[], $9::bytea[], $10::bytea[], $11::bigint[], $12::bytea[]) "
      "u(id, topic, partition, message_offset, stage, error, message_key, headers, value, time, event) " +
          std::string(sql::kLetterAgain),
      std::move(parameters));
}

}  // namespace

// A statement must not contain the same letter twice: letters that recur go into another statement.
void AddLetters(PgBatch& batch, const std::string& consumer, const std::vector<DeadLetter>& letters) {
  std::vector<const DeadLetter*> left, again;
  for (const DeadLetter& letter : letters) left.push_back(&letter);
  for (; !left.empty(); left = std::exchange(again, {})) {
    std::map<std::string, const DeadLetter*> once;
    for (const DeadLetter* letter : left) {
      if (!once.try_emplace(std::string(letter->id.Raw()), letter).second) again.push_back(letter);
    }
    AddDistinct(batch, consumer, once);
  }
}

void CloseLetters(PgBatch& batch, const std::string& consumer, const std::vector<Digest>& ids, PgArray events) {
  const std::int64_t now = ToMillis(SystemClock().Now());
  const auto close = [&](const char* which, PgArray these) {
    if (these.size() == 0) return;
    batch.Add(ForConsumer(Numbered(std::string(sql::kCloseLetters) + which), consumer),
              PgParameters().Int(now).Array(std::move(these)));
  };
  PgArray named(PgType::kBytes);
  for (const Digest& id : ids) named.Add(id.Raw());
  close("letter_id = ANY(?::bytea[])", std::move(named));
  close("event_id = ANY(?::bytea[])", std::move(events));
}

}  // namespace ytterby
