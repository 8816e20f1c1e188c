-- per consumer
-- The tables of one consumer: nothing here is shared, so that consumers neither wait for nor break each other. Each
-- hash is stored once; everything else refers to it by integer.
CREATE TABLE @consumer@_issue(
  id @id@,
  series @text@ NOT NULL,
  label @text@ NOT NULL,
  UNIQUE(series, label));

CREATE TABLE @consumer@_document(
  id @id@,
  digest @blob@ NOT NULL UNIQUE);

-- A section that a manifest lists or that was stored; content is the SHA-256 of its text once it is stored.
CREATE TABLE @consumer@_section(
  id @id@,
  section_id @blob@ NOT NULL UNIQUE,
  document INTEGER NOT NULL REFERENCES @consumer@_document(id),
  text_digest @blob@ NOT NULL,
  splitter_version INTEGER NOT NULL,
  issue INTEGER NOT NULL REFERENCES @consumer@_issue(id),
  ordinal INTEGER NOT NULL,
  category @text@ NOT NULL,
  content @blob@);
CREATE INDEX @consumer@_section_by_issue ON @consumer@_section(issue, document);

-- One row for every section that a normaliser version has processed, even if it gave no record.
CREATE TABLE @consumer@_stored(
  section INTEGER NOT NULL REFERENCES @consumer@_section(id),
  normaliser_version INTEGER NOT NULL,
  replay INTEGER NOT NULL,
  known_at BIGINT NOT NULL,
  PRIMARY KEY(section, normaliser_version, replay));

-- Records; rows are only ever added.
CREATE TABLE @consumer@_row(
  section INTEGER NOT NULL REFERENCES @consumer@_section(id),
  kind INTEGER NOT NULL,
  row_index INTEGER NOT NULL,
  normaliser_version INTEGER NOT NULL,
  replay INTEGER NOT NULL,
  first_span BIGINT NOT NULL,
  known_at BIGINT NOT NULL,
  natural_key @text@ NOT NULL,
  body @text@ NOT NULL,
  provenance @text@ NOT NULL);
CREATE UNIQUE INDEX @consumer@_row_address ON @consumer@_row(section, kind, row_index, normaliser_version, replay);

CREATE TABLE @consumer@_manifest(
  id @id@,
  manifest_id @blob@ NOT NULL UNIQUE,
  document INTEGER NOT NULL REFERENCES @consumer@_document(id),
  text_digest @blob@ NOT NULL,
  splitter_version INTEGER NOT NULL,
  feed @text@ NOT NULL,
  name @text@ NOT NULL,
  revision INTEGER NOT NULL,
  priority INTEGER NOT NULL,
  text_layer INTEGER NOT NULL,
  known_at BIGINT NOT NULL,
  notices @text@ NOT NULL);

CREATE TABLE @consumer@_manifest_issue(
  manifest INTEGER NOT NULL REFERENCES @consumer@_manifest(id),
  issue INTEGER NOT NULL REFERENCES @consumer@_issue(id),
  whole INTEGER NOT NULL,
  PRIMARY KEY(manifest, issue));
CREATE INDEX @consumer@_manifest_by_issue ON @consumer@_manifest_issue(issue);

CREATE TABLE @consumer@_manifest_section(
  manifest INTEGER NOT NULL REFERENCES @consumer@_manifest(id),
  section INTEGER NOT NULL REFERENCES @consumer@_section(id),
  PRIMARY KEY(manifest, section));
