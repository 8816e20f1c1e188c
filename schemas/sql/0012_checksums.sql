-- per consumer
-- Over the record and its place (consumers/stores/stored_checksums.hpp), compared on each read; NULL: stored before
-- this was kept.
ALTER TABLE @consumer@_row ADD COLUMN checksum BIGINT;
