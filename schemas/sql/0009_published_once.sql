-- What the relay is about to send is in its one row until it is sent, and only then goes into `published`: each row is
-- written once. The process that takes the lease after a crash finds it here.
ALTER TABLE relay ADD COLUMN noted @text@ NOT NULL DEFAULT '';

-- A record id is made from its issue, and both are looked up by issue: one index serves both.
CREATE TABLE published_by_address(
  issue INTEGER NOT NULL,
  kind INTEGER NOT NULL,
  record_id @text@ NOT NULL,
  content @blob@,
  sequence BIGINT NOT NULL,
  acknowledged INTEGER NOT NULL,
  PRIMARY KEY(issue, kind, record_id));
INSERT INTO published_by_address SELECT issue, kind, record_id, content, sequence, acknowledged FROM published;
DROP TABLE published;
ALTER TABLE published_by_address RENAME TO published;
