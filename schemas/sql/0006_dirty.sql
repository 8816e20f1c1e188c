-- per consumer
-- Issues whose view may have changed since the relay last looked; the counter rises with each transaction that touches
-- the issue.
CREATE TABLE @consumer@_dirty(
  issue INTEGER PRIMARY KEY REFERENCES @consumer@_issue(id),
  counter BIGINT NOT NULL);
INSERT INTO @consumer@_dirty SELECT id, 1 FROM @consumer@_issue;
