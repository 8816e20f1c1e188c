-- The privileges on the store's tables: run this after creating the tables and after each migration (see roles.sql).
-- Rows are only added, except that the writer updates offsets, dead letters, and the digest of a section that a
-- manifest announced before the section arrived. The writer also updates and deletes the relay's notes (what is dirty,
-- what is published, and who publishes) and the list of running processes. Only the owner deletes anything else.
\set ON_ERROR_STOP on
GRANT SELECT ON ALL TABLES IN SCHEMA ytterby TO ytterby_writer, ytterby_reader;
DO $$
DECLARE
  name text;
BEGIN
  FOR name IN
    SELECT tablename FROM pg_tables WHERE schemaname = 'ytterby' AND tablename NOT IN ('meta', 'schema_migration')
  LOOP
    EXECUTE format('GRANT INSERT ON ytterby.%I TO ytterby_writer', name);
    IF name LIKE '%\_section' AND name NOT LIKE '%\_manifest\_section' THEN
      EXECUTE format('GRANT UPDATE(content) ON ytterby.%I TO ytterby_writer', name);
    END IF;
    IF name LIKE '%\_dirty' OR name IN ('published', 'published_issue', 'holders') THEN
      EXECUTE format('GRANT UPDATE, DELETE ON ytterby.%I TO ytterby_writer', name);
    END IF;
  END LOOP;
END
$$;
GRANT UPDATE ON ytterby.offsets, ytterby.dead_letters, ytterby.relay TO ytterby_writer;
