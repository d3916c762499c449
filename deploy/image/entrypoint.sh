#!/bin/sh
# Our own programs read secrets from the files in ZAMC_SECRETS_DIR. Dagster knows its storage's address from the environment alone,
# so this one is put there, for this process and its children.
set -eu
file=${ZAMC_SECRETS_DIR:-}/ZAMC_DAGSTER_DATABASE_URL
if [ -z "${ZAMC_DAGSTER_DATABASE_URL:-}" ] && [ -r "$file" ]; then
    ZAMC_DAGSTER_DATABASE_URL=$(cat "$file")
    export ZAMC_DAGSTER_DATABASE_URL
fi
exec "$@"
