"""Monthly partitions of the facts, made ahead.

Only the owner of a table may give it partitions, and everything but a migration runs as zamc_app. So the migration leaves a
function behind that runs with its owner's rights, does this one thing, and takes nothing but two dates.
"""

from datetime import date

from sqlalchemy import DDL, text
from sqlalchemy.orm import Session

# A new partition is filled before it is attached: rows of its month may already lie in the default partition, and
# CREATE TABLE ... PARTITION OF would lock every reader out. %% because DDL() formats its text.
ENSURE_PARTITIONS = DDL(
    """
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
            EXECUTE format('LOCK TABLE public.%%I IN SHARE UPDATE EXCLUSIVE MODE', parent);
            CONTINUE WHEN to_regclass('public.' || partition) IS NOT NULL;
            EXECUTE format('CREATE TABLE public.%%I (LIKE public.%%I INCLUDING ALL)', partition, parent);
            IF to_regclass('public.' || parent || '_rest') IS NOT NULL THEN
                EXECUTE format(
                    'WITH moved AS (DELETE FROM public.%%I WHERE date >= %%L AND date < %%L RETURNING *)
                        INSERT INTO public.%%I SELECT * FROM moved',
                    parent || '_rest', month, (month + interval '1 month')::date, partition);
            END IF;
            EXECUTE format(
                'ALTER TABLE public.%%I ATTACH PARTITION public.%%I FOR VALUES FROM (%%L) TO (%%L)',
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
)


def ensure_partitions(session: Session, *, first_day: date, last_day: date) -> int:
    """Make the partitions of all months from first_day to last_day that are missing. Returns how many tables were made."""
    statement = text("SELECT public.ensure_analytics_partitions(:first_day, :last_day)")
    return session.scalar(statement, {"first_day": first_day, "last_day": last_day}) or 0
