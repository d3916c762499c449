"""Schemas, tables, partitions and the rights of zamc_app."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

# Only the owner of a table may give it partitions, and everything but a migration runs as zamc_app. A new partition is filled before it
# is attached: rows of its month may already lie in the default partition, and CREATE TABLE ... PARTITION OF would lock every reader out.
ENSURE_PARTITIONS = """
CREATE OR REPLACE FUNCTION public.ensure_analytics_partitions(first_day date, last_day date) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $body$
DECLARE
    parent text;
    partition text;
    month date;
    made integer := 0;
BEGIN
    IF first_day IS NULL OR last_day IS NULL OR last_day - first_day > 4000 THEN
        RAISE EXCEPTION 'ensure_analytics_partitions: a range of at most 4000 days is needed';
    END IF;
    month := date_trunc('month', first_day)::date;
    WHILE month <= last_day LOOP
        FOREACH parent IN ARRAY ARRAY['analytics', 'analytics_conversions'] LOOP
            partition := parent || to_char(month, '_YYYYMM');
            CONTINUE WHEN to_regclass('public.' || partition) IS NOT NULL;
            -- A table lock, not an advisory one: taking it makes this session see what the one before it has made.
            EXECUTE format('LOCK TABLE public.%I IN SHARE UPDATE EXCLUSIVE MODE', parent);
            CONTINUE WHEN to_regclass('public.' || partition) IS NOT NULL;
            EXECUTE format('CREATE TABLE public.%I (LIKE public.%I INCLUDING ALL)', partition, parent);
            IF to_regclass('public.' || parent || '_rest') IS NOT NULL THEN
                EXECUTE format(
                    'WITH moved AS (DELETE FROM public.%I WHERE date >= %L AND date < %L RETURNING *)
                        INSERT INTO public.%I SELECT * FROM moved',
                    parent || '_rest', month, (month + interval '1 month')::date, partition);
            END IF;
            EXECUTE format(
                'ALTER TABLE public.%I ATTACH PARTITION public.%I FOR VALUES FROM (%L) TO (%L)',
                parent, partition, month, (month + interval '1 month')::date);
            made := made + 1;
        END LOOP;
        month := (month + interval '1 month')::date;
    END LOOP;
    RETURN made;
