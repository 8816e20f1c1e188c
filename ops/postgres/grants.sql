-- The rights on the store's tables, to be run after they were created and after each migration (see roles.sql). Rows are only added: the writer changes
-- offsets, dead letters, and the digest of a section that a manifest announced before it came. Beside them stand the relay's notes, which it
-- changes and deletes: what is dirty, what is published, and who publishes; and which processes are at work. Only the owner deletes anything
-- else.
\set ON_ERROR_STOP on
GRANT SELECT ON ALL TABLES IN SCHEMA ytterby TO ytterby_writer, ytterby_reader;
DO $$
DECLARE
  name text;
BEGIN
  FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'ytterby' AND tablename NOT IN ('meta', 'schema_migration') LOOP
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
