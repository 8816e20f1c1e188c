-- The least privileges each role needs: the owner creates and migrates tables, the writer stores, the reader reads.
-- Run once as a superuser in the store's database, which must have ENCODING 'UTF8':
--   psql -d ytterby -f ops/postgres/roles.sql
-- Then create the tables as the owner and grant the privileges on them, now and after each migration:
--   ytterby store migrate --store postgresql://ytterby_owner@HOST/ytterby
--   psql -d ytterby -f ops/postgres/grants.sql
-- Set passwords separately, with \password ytterby_writer and so on, or have the server require certificates.
\set ON_ERROR_STOP on
SELECT current_database() AS database \gset
CREATE ROLE ytterby_owner LOGIN;
CREATE ROLE ytterby_writer LOGIN;
CREATE ROLE ytterby_reader LOGIN;
CREATE SCHEMA ytterby AUTHORIZATION ytterby_owner;
GRANT USAGE ON SCHEMA ytterby TO ytterby_writer, ytterby_reader;
ALTER ROLE ytterby_owner IN DATABASE :"database" SET search_path = ytterby;
ALTER ROLE ytterby_writer IN DATABASE :"database" SET search_path = ytterby;
ALTER ROLE ytterby_reader IN DATABASE :"database" SET search_path = ytterby;
