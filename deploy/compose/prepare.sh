#!/bin/sh
# Makes what Compose needs beside docker-compose.yml, and keeps what is there: .env from env.example, and secrets/.
#
#   prepare.sh             for real ad accounts: fill in secrets/google-ads.yaml and secrets/meta-token yourself
#   prepare.sh --sandbox   for a trial without accounts: credentials of the stand-ins, and their addresses in .env
set -eu
cd "$(dirname "$0")"

# Containers run under other user ids than yours, so the files are readable; the folder is closed to everybody else on this machine.
mkdir -p secrets
chmod 700 secrets
umask 022

# keep NAME VALUE: write secrets/NAME unless it is there.
keep() {
    [ -s "secrets/$1" ] || printf '%s\n' "$2" >"secrets/$1"
}

# 48 hexadecimal digits, so that no address needs to escape them.
random() {
    od -An -N24 -tx1 /dev/urandom | tr -d ' \n'
}

for name in postgres-superuser postgres-zamc_owner postgres-zamc_app postgres-dagster nats valkey; do
    keep "$name" "$(random)"
done
keep ZAMC_DATABASE_URL "postgresql+psycopg://zamc_app:$(cat secrets/postgres-zamc_app)@postgres:5432/zamc"
keep ZAMC_DATABASE_OWNER_URL "postgresql+psycopg://zamc_owner:$(cat secrets/postgres-zamc_owner)@postgres:5432/zamc"
keep ZAMC_DAGSTER_DATABASE_URL "postgresql+psycopg2://dagster:$(cat secrets/postgres-dagster)@postgres:5432/dagster"
keep ZAMC_NATS_URL "nats://zamc:$(cat secrets/nats)@nats:4222"
keep ZAMC_REDIS_URL "redis://:$(cat secrets/valkey)@valkey:6379/0"
# Encrypts the credentials of ad accounts in the database: keep a copy where no backup of the database lies.
keep ZAMC_CREDENTIALS_KEY "$(random)"
# Protects API keys, sessions and second factors: without it every one of them has to be made anew.
keep ZAMC_IDENTITY_KEY "$(random)"
# With it Prometheus asks the API for /metrics.
keep ZAMC_METRICS_TOKEN "$(random)"
keep nats-users.conf "authorization { user: \"zamc\", password: \"$(cat secrets/nats)\" }"
keep valkey-password.conf "requirepass $(cat secrets/valkey)"

if [ "${1:-}" = --sandbox ]; then
    # A service account, because its key file names the address that gives out tokens.
    [ -s secrets/google-ads-key.json ] || cat >secrets/google-ads-key.json <<EOF
{
  "type": "service_account",
  "project_id": "zamc-sandbox",
  "private_key_id": "sandbox",
  "private_key": "$(openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 2>/dev/null | sed ':a;N;$!ba;s/\n/\\n/g')\\n",
  "client_email": "zamc@zamc-sandbox.iam.gserviceaccount.com",
  "client_id": "1",
  "token_uri": "http://sandbox:8080/oauth2/token"
}
EOF
    keep google-ads.yaml 'endpoint: sandbox:50051
developer_token: sandbox-developer-token
json_key_file_path: /run/secrets/google-ads-key.json
use_proto_plus: false'
    keep meta-token sandbox-token
fi
# Compose wants every file that it is told of; an empty one is as good as none.
for name in google-ads.yaml google-ads-key.json meta-token ZAMC_META_APP_SECRET \
    ZAMC_ANTHROPIC_API_KEY ZAMC_HUGGINGFACE_API_KEY ZAMC_OPENAI_API_KEY ZAMC_SMTP_URL ZAMC_OIDC_CLIENT_SECRET ZAMC_OTLP_HEADERS; do
    [ -e "secrets/$name" ] || : >"secrets/$name"
done

if [ -e .env ]; then
    echo "prepare.sh: .env is kept as it is; move it away to have it made anew" >&2
    exit 0
fi
if [ "${1:-}" = --sandbox ]; then profiles=apps,sandbox; else profiles=apps; fi
cat env.example - >.env <<EOF

# Written by prepare.sh.
COMPOSE_PROFILES=$profiles
ZAMC_GOOGLE_ADS_YAML=/run/secrets/google-ads.yaml
ZAMC_META_TOKEN_FILE=/run/secrets/meta-token
EOF
if [ "${1:-}" = --sandbox ]; then
    cat >>.env <<EOF
# This machine alone, without TLS; where others sign in, put TLS before the API and name its address.
ZAMC_COOKIE_SECURE=false
ZAMC_PUBLIC_URL=http://127.0.0.1:8000
ZAMC_MAIL_FOLDER=/tmp/mail
ZAMC_META_GRAPH_URL=http://sandbox:8080
ZAMC_FX_RATES_URL=http://sandbox:8080/stats/eurofxref/eurofxref-hist-90d.xml
GRPC_DEFAULT_SSL_ROOTS_FILE_PATH=/var/lib/sandbox/tls/cert.pem
EOF
fi
