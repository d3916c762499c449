"""Sessions, tokens, second factors; row-level security."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

# The role must exist before; only whoever may create roles can help out here.
API_ROLE = """
DO $body$ BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'zamc_api') THEN
        IF NOT (SELECT rolcreaterole OR rolsuper FROM pg_roles WHERE rolname = current_user) THEN
            RAISE EXCEPTION 'the role zamc_api is missing; as a superuser: CREATE ROLE zamc_api NOLOGIN; GRANT zamc_api TO zamc_app;';
        END IF;
        CREATE ROLE zamc_api NOLOGIN;
        GRANT zamc_api TO zamc_app;
    END IF;
END $body$
"""

# What a transaction of the API may see, as it said itself at its beginning. Unset: nothing.
MY_PROJECTS = """
CREATE FUNCTION public.my_projects() RETURNS uuid[] LANGUAGE sql STABLE PARALLEL SAFE
RETURN string_to_array(nullif(current_setting('zamc.projects', true), ''), ',')::uuid[]
"""
MY_USER = """
CREATE FUNCTION public.my_user() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE
RETURN nullif(current_setting('zamc.user', true), '')::uuid
"""

# For every table that holds what belongs to a project. zamc_app passes by a constant that the planner removes; zamc_api has the rights of
# zamc_app and sees the rows of its projects. condition NULL: by the first of the columns project_id, deployment_id, ad_account_id.
BIND = """
CREATE FUNCTION public.bind_to_projects(bound regclass, condition text DEFAULT NULL) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $body$
DECLARE
    by_column name;
    privilege text;
BEGIN
    IF condition IS NULL THEN
        SELECT attname INTO by_column FROM pg_attribute
            WHERE attrelid = bound AND attname IN ('project_id', 'deployment_id', 'ad_account_id') AND NOT attisdropped
            ORDER BY array_position(ARRAY['project_id', 'deployment_id', 'ad_account_id']::name[], attname) LIMIT 1;
        condition := CASE by_column
            WHEN 'project_id' THEN 'project_id = ANY ((SELECT public.my_projects())::uuid[])'
            WHEN 'deployment_id' THEN 'deployment_id IN (SELECT id FROM public.deployments)'
            WHEN 'ad_account_id' THEN 'ad_account_id IN (SELECT id FROM public.ad_accounts)' END;
        IF condition IS NULL THEN
            RAISE EXCEPTION 'bind_to_projects: % has no column that leads to a project; name a condition', bound;
        END IF;
    END IF;
    EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', bound);
    EXECUTE format('DROP POLICY IF EXISTS pipelines ON %s', bound);
    EXECUTE format('DROP POLICY IF EXISTS api ON %s', bound);
    EXECUTE format('CREATE POLICY pipelines ON %s TO zamc_app USING (true) WITH CHECK (true)', bound);
    EXECUTE format('CREATE POLICY api ON %s TO zamc_api USING (%s) WITH CHECK (%s)', bound, condition, condition);
    FOREACH privilege IN ARRAY ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE'] LOOP
        IF has_table_privilege('zamc_app', bound, privilege) THEN
            EXECUTE format('GRANT %s ON %s TO zamc_api', privilege, bound);
        END IF;
    END LOOP;
