"""Exports over HTTP: who gets them, what is no question, and that they are streamed."""

from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID, uuid4

import pytest
from fastapi.testclient import TestClient

from zamc.analytics import exports
from zamc.analytics.report_rules import ExportFormat, ReportQuery
from zamc.database.engine import Database

Project = Callable[[str], UUID]
Key = Callable[[str, dict[UUID, str]], str]


def _get(client: TestClient, key: str | None, path: str = "/exports/campaign.csv", **asked: Any) -> Any:
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    return client.get(path, params={"first_day": "2026-11-01", "last_day": "2026-11-14", **asked}, headers=headers)


@pytest.fixture
def rows(monkeypatch: pytest.MonkeyPatch) -> list[ReportQuery]:
    """dbt's tables are tested where they are made; here a report of three pieces stands for them. Returns what was asked."""
    asked: list[ReportQuery] = []

    def stream(_database: Database, query: ReportQuery, file_format: ExportFormat) -> Iterator[bytes]:
        asked.append(query)
        yield from (b"date,spend\n", b"2026-11-01,1.50\n", file_format.encode())

    monkeypatch.setattr(exports, "stream", stream)
    return asked


@pytest.mark.parametrize("file_format", ["csv", "parquet"])
def test_a_member_gets_the_file_of_their_project(
    client: TestClient, project: Project, key: Key, rows: list[ReportQuery], file_format: str
) -> None:
    mine = project("Mine")
    answer = _get(client, key("ana@example.org", {mine: "viewer"}), f"/exports/ad_group.{file_format}", project=str(mine), currency="EUR")
    assert (answer.status_code, answer.content) == (200, b"date,spend\n2026-11-01,1.50\n" + file_format.encode())
    assert answer.headers["content-disposition"] == f'attachment; filename="ad_group_2026-11-01_2026-11-14.{file_format}"'
    assert answer.headers["content-type"].startswith(exports.MEDIA_TYPES[ExportFormat(file_format)].partition(";")[0])
    (asked,) = rows
    assert (asked.project_ids, asked.currency, asked.grain) == ([mine], "EUR", "ad_group")


def test_a_stranger_gets_nothing_and_does_not_learn_that_there_is_something(
    client: TestClient, project: Project, key: Key, rows: list[ReportQuery]
) -> None:
    mine, other = project("Mine"), project("Other")
    eve = key("eve@example.org", {other: "owner"})
    refused, unknown = _get(client, eve, project=str(mine)), _get(client, eve, project=str(uuid4()))
    assert refused.status_code == unknown.status_code == 404
    assert _get(client, None, project=str(mine)).status_code == 401
    assert rows == []


@pytest.mark.parametrize(
    "asked",
    [{"project": "x"}, {"first_day": "2026-02-30"}, {"last_day": "2026-10-31"}, {"last_day": "9999-12-31"},
     {"currency": "EURO"}, {"platform": "x"},
     {"currency": "ZZZ"}],
)  # fmt: skip
def test_what_is_no_question_is_refused(
    client: TestClient, project: Project, key: Key, rows: list[ReportQuery], asked: dict[str, str]
) -> None:
    mine = project("Mine")
    answer = _get(client, key("ana@example.org", {mine: "owner"}), **{"project": str(mine), **asked})
    assert (answer.status_code, rows) == (422, [])


@pytest.mark.parametrize("path", ["/exports/nothing.csv", "/exports/campaign.exe", "/exports/campaign%00.csv"])
def test_there_is_no_such_export(client: TestClient, project: Project, key: Key, rows: list[ReportQuery], path: str) -> None:
    mine = project("Mine")
    assert _get(client, key("ana@example.org", {mine: "owner"}), path, project=str(mine)).status_code in {404, 422}


def test_before_the_first_report_was_built_it_says_so(client: TestClient, project: Project, key: Key) -> None:
    mine = project("Mine")
    answer = _get(client, key("ana@example.org", {mine: "owner"}), project=str(mine))
    assert (answer.status_code, answer.json()["error"]) == (409, "conflict")
