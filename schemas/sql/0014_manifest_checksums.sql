-- per consumer
-- Over what the manifest says of the issue (consumers/stores/stored_checksums.hpp), compared on each read; NULL: stored
-- before this was kept. From here on a row's checksum too covers more than 0012 says.
ALTER TABLE @consumer@_manifest_issue ADD COLUMN checksum BIGINT;
