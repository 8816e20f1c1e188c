-- per consumer
-- Over natural key, body and provenance (common/checksum.hpp), compared on each read; NULL: stored before this was kept.
ALTER TABLE @consumer@_row ADD COLUMN checksum BIGINT;