END
$body$;
REVOKE ALL ON FUNCTION public.ensure_analytics_partitions(date, date) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION public.ensure_analytics_partitions(date, date) TO zamc_app;
"""

# Facts and audits are only ever added to.
APPEND_ONLY = ("analytics", "analytics_conversions", "audit_log", "operation_attempts", "decisions", "forecasts")


def upgrade() -> None:
    for schema in ("auth", "events", "reporting"):
        op.execute(f"CREATE SCHEMA {schema}")
    op.execute("CREATE SEQUENCE public.analytics_tickets")
    op.create_table(
        "users",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_users")),
        sa.UniqueConstraint("email", name=op.f("uq_users_email")),
        schema="auth",
    )
    op.create_table(
        "dead_letters",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("stream_created", sa.Text(), nullable=False),
        sa.Column("stream_sequence", sa.BigInteger(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("payload", sa.LargeBinary(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), server_default="open", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dead_letters")),
        sa.UniqueConstraint("stream_created", "stream_sequence", name=op.f("uq_dead_letters_stream_created_stream_sequence")),
        schema="events",
    )
    op.create_table(
        "inbox",
        sa.Column("consumer", sa.Text(), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("consumer", "event_id", name=op.f("pk_inbox")),
        schema="events",
    )
    op.create_table(
        "outbox",
        sa.Column("sequence", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("envelope", postgresql.JSONB(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("sequence", name=op.f("pk_outbox")),
        sa.UniqueConstraint("event_id", name=op.f("uq_outbox_event_id")),
        schema="events",
    )
    op.create_index(
        "ix_outbox_unsent", "outbox", ["sequence"], unique=False, schema="events", postgresql_where=sa.text("published_at IS NULL")
    )
    op.create_table(
        "feature_flags",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("changed_by", sa.Text(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_feature_flags")),
    )
    op.create_table(
        "projects",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("brand", postgresql.JSONB(), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("gates", postgresql.JSONB(), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_projects")),
        sa.UniqueConstraint("name", name=op.f("uq_projects_name")),
    )
    op.create_table(
        "ad_accounts",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("time_zone", sa.Text(), nullable=False),
        sa.Column("page_id", sa.Text(), nullable=True),
        sa.Column("pixel_id", sa.Text(), nullable=True),
        sa.Column("conversion_action", sa.Text(), nullable=True),
        sa.Column("credentials", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("platform IN ('google_ads', 'meta_ads')", name=op.f("ck_ad_accounts_platform")),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name=op.f("fk_ad_accounts_project_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ad_accounts")),
        sa.UniqueConstraint("project_id", "platform", "external_id", name=op.f("uq_ad_accounts_project_id_platform_external_id")),
    )
    op.create_table(
        "audit_log",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=True),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=True),
        sa.Column("details", postgresql.JSONB(), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name=op.f("fk_audit_log_project_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_log")),
    )
    op.create_index(op.f("ix_audit_log_project_id_created_at"), "audit_log", ["project_id", "created_at"], unique=False)
    op.create_table(
        "api_keys",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("prefix", sa.Text(), nullable=False),
        sa.Column("key_hash", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["auth.users.id"], name=op.f("fk_api_keys_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_keys")),
        sa.UniqueConstraint("key_hash", name=op.f("uq_api_keys_key_hash")),
        schema="auth",
    )
    op.create_index(op.f("ix_api_keys_user_id"), "api_keys", ["user_id"], unique=False, schema="auth")
    op.create_table(
        "memberships",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.CheckConstraint("role IN ('owner', 'manager', 'analyst', 'viewer')", name=op.f("ck_memberships_role")),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name=op.f("fk_memberships_project_id")),
        sa.ForeignKeyConstraint(["user_id"], ["auth.users.id"], name=op.f("fk_memberships_user_id")),
        sa.PrimaryKeyConstraint("user_id", "project_id", name=op.f("pk_memberships")),
        schema="auth",
    )
    op.create_index(op.f("ix_memberships_project_id"), "memberships", ["project_id"], unique=False, schema="auth")
    op.create_table(
        "sessions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["auth.users.id"], name=op.f("fk_sessions_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sessions")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_sessions_token_hash")),
        schema="auth",
    )
    op.create_index(op.f("ix_sessions_user_id"), "sessions", ["user_id"], unique=False, schema="auth")
    op.create_table(
        "model_calls",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("prompt_version", sa.Text(), nullable=False),
        sa.Column("request_hash", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("response", postgresql.JSONB(), nullable=True),
        sa.Column("input_tokens", sa.Integer(), server_default="0", nullable=False),
        sa.Column("output_tokens", sa.Integer(), server_default="0", nullable=False),
        sa.Column("cost_micros", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("seconds", sa.Double(), server_default="0", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name=op.f("fk_model_calls_project_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_model_calls")),
    )
    op.create_index(op.f("ix_model_calls_project_id_created_at"), "model_calls", ["project_id", "created_at"], unique=False)
    op.create_table(
        "spend_policies",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("daily_cap_micros", sa.BigInteger(), nullable=False),
        sa.Column("monthly_cap_micros", sa.BigInteger(), nullable=False),
        sa.Column("total_cap_micros", sa.BigInteger(), nullable=True),
        sa.Column("decided_by", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "daily_cap_micros > 0 AND monthly_cap_micros > 0 AND total_cap_micros > 0", name=op.f("ck_spend_policies_positive")
        ),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name=op.f("fk_spend_policies_project_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_spend_policies")),
        sa.UniqueConstraint("project_id", "currency", name=op.f("uq_spend_policies_project_id_currency")),
    )
    op.create_table(
        "strategies",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("request_key", sa.Text(), nullable=False),
        sa.Column("brief", postgresql.JSONB(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("plan", postgresql.JSONB(), nullable=True),
        sa.Column("plan_hash", sa.Text(), nullable=True),
        sa.Column("provenance", postgresql.JSONB(), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("approved_by", sa.Text(), nullable=True),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("fence", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("next_attempt_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.CheckConstraint("status IN ('requested', 'drafted', 'approved', 'rejected', 'failed')", name=op.f("ck_strategies_status")),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name=op.f("fk_strategies_project_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_strategies")),
        sa.UniqueConstraint("project_id", "request_key", name=op.f("uq_strategies_project_id_request_key")),
    )
    op.create_index(
        "ix_strategies_pending", "strategies", ["next_attempt_at"], unique=False, postgresql_where=sa.text("status = 'requested'")
    )
    op.create_index(op.f("ix_strategies_project_id_created_at"), "strategies", ["project_id", "created_at"], unique=False)
    op.create_table(
        "analytics",
        sa.Column("ad_account_id", sa.Uuid(), nullable=False),
        sa.Column("grain", sa.Text(), nullable=False),
        sa.Column("object_id", sa.Text(), nullable=False),
        sa.Column("segment", sa.Text(), server_default="", nullable=False),
        sa.Column("date", sa.Date(), nullable=False),
        sa.Column("as_of", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("deployment_id", sa.Uuid(), nullable=True),
        sa.Column("campaign_id", sa.Text(), nullable=True),
        sa.Column("ad_group_id", sa.Text(), nullable=True),
        sa.Column("label", sa.Text(), nullable=True),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("impressions", sa.BigInteger(), nullable=False),
        sa.Column("clicks", sa.BigInteger(), nullable=False),
        sa.Column("spend_micros", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["ad_account_id"], ["ad_accounts.id"], name=op.f("fk_analytics_ad_account_id")),
        sa.PrimaryKeyConstraint("ad_account_id", "grain", "object_id", "segment", "date", "as_of", name=op.f("pk_analytics")),
        postgresql_partition_by="RANGE (date)",
    )
    op.create_index(op.f("ix_analytics_ad_account_id_date"), "analytics", ["ad_account_id", "date"], unique=False)
    op.create_index(op.f("ix_analytics_deployment_id_date"), "analytics", ["deployment_id", "date"], unique=False)
    op.create_table(
        "analytics_conversions",
        sa.Column("ad_account_id", sa.Uuid(), nullable=False),
        sa.Column("grain", sa.Text(), nullable=False),
        sa.Column("object_id", sa.Text(), nullable=False),
        sa.Column("segment", sa.Text(), server_default="", nullable=False),
        sa.Column("date", sa.Date(), nullable=False),
        sa.Column("as_of", sa.DateTime(timezone=True), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("attribution_window", sa.Text(), nullable=False),
        sa.Column("counted", sa.Boolean(), nullable=False),
        sa.Column("conversions", sa.Numeric(precision=18, scale=6), nullable=False),
        sa.Column("value_micros", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["ad_account_id"], ["ad_accounts.id"], name=op.f("fk_analytics_conversions_ad_account_id")),
        sa.PrimaryKeyConstraint(
            "ad_account_id",
            "grain",
            "object_id",
            "segment",
            "date",
            "as_of",
            "action",
            "attribution_window",
            name=op.f("pk_analytics_conversions"),
        ),
        postgresql_partition_by="RANGE (date)",
    )
    op.create_index(op.f("ix_analytics_conversions_ad_account_id_date"), "analytics_conversions", ["ad_account_id", "date"], unique=False)
    op.create_table(
        "analytics_days",
        sa.Column("ad_account_id", sa.Uuid(), nullable=False),
        sa.Column("date", sa.Date(), nullable=False),
        sa.Column("ticket", sa.BigInteger(), nullable=False),
        sa.Column("as_of", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["ad_account_id"], ["ad_accounts.id"], name=op.f("fk_analytics_days_ad_account_id")),
        sa.PrimaryKeyConstraint("ad_account_id", "date", name=op.f("pk_analytics_days")),
    )
    op.create_table(
        "assets",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("strategy_id", sa.Uuid(), nullable=False),
        sa.Column("set_id", sa.Uuid(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("local_ref", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("platform", sa.Text(), nullable=True),
        sa.Column("language", sa.Text(), nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("content", postgresql.JSONB(), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("object_hash", sa.Text(), nullable=True),
        sa.Column("object_size", sa.BigInteger(), nullable=True),
        sa.Column("object_type", sa.Text(), nullable=True),
        sa.Column("checks", postgresql.JSONB(), server_default=sa.text("'[]'"), nullable=False),
        sa.Column("provenance", postgresql.JSONB(), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("approved_by", sa.Text(), nullable=True),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("fence", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("next_attempt_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.CheckConstraint("(kind = 'set') = (set_id IS NULL)", name=op.f("ck_assets_membership")),
        sa.CheckConstraint("kind IN ('set', 'copy', 'image', 'video')", name=op.f("ck_assets_kind")),
        sa.CheckConstraint("status IN ('requested', 'ready', 'approved', 'rejected', 'failed')", name=op.f("ck_assets_status")),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name=op.f("fk_assets_project_id")),
        sa.ForeignKeyConstraint(["set_id"], ["assets.id"], name=op.f("fk_assets_set_id")),
        sa.ForeignKeyConstraint(["strategy_id"], ["strategies.id"], name=op.f("fk_assets_strategy_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_assets")),
        sa.UniqueConstraint("strategy_id", "version", "local_ref", name=op.f("uq_assets_strategy_id_version_local_ref")),
    )
    op.create_index(
        "ix_assets_pending", "assets", ["kind", "next_attempt_at"], unique=False, postgresql_where=sa.text("status = 'requested'")
    )
    op.create_index(op.f("ix_assets_project_id"), "assets", ["project_id"], unique=False)
    op.create_index(op.f("ix_assets_set_id"), "assets", ["set_id"], unique=False)
    op.create_table(
        "experiments",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("strategy_id", sa.Uuid(), nullable=False),
        sa.Column("hypothesis", sa.Text(), nullable=False),
        sa.Column("metric", sa.Text(), nullable=False),
        sa.Column("sample_size", sa.Integer(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=True),
        sa.Column("verdict", postgresql.JSONB(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name=op.f("fk_experiments_project_id")),
        sa.ForeignKeyConstraint(["strategy_id"], ["strategies.id"], name=op.f("fk_experiments_strategy_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_experiments")),
    )
    op.create_index(op.f("ix_experiments_project_id_created_at"), "experiments", ["project_id", "created_at"], unique=False)
    op.create_table(
        "deployments",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("asset_id", sa.Uuid(), nullable=False),
        sa.Column("ad_account_id", sa.Uuid(), nullable=False),
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("desired_status", sa.Text(), nullable=False),
        sa.Column("generation", sa.BigInteger(), server_default="1", nullable=False),
        sa.Column("launch_mode", sa.Text(), nullable=False),
        sa.Column("plan_hash", sa.Text(), nullable=False),
        sa.Column("approved_by", sa.Text(), nullable=True),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("approved_hash", sa.Text(), nullable=True),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("daily_budget_micros", sa.BigInteger(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("launched_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("failure", sa.Text(), nullable=True),
        sa.Column("observed", postgresql.JSONB(), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("fence", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("next_attempt_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.CheckConstraint("desired_status IN ('enabled', 'paused', 'ended', 'failed')", name=op.f("ck_deployments_desired_status")),
        sa.CheckConstraint("launch_mode IN ('all_or_nothing', 'best_effort')", name=op.f("ck_deployments_launch_mode")),
        sa.CheckConstraint(
            "status IN ('requested', 'creating', 'created', 'enabling', 'live', 'pausing', 'paused', 'failed', 'ended')",
            name=op.f("ck_deployments_status"),
        ),
        sa.ForeignKeyConstraint(["ad_account_id"], ["ad_accounts.id"], name=op.f("fk_deployments_ad_account_id")),
        sa.ForeignKeyConstraint(["asset_id"], ["assets.id"], name=op.f("fk_deployments_asset_id")),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name=op.f("fk_deployments_project_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deployments")),
        sa.UniqueConstraint("asset_id", "ad_account_id", name=op.f("uq_deployments_asset_id_ad_account_id")),
    )
    op.create_index(op.f("ix_deployments_ad_account_id"), "deployments", ["ad_account_id"], unique=False)
    op.create_index(
        "ix_deployments_moving",
        "deployments",
        ["next_attempt_at"],
        unique=False,
        postgresql_where=sa.text("status IN ('requested', 'creating', 'created', 'enabling', 'pausing')"),
    )
    op.create_index(op.f("ix_deployments_project_id_created_at"), "deployments", ["project_id", "created_at"], unique=False)
    op.create_table(
        "decisions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("deployment_id", sa.Uuid(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("known", postgresql.JSONB(), nullable=False),
        sa.Column("done", postgresql.JSONB(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("undo", postgresql.JSONB(), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["deployment_id"], ["deployments.id"], name=op.f("fk_decisions_deployment_id")),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name=op.f("fk_decisions_project_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_decisions")),
    )
    op.create_index(op.f("ix_decisions_project_id_created_at"), "decisions", ["project_id", "created_at"], unique=False)
    op.create_table(
        "forecasts",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("deployment_id", sa.Uuid(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("as_of", sa.DateTime(timezone=True), nullable=False),
        sa.Column("days_observed", sa.Integer(), nullable=False),
        sa.Column("horizon_end", sa.Date(), nullable=False),
        sa.Column("metric", sa.Text(), nullable=False),
        sa.Column("low", sa.Numeric(precision=24, scale=4), nullable=False),
        sa.Column("mid", sa.Numeric(precision=24, scale=4), nullable=False),
        sa.Column("high", sa.Numeric(precision=24, scale=4), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "metric <> 'spend_micros' OR (low = trunc(low) AND mid = trunc(mid) AND high = trunc(high))",
            name=op.f("ck_forecasts_whole_micros"),
        ),
        sa.CheckConstraint(
            "metric IN ('impressions', 'clicks', 'conversions', 'spend_micros', 'pacing')", name=op.f("ck_forecasts_metric")
        ),
        sa.CheckConstraint("0 <= low AND low <= mid AND mid <= high", name=op.f("ck_forecasts_interval")),
        sa.ForeignKeyConstraint(["deployment_id"], ["deployments.id"], name=op.f("fk_forecasts_deployment_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_forecasts")),
        sa.UniqueConstraint("deployment_id", "day", "metric", name=op.f("uq_forecasts_deployment_id_day_metric")),
    )
    op.create_table(
        "platform_objects",
        sa.Column("obj_key", sa.Uuid(), nullable=False),
        sa.Column("deployment_id", sa.Uuid(), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("ad_account_id", sa.Uuid(), nullable=False),
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("local_ref", sa.Text(), nullable=False),
        sa.Column("parent_key", sa.Uuid(), nullable=True),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("spec", postgresql.JSONB(), nullable=False),
        sa.Column("spec_hash", sa.Text(), nullable=False),
        sa.Column("refs", postgresql.JSONB(), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("desired_status", sa.Text(), nullable=False),
        sa.Column("generation", sa.BigInteger(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=True),
        sa.Column("resolved_enables", sa.Integer(), server_default="0", nullable=False),
        sa.Column("pause_lands_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("observed_status", sa.Text(), nullable=True),
        sa.Column("observed", postgresql.JSONB(), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("observed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("desired_status IN ('enabled', 'paused', 'removed')", name=op.f("ck_platform_objects_desired_status")),
        sa.ForeignKeyConstraint(["ad_account_id"], ["ad_accounts.id"], name=op.f("fk_platform_objects_ad_account_id")),
        sa.ForeignKeyConstraint(["deployment_id"], ["deployments.id"], name=op.f("fk_platform_objects_deployment_id")),
        sa.ForeignKeyConstraint(["parent_key"], ["platform_objects.obj_key"], name=op.f("fk_platform_objects_parent_key")),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name=op.f("fk_platform_objects_project_id")),
        sa.PrimaryKeyConstraint("obj_key", name=op.f("pk_platform_objects")),
    )
    op.create_index(op.f("ix_platform_objects_deployment_id"), "platform_objects", ["deployment_id"], unique=False)
    op.create_index(
        "uq_platform_objects_external_id",
        "platform_objects",
        ["ad_account_id", "kind", "external_id"],
        unique=True,
        postgresql_where=sa.text("kind <> 'image'"),
    )
    op.create_table(
        "spend_ledger",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("deployment_id", sa.Uuid(), nullable=False),
        sa.Column("generation", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("period", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("amount_micros", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("kind IN ('reserve', 'settle', 'release')", name=op.f("ck_spend_ledger_kind")),
        sa.ForeignKeyConstraint(["deployment_id"], ["deployments.id"], name=op.f("fk_spend_ledger_deployment_id")),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name=op.f("fk_spend_ledger_project_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_spend_ledger")),
        sa.UniqueConstraint(
            "deployment_id", "generation", "kind", "period", name=op.f("uq_spend_ledger_deployment_id_generation_kind_period")
        ),
    )
    op.create_index(op.f("ix_spend_ledger_project_id_currency_period"), "spend_ledger", ["project_id", "currency", "period"], unique=False)
    op.create_table(
        "operations",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("obj_key", sa.Uuid(), nullable=False),
        sa.Column("deployment_id", sa.Uuid(), nullable=False),
        sa.Column("generation", sa.BigInteger(), nullable=False),
        sa.Column("verb", sa.Text(), nullable=False),
        sa.Column("lane", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("step", sa.Integer(), server_default="0", nullable=False),
        sa.Column("call_id", sa.Uuid(), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("resolved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("looks", sa.Integer(), server_default="0", nullable=False),
        sa.Column("after_enables", sa.Integer(), nullable=True),
        sa.Column("ever_in_doubt", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("error_code", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("fence", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("next_attempt_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.CheckConstraint("lane IN ('change', 'stop') AND (lane = 'stop') = (verb = 'pause')", name=op.f("ck_operations_lane")),
        sa.CheckConstraint(
            "state IN ('planned', 'sending', 'sent', 'done', 'refused', 'in_doubt', 'superseded')", name=op.f("ck_operations_state")
        ),
        sa.CheckConstraint("verb IN ('create', 'update', 'enable', 'pause', 'remove')", name=op.f("ck_operations_verb")),
        sa.ForeignKeyConstraint(["deployment_id"], ["deployments.id"], name=op.f("fk_operations_deployment_id")),
        sa.ForeignKeyConstraint(["obj_key"], ["platform_objects.obj_key"], name=op.f("fk_operations_obj_key")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_operations")),
        sa.UniqueConstraint("obj_key", "generation", "verb", name=op.f("uq_operations_obj_key_generation_verb")),
    )
    op.create_index(op.f("ix_operations_call_id"), "operations", ["call_id"], unique=False)
    op.create_index(
        "ix_operations_open",
        "operations",
        ["deployment_id", "next_attempt_at"],
        unique=False,
        postgresql_where=sa.text("state IN ('planned', 'sending', 'sent', 'in_doubt')"),
    )
    op.create_index(
        "uq_operations_in_flight",
        "operations",
        ["obj_key", "lane"],
        unique=True,
        postgresql_where=sa.text("state IN ('sending', 'in_doubt')"),
    )
    op.create_table(
        "operation_attempts",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("operation_id", sa.Uuid(), nullable=False),
        sa.Column("call_id", sa.Uuid(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("request_hash", sa.Text(), nullable=False),
        sa.Column("platform_request_id", sa.Text(), nullable=True),
        sa.Column("error_code", sa.Text(), nullable=True),
        sa.Column("message", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["operation_id"], ["operations.id"], name=op.f("fk_operation_attempts_operation_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_operation_attempts")),
    )
    op.create_index(op.f("ix_operation_attempts_operation_id"), "operation_attempts", ["operation_id"], unique=False)
    for table in ("analytics", "analytics_conversions"):
        # Rows of a month without a partition of its own land here until there is one.
        op.execute(f"CREATE TABLE public.{table}_rest PARTITION OF public.{table} DEFAULT")
    op.execute(ENSURE_PARTITIONS)
    for schema in ("public", "auth", "events"):
        op.execute(f"GRANT USAGE ON SCHEMA {schema} TO zamc_app")
        op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {schema} TO zamc_app")
        op.execute(f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA {schema} TO zamc_app")
    op.execute("GRANT USAGE, CREATE ON SCHEMA reporting TO zamc_app")
    for table in APPEND_ONLY:
        op.execute(f"REVOKE UPDATE, DELETE ON public.{table} FROM zamc_app")
    # What a project may be billed is decided by people, through an operator's terminal: no path of the application can change it.
    op.execute("REVOKE INSERT, UPDATE, DELETE ON public.spend_policies FROM zamc_app")
    op.execute("REVOKE ALL ON public.alembic_version FROM zamc_app")
