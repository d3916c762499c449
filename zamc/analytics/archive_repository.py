"""Every query of the archive: reading a month out, counting it, taking it out of the database and bringing it back."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from zamc.analytics.archive_rules import Manifest, Sums, next_month
from zamc.analytics.archive_tables import ArchivedMonth

BATCH = 20_000


@dataclass(frozen=True)
class Table:
    """What leaves of a table: column to its kind (see zamc.analytics.archive_files), and what is summed for the manifest."""

    name: str
    columns: Mapping[str, str]
    summed: Sequence[str] = ()


_SUBJECT = {
    "ad_account_id": "id", "grain": "text", "object_id": "text", "segment": "text", "date": "date", "as_of": "time",
}  # fmt: skip
FACTS = Table(
    "analytics",
    {
        **_SUBJECT, "recorded_at": "time", "deployment_id": "id", "campaign_id": "text", "ad_group_id": "text", "label": "text",
        "currency": "text", "impressions": "whole", "clicks": "whole", "spend_micros": "whole",
    },
    ("impressions", "clicks", "spend_micros"),
)  # fmt: skip
CONVERSIONS = Table(
    "analytics_conversions",
    {
        **_SUBJECT, "action": "text", "attribution_window": "text", "counted": "flag", "conversions": "exact", "value_micros": "whole",
    },
    ("conversions", "value_micros"),
)  # fmt: skip
MONTHLY = (FACTS, CONVERSIONS)
# What facts are about, for readers without the database: never a credential, never more of a brief than its goal.
AROUND = (
    Table(
        "ad_accounts",
        {"id": "id", "project_id": "id", **dict.fromkeys(("platform", "external_id", "currency", "time_zone"), "text")},
    ),
    Table("projects", {"id": "id", "name": "text", "reporting_currency": "text"}),
    Table("strategies", {"id": "id", "project_id": "id", "name": "text", "brief": "goal", "status": "text"}),
    Table("assets", {"id": "id", "strategy_id": "id"}),
    Table(
        "deployments",
        {
            **dict.fromkeys(("id", "project_id", "ad_account_id", "asset_id"), "id"),
            **dict.fromkeys(("platform", "kind", "name", "status", "currency"), "text"),
            "daily_budget_micros": "whole", "starts_on": "date", "ends_on": "date",
        },
    ),
    Table("analytics_days", {"ad_account_id": "id", "date": "date", "ticket": "whole", "as_of": "time", "recorded_at": "time"}),
    Table("conversion_actions", {"ad_account_id": "id", "external_id": "text", "click_days": "whole", "view_days": "whole"}),
    Table(
        "nowcasts",
        {
            "ad_account_id": "id", **dict.fromkeys(("grain", "object_id"), "text"), "date": "date", "action": "text", "as_of": "time",
            **dict.fromkeys(("reported", "conversions", "low", "high", "completeness"), "exact"), "settled": "flag",
        },
    ),
    Table("fx_rates", {"date": "date", "base": "text", "quote": "text", "rate": "rate"}),
)  # fmt: skip
_READ_AS = {"id": "{0}::text", "goal": "jsonb_build_object('goal', {0} -> 'goal')::text"}


def months(session: Session) -> list[date]:
    """First days of all months that have partitions in the database, oldest first."""
    names = session.scalars(
        text(
            "SELECT relname FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid "
            r"WHERE inhparent = 'public.analytics'::regclass AND relname ~ '^analytics_\d{6}$' ORDER BY relname"
        )
    )
    return [date(int(name[-6:-2]), int(name[-2:]), 1) for name in names]


def archived(session: Session) -> list[ArchivedMonth]:
    """All months that were ever written, oldest first."""
    return list(session.scalars(select(ArchivedMonth).order_by(ArchivedMonth.month)))


def of_month(session: Session, month: date) -> ArchivedMonth | None:
    return session.get(ArchivedMonth, month)


def snapshot(session: Session) -> None:
    """From here on the transaction sees one state: what is counted is what is read."""
    session.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"))


def rows(session: Session, table: Table, month: date | None) -> Iterator[Sequence[Sequence[Any]]]:
    """Batches of a table's rows (of a month, or all)."""
    listed = ", ".join(_READ_AS.get(kind, "{0}").format(name) + f" AS {name}" for name, kind in table.columns.items())
    where, values = _where(month)
    statement = text(f"SELECT {listed} FROM public.{table.name}{where}")  # noqa: S608 - names of this module
    for batch in session.execute(statement, values, execution_options={"yield_per": BATCH}).partitions():
        yield [tuple(row) for row in batch]


