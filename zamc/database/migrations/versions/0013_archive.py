"""Months that left for the archive."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

# As in revision 0001, but for one thing: a month whose facts lie in the archive gets no new table, or a late revision would stand alone
# in it and look like all that there ever was.
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
            PERFORM FROM public.archived_months AS gone WHERE to_char(gone.month, '_YYYYMM') = right(partition, 7)
                AND gone.detached_at IS NOT NULL;
            IF FOUND THEN
                RAISE EXCEPTION '% is archived', to_char(month, 'YYYY-MM') USING ERRCODE = 'ZA001';
            END IF;
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
"""


def upgrade() -> None:
    """Which months were written to the archive, what lies there, and which of them left the database."""
    op.create_table(
        "archived_months",
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("manifest", postgresql.JSONB(), nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("detached_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("restored_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("extract(day FROM month) = 1", name=op.f("ck_archived_months_first_day")),
        sa.PrimaryKeyConstraint("month", name=op.f("pk_archived_months")),
    )
    # The application writes copies. That a month left the database, only its owner can say, as only its owner can bring that about.
    op.execute("GRANT SELECT ON archived_months TO zamc_app")
    op.execute("REVOKE INSERT, UPDATE, DELETE ON archived_months FROM zamc_app")
    op.execute("GRANT INSERT (month, manifest, written_at), UPDATE (manifest, written_at) ON archived_months TO zamc_app")
    op.execute(ENSURE_PARTITIONS)
