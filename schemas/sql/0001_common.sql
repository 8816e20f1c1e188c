-- What all consumers share: the store's identity, each group's position in each log, and the dead letters. Never edit a
-- migration that has landed; add another. The dialect replaces tokens in at-signs (schemas/sql/migrations.hpp).
CREATE TABLE meta(
  key @text@ PRIMARY KEY,
  value @text@ NOT NULL);

-- Offsets move by compare-and-set in the transaction that stores the rows. The fingerprint identifies the message
-- before next_offset.
CREATE TABLE offsets(
  log_id @text@ NOT NULL,
  consumer @text@ NOT NULL,
  topic @text@ NOT NULL,
  partition INTEGER NOT NULL,
  next_offset BIGINT NOT NULL,
  fingerprint_id @text@ NOT NULL,
  fingerprint_time BIGINT NOT NULL,
  PRIMARY KEY(log_id, consumer, topic, partition));

CREATE TABLE dead_letters(
  letter_id @blob@ PRIMARY KEY,
  consumer @text@ NOT NULL,
  topic @text@ NOT NULL,
  partition INTEGER NOT NULL,
  message_offset BIGINT NOT NULL,
  stage @text@ NOT NULL,
  error @text@ NOT NULL,
  message_key @blob@ NOT NULL,
  headers @blob@ NOT NULL,
  value @blob@ NOT NULL,
  known_at BIGINT NOT NULL,
  attempts INTEGER NOT NULL,
  state @text@ NOT NULL);
