-- per consumer
-- Over what the manifest says of the issue (consumers/stores/stored_checksums.hpp), compared on each read; NULL: stored
-- before this was kept.
ALTER TABLE @consumer@_manifest_issue ADD COLUMN checksum BIGINT;
