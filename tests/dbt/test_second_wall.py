"""Whatever a query of a request says, it reads the reports of its caller's projects alone."""

from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.orm import Session

from tests.dbt.conftest import Reports
from tests.zamc.analytics.scripted import DAY
from zamc.analytics import exports
from zamc.analytics.report_rules import ExportFormat, ReportQuery
from zamc.analytics.rules import Grain
from zamc.database.engine import OwnRows

# Days of no project.
NOBODYS = {"time_spine"}
_RELATIONS = text(
    """
    SELECT c.relname, c.relkind, bool_or(a.attname = 'project_id') AS by_project, bool_or(a.attname = 'ad_account_id') AS by_account
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0
    WHERE n.nspname = 'reporting' AND c.relkind IN ('r', 'v') GROUP BY 1, 2 ORDER BY 1
    """
)


@pytest.fixture
def relations(reports: Reports) -> list[tuple[str, str, str | None]]:
    """Name, kind ("r" table, "v" view), and by what a row is somebody's: its project or its account."""
    with reports.database.transaction() as session:
        found = session.execute(_RELATIONS).all()
    return [
        (str(name), str(kind), "project_id" if project else "ad_account_id" if account else None) for name, kind, project, account in found
    ]


def _owners(session: Session, name: str, column: str) -> dict[UUID, int]:
    return dict(session.execute(text(f"SELECT {column}, count(*) FROM reporting.{name} GROUP BY 1")).tuples().all())  # noqa: S608 - our own names


def test_a_member_reads_all_of_their_own_and_nothing_else(reports: Reports, relations: list[tuple[str, str, str | None]]) -> None:
    mine = {"project_id": reports.euro.project_id, "ad_account_id": reports.euro.account.id}
    theirs = {"project_id": reports.yen.project_id, "ad_account_id": reports.yen.account.id}
    both = 0
    for name, _, column in relations:
        if column is None:
            continue
        with reports.database.transaction() as session:
            everything = _owners(session, name, column)
        with reports.database.transaction_for([reports.euro.project_id]) as session:
            seen = _owners(session, name, column)
        assert seen == {mine[column]: everything[mine[column]]} if mine[column] in everything else seen == {}, name
        both += theirs[column] in everything
    assert both > 20, "reports of two projects, or nothing was shown"


def test_a_stranger_reads_nothing(reports: Reports, relations: list[tuple[str, str, str | None]]) -> None:
    with reports.database.transaction_for([]) as session:
        for name, _, _ in relations:
            if name not in NOBODYS and not name.startswith("stg_exchange"):
                assert session.execute(text(f"SELECT count(*) FROM reporting.{name}")).scalar_one() == 0, name  # noqa: S608 - our own names


def test_every_table_has_a_policy_and_nobody_writes(reports: Reports, relations: list[tuple[str, str, str | None]]) -> None:
    tables = [name for name, kind, _ in relations if kind == "r"]
    assert tables
    for name in tables:
        with (
            pytest.raises(ProgrammingError, match="permission denied"),
            reports.database.transaction_for([reports.euro.project_id]) as session,
        ):
            session.execute(text(f"DELETE FROM reporting.{name}"))  # noqa: S608 - our own names


def test_a_second_build_leaves_the_wall_where_it_is(reports: Reports, relations: list[tuple[str, str, str | None]]) -> None:
    assert reports.run("build", "--select", "int_campaign_days", "campaign_daily", "--full-refresh") == {}, reports.said
    assert reports.run("build", "--select", "int_campaign_days", "campaign_daily") == {}, reports.said
    with reports.database.transaction_for([reports.euro.project_id]) as session:
        assert set(_owners(session, "int_campaign_days", "ad_account_id")) == {reports.euro.account.id}
        assert set(_owners(session, "campaign_daily", "project_id")) == {reports.euro.project_id}


@pytest.mark.parametrize("file_format", list(ExportFormat))
def test_an_export_of_somebody_else_is_empty(reports: Reports, file_format: ExportFormat) -> None:
    query = ReportQuery(
        grain=Grain.CAMPAIGN,
        first_day=DAY - timedelta(days=7),
        last_day=DAY,
        project_ids=[reports.euro.project_id],
        platform=None,
        currency="EUR",
    )

    def size(projects: list[UUID]) -> int:
        pieces: Iterator[bytes] = exports.stream(OwnRows(reports.database, projects), query, file_format)
        return len(b"".join(pieces))

    assert size([reports.euro.project_id]) > size([reports.yen.project_id]) == size([])
