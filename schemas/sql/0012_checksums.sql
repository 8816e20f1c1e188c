-- per consumer
-- CRC-32 of natural key, body and provenance, compared on each read; NULL: stored before this was kept.
ALTER TABLE @consumer@_row ADD COLUMN checksum BIGINT;