END
$body$
"""

# Tables without any of the three columns, or whose rows need more than one.
BY_HAND = {
    "public.projects": "id = ANY ((SELECT public.my_projects())::uuid[])",
    "public.analytics": "ad_account_id IN (SELECT id FROM public.ad_accounts)",
    "public.operation_attempts": "operation_id IN (SELECT id FROM public.operations)",
}


def upgrade() -> None:
    """Everything that proves who somebody is, and the second wall behind the checks of permissions."""
    _people()
    _proofs()
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA auth TO zamc_app")
    _second_wall()


def _people() -> None:
    for column in (
        sa.Column("email_verified_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("disabled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("permission_version", sa.BigInteger(), server_default="0", nullable=False),
    ):
        op.add_column("users", column, schema="auth")
    # Addresses are compared in lower case from now on; where two differ in nothing else, a person must decide.
    op.execute(
        """
        UPDATE auth.users u SET email = lower(u.email)
        WHERE u.email <> lower(u.email)
            AND NOT EXISTS (SELECT FROM auth.users o WHERE o.id <> u.id AND lower(o.email) = lower(u.email))
        """
    )
    for column in (
        sa.Column("kind", sa.Text(), server_default="browser", nullable=False),
        sa.Column("agent", sa.Text(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_why", sa.Text(), nullable=True),
    ):
        op.add_column("sessions", column, schema="auth")
    op.create_check_constraint(op.f("ck_sessions_kind"), "sessions", "kind IN ('browser', 'tokens')", schema="auth")
    for column in (
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("scopes", postgresql.JSONB(), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True),
    ):
        op.add_column("api_keys", column, schema="auth")


def _proofs() -> None:
    op.create_table(
        "one_time_tokens",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("purpose IN ('verify', 'reset', 'invite', 'sign_in')", name=op.f("ck_one_time_tokens_purpose")),
        sa.ForeignKeyConstraint(["user_id"], ["auth.users.id"], name=op.f("fk_one_time_tokens_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_one_time_tokens")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_one_time_tokens_token_hash")),
        schema="auth",
    )
    op.create_index(op.f("ix_one_time_tokens_user_id_purpose"), "one_time_tokens", ["user_id", "purpose"], unique=False, schema="auth")
    op.create_table(
        "totp",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("secret", sa.Text(), nullable=False),
        sa.Column("last_step", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["auth.users.id"], name=op.f("fk_totp_user_id")),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_totp")),
        schema="auth",
    )
    op.create_table(
        "recovery_codes",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("code_hash", sa.Text(), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["auth.users.id"], name=op.f("fk_recovery_codes_user_id")),
        sa.PrimaryKeyConstraint("user_id", "code_hash", name=op.f("pk_recovery_codes")),
        schema="auth",
    )
    op.create_table(
        "signing_keys",
        sa.Column("kid", sa.Text(), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("private_key", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("signs_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("kid", name=op.f("pk_signing_keys")),
        schema="auth",
    )
    op.create_table(
        "oidc_identities",
        sa.Column("issuer", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["auth.users.id"], name=op.f("fk_oidc_identities_user_id")),
        sa.PrimaryKeyConstraint("issuer", "subject", name=op.f("pk_oidc_identities")),
        schema="auth",
    )
    op.create_index(op.f("ix_oidc_identities_user_id"), "oidc_identities", ["user_id"], unique=False, schema="auth")


def _second_wall() -> None:
    op.execute(API_ROLE)
    op.execute(MY_PROJECTS)
    op.execute(MY_USER)
    op.execute(BIND)
    op.execute("REVOKE ALL ON FUNCTION public.bind_to_projects(regclass, text) FROM PUBLIC")
    op.execute("REVOKE ALL ON FUNCTION public.my_projects(), public.my_user() FROM PUBLIC")
    op.execute("GRANT EXECUTE ON FUNCTION public.my_projects(), public.my_user() TO zamc_api, zamc_app")
    op.execute("GRANT EXECUTE ON FUNCTION public.ensure_analytics_partitions(date, date) TO zamc_api")
    for schema in ("public", "auth", "events"):
        op.execute(f"GRANT USAGE ON SCHEMA {schema} TO zamc_api")
        op.execute(f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA {schema} TO zamc_api")
    for table, condition in BY_HAND.items():
        op.execute(f"SELECT public.bind_to_projects('{table}', $c${condition}$c$)")
    # Every other table of this schema that leads to a project, partitions aside: those are reached through their parent alone.
    op.execute(
        """
        SELECT public.bind_to_projects(c.oid::regclass)
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p') AND NOT c.relispartition AND NOT c.relrowsecurity
            AND EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND NOT a.attisdropped
                AND a.attname IN ('project_id', 'deployment_id', 'ad_account_id'))
        """
    )
    op.execute("SELECT public.bind_to_projects('auth.memberships')")
    op.execute("SELECT public.bind_to_projects('events.dead_letters')")
    # Who works with the caller in a project; of them what a list of members shows, and nothing of how they sign in.
    op.execute("ALTER TABLE auth.users ENABLE ROW LEVEL SECURITY")
    op.execute("CREATE POLICY pipelines ON auth.users TO zamc_app USING (true) WITH CHECK (true)")
    op.execute("CREATE POLICY api ON auth.users FOR SELECT TO zamc_api USING (id IN (SELECT user_id FROM auth.memberships))")
    op.execute("GRANT SELECT (id, email, email_verified_at, disabled_at, created_at) ON auth.users TO zamc_api")
    # An event is written and never read again by the API; its number is what a database driver asks back.
    op.execute("GRANT INSERT, SELECT (sequence) ON events.outbox TO zamc_api")
    # Switches of the whole installation (the kill switch) are read before money is spent.
    # Locking a row so that nobody switches it meanwhile needs the right to change some column: here the one that says when.
    op.execute("GRANT SELECT, INSERT, UPDATE (changed_at) ON public.feature_flags TO zamc_api")
