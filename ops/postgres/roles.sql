-- The least that each part needs: the owner makes and migrates tables, the writer stores, the reader looks.
-- Run once as a superuser in the store's database, made with ENCODING 'UTF8':
--   psql -d ytterby -f ops/postgres/roles.sql
-- then make the tables as the owner, and give the rights on them, after this and after each migration:
--   ytterby store migrate --store postgresql://ytterby_owner@HOST/ytterby
--   psql -d ytterby -f ops/postgres/grants.sql
-- Passwords are given apart, with \password ytterby_writer and so on; or the server asks for certificates.
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
