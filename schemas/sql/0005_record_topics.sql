-- The record topics: who publishes, and what is on them. One row: term counts the holders of the lease and fences all
-- but the latest; expires is in milliseconds of the store's clock. log_id names the log whose record topics `published`
-- mirrors. view is the version of the program's view that was last compared as a whole. Records never seen there start
-- at first_sequence.
CREATE TABLE relay(
  id INTEGER PRIMARY KEY,
  holder @text@ NOT NULL,
  term BIGINT NOT NULL,
  expires BIGINT NOT NULL,
  log_id @text@ NOT NULL,
  view @text@ NOT NULL,
  first_sequence BIGINT NOT NULL);
INSERT INTO relay VALUES(1, '', 0, 0, '', '', 1);

CREATE TABLE published_issue(
  id @id@,
  series @text@ NOT NULL,
  label @text@ NOT NULL,
  UNIQUE(series, label));

-- content is the SHA-256 of the event's value, NULL after a tombstone. A row with acknowledged = 0 was written before
-- its event was sent.
CREATE TABLE published(
  kind INTEGER NOT NULL,
  record_id @text@ NOT NULL,
  issue INTEGER NOT NULL REFERENCES published_issue(id),
  content @blob@,
  sequence BIGINT NOT NULL,
  acknowledged INTEGER NOT NULL,
  PRIMARY KEY(kind, record_id));
CREATE INDEX published_by_issue ON published(issue);

-- How many of a letter's attempts have been copied to its dead-letter topic.
ALTER TABLE dead_letters ADD COLUMN copied INTEGER NOT NULL DEFAULT 0;
