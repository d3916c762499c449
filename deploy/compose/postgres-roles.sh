#!/bin/sh
# The roles and databases of ZAMC, once, when PostgreSQL's volume is empty. Passwords come from the files that Compose mounts.
set -eu
secrets=${SECRETS:-/run/secrets}

# Through variables, so that no password stands in a command line; psql quotes them.
OWNER=$(cat "$secrets/postgres-zamc_owner") APP=$(cat "$secrets/postgres-zamc_app") DAGSTER=$(cat "$secrets/postgres-dagster")
export OWNER APP DAGSTER
psql --no-psqlrc --quiet --set=ON_ERROR_STOP=1 --username="${POSTGRES_USER:-postgres}" --dbname=postgres <<'SQL'
\getenv owner OWNER
\getenv app APP
\getenv dagster DAGSTER
CREATE ROLE zamc_owner LOGIN PASSWORD :'owner';
-- It owns nothing: row-level security must bind it.
CREATE ROLE zamc_app LOGIN PASSWORD :'app';
-- What a transaction of the API becomes: it sees its caller's projects alone.
CREATE ROLE zamc_api NOLOGIN;
GRANT zamc_api TO zamc_app;
CREATE ROLE dagster LOGIN PASSWORD :'dagster';
CREATE DATABASE zamc OWNER zamc_owner;
CREATE DATABASE dagster OWNER dagster;
-- By default everybody may connect to every database and make temporary tables in it.
REVOKE ALL ON DATABASE zamc FROM PUBLIC;
REVOKE ALL ON DATABASE dagster FROM PUBLIC;
GRANT CONNECT, TEMPORARY ON DATABASE zamc TO zamc_app;
SQL