def count(session: Session, table: Table, month: date) -> Sums:
    """A month of a table as it is now: rows, exact sums, and the newest as_of."""
    sums = ", ".join(f"coalesce(sum({name}), 0)::numeric AS {name}" for name in table.summed)
    where, values = _where(month)
    newest = "coalesce(extract(epoch FROM max(as_of)) * 1000000, 0)::numeric AS newest"
    query = f"SELECT count(*) AS n, {sums}, {newest} FROM public.{table.name}{where}"  # noqa: S608
    found = dict(session.execute(text(query), values).mappings().one())
    return Sums(int(found.pop("n")), {name: Decimal(value) for name, value in found.items()})


def record(session: Session, month: date, manifest: Manifest, *, at: datetime) -> None:
    """A month was written. Changes nothing for a month that left the database: what lies there is all that there is."""
    statement = insert(ArchivedMonth).values(month=month, manifest=manifest.as_json(), written_at=at)
    fresh = {"manifest": statement.excluded.manifest, "written_at": statement.excluded.written_at}
    session.execute(statement.on_conflict_do_update(index_elements=["month"], set_=fresh, where=ArchivedMonth.detached_at.is_(None)))


def lock(session: Session, *, seconds: int) -> None:
    """Nobody reads or writes facts until the transaction ends. As zamc_owner. Waits at most `seconds`: readers queue behind us."""
    session.execute(text(f"SET LOCAL lock_timeout = '{seconds}s'"))
    parents = ", ".join(f"public.{table.name}" for table in MONTHLY)
    session.execute(text(f"LOCK TABLE {parents} IN ACCESS EXCLUSIVE MODE"))


def detach(session: Session, month: date, *, at: datetime) -> None:
    """The month's partitions leave the tables and are dropped. Needs `lock`, as zamc_owner."""
    for table in MONTHLY:
        partition = _partition(table, month)
        session.execute(text(f"ALTER TABLE public.{table.name} DETACH PARTITION {partition}"))
        session.execute(text(f"DROP TABLE {partition}"))
    session.execute(text("UPDATE public.archived_months SET detached_at = :at WHERE month = :month"), {"at": at, "month": month})


def attach(session: Session, table: Table, month: date, batches: Iterator[Sequence[Sequence[Any]]]) -> None:
    """Fill a new partition and attach it, as zamc_owner."""
    partition = _partition(table, month)
    session.execute(text(f"CREATE TABLE {partition} (LIKE public.{table.name} INCLUDING ALL)"))
    connection = session.connection().connection.driver_connection
    assert connection is not None  # noqa: S101 - a session's connection is open
    with connection.cursor().copy(f"COPY {partition} ({', '.join(table.columns)}) FROM STDIN") as copy:
        for batch in batches:
            for row in batch:
                copy.write_row(row)
    bounds = f"FROM ('{month}') TO ('{next_month(month)}')"
    session.execute(text(f"ALTER TABLE public.{table.name} ATTACH PARTITION {partition} FOR VALUES {bounds}"))


def restored(session: Session, month: date, *, at: datetime) -> None:
    values = {"at": at, "month": month}
    session.execute(text("UPDATE public.archived_months SET detached_at = NULL, restored_at = :at WHERE month = :month"), values)


def _where(month: date | None) -> tuple[str, dict[str, date]]:
    return ("", {}) if month is None else (" WHERE date >= :first AND date < :next", {"first": month, "next": next_month(month)})


def _partition(table: Table, month: date) -> str:
    return f"public.{table.name}_{month:%Y%m}"
