-- state: open, retried (sent again, not answered yet), closed (a retry succeeded), waived. event_id is the id of the
-- section or manifest in the message, if it has one and nothing is stored under it. note says why a letter was waived.
-- failed_at is the log's timestamp of the message that failed last.
ALTER TABLE dead_letters ADD COLUMN event_id @blob@;
ALTER TABLE dead_letters ADD COLUMN note @text@;
ALTER TABLE dead_letters ADD COLUMN failed_at BIGINT NOT NULL DEFAULT 0;
CREATE INDEX dead_letters_by_event ON dead_letters(event_id);
