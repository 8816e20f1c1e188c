-- per consumer
-- How many sections the manifest lists for the issue, of all categories; -1: stored before this was kept.
ALTER TABLE @consumer@_manifest_issue ADD COLUMN sections INTEGER NOT NULL DEFAULT -1;
