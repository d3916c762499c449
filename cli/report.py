"""`zamc report`: what campaigns cost and earned, printed or as a file, and which of its days may still change."""

from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.named import project_named

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.table import Table

    from zamc.analytics.report_rules import MovingDays, Report, ReportRow

_DAYS = 14
_AMOUNTS = ("spend", "value", "cpc", "cpa", "cpa_expected", "aov")
_SHARES = ("ctr", "cvr")


def report(
    by: Annotated[str, typer.Option(help="account, campaign, ad_group, ad, creative, keyword, search_term, geo ...")] = "campaign",
    first: Annotated[datetime | None, typer.Option("--from", formats=["%Y-%m-%d"], help="First day; 14 days back by default.")] = None,
    last: Annotated[datetime | None, typer.Option("--to", formats=["%Y-%m-%d"], help="Last day; yesterday by default.")] = None,
    project: Annotated[str | None, typer.Option(help="Only this project.")] = None,
    platform: Annotated[str | None, typer.Option(help="google_ads or meta_ads.")] = None,
    currency: Annotated[str | None, typer.Option(help="Convert to this currency, each day at its rate.")] = None,
    compare: Annotated[bool, typer.Option("--compare", help="Beside the range before, of as many days.")] = False,
    rows: Annotated[int, typer.Option(min=1, help="How many rows to print, dearest first.")] = 30,
    csv: Annotated[Path | None, typer.Option(help="Write daily rows to this file instead.")] = None,
    parquet: Annotated[Path | None, typer.Option(help="Write daily rows to this file instead.")] = None,
) -> None:
    """Print a report, or write its daily rows to a file. docs/how-to/read-the-reports.md explains each column.

    Example: zamc report --by ad --from 2026-11-01 --to 2026-11-14 --currency EUR --compare
    """
    from rich.console import Console

    from zamc.analytics import exports, report_repository
    from zamc.analytics.report_rules import ExportFormat, ReportQuery
    from zamc.analytics.rules import Grain
    from zamc.bootstrap import services
    from zamc.errors import InvalidInput

    try:
        grain = Grain(by)
    except ValueError:
        raise InvalidInput("--by", f"must be one of {', '.join(Grain)}, not {by!r}") from None
    wired = services()
    end = last.date() if last else wired.clock.business_now().date() - timedelta(days=1)
    with wired.database.transaction() as session:
        ids = [project_named(session, project).id] if project else None
        query = ReportQuery(
            grain=grain, first_day=first.date() if first else end - timedelta(days=_DAYS - 1), last_day=end, project_ids=ids,
            platform=platform, currency=currency,
        )  # fmt: skip
        found = None if csv or parquet else report_repository.report(session, query, compare=compare)
    if found is not None:
        console = Console()
        console.print(table(found, most=rows))
        for sentence in sentences(found):
            console.print(sentence)
    for path, file_format in ((csv, ExportFormat.CSV), (parquet, ExportFormat.PARQUET)):
        if path is not None:
            written = _write(exports.stream(wired.database, query, file_format), path)
            typer.echo(f"{path}: {written:,} bytes, {query.first_day} to {query.last_day} by {grain}")


def table(report: "Report", *, most: int) -> "Table":
    """The dearest rows and a total per platform and currency."""
    from rich.table import Table

    from zamc.analytics.metrics import metrics

    query = report.query
    shown = Table(title=f"{query.grain.value} report, {query.first_day} to {query.last_day}", title_justify="left")
    shown.add_column(query.grain.value, overflow="fold")
    for name in ("", "days", *metrics()):
        shown.add_column(name, justify="right")
    for row in report.rows[:most]:
        shown.add_row(*_cells(row, report.before.get(row.key) if report.before else None))
    shown.add_section()
    for total in report.totals():
        shown.add_row(*_cells(total, None), style="bold")
    return shown


def sentences(report: "Report") -> list[str]:
    """Which days still move, which days have no exchange rate, and that a long report was cut."""
    said = [_moving(days) for days in report.moving] or ["No day of this range may still change."]
    missing = max((row.days_without_rate for row in report.rows), default=0)
    if missing:
        said.append(f"[yellow]Up to {missing} days have no rate to {report.query.currency}: their amounts are not in these sums.[/yellow]")
    return said


def _moving(days: "MovingDays") -> str:
    range_ = f"{days.first_day} to {days.last_day} ({days.days} days)"
    return f"[yellow]Still moving on {days.platform}: {range_}[/yellow]; conversions are credited to them until {days.settle_on}."


def _cells(row: "ReportRow", before: "ReportRow | None") -> list[str]:
    from zamc.analytics.metrics import metrics
    from zamc.analytics.report_rules import change

    name = " ".join(part for part in (row.name or row.object_id, row.segment) if part)
    cells = [name, f"{row.platform} {row.currency}", f"{row.days}{f' ({row.moving_days} move)' if row.moving_days else ''}"]
    for metric in metrics().values():
        value = metric.of(row.sums)
        moved = change(value, metric.of(before.sums)) if before else None
        said = _interval(row) if metric.name == "conversions_expected" else ""
        cells.append(_figure(metric.name, value) + said + (f"\n{moved:+.0%}" if moved is not None else ""))
    return cells


def _interval(row: "ReportRow") -> str:
    """An 80 % interval, where there is something to come."""
    low, high = row.conversions_low, row.conversions_high
    return "" if low is None or high is None or low == high else f"\n{low:,.1f} to {high:,.1f}"


def _figure(name: str, value: Decimal | None) -> str:
    if value is None:
        return "-"
    if name in _SHARES:
        return f"{value:.2%}"
    return f"{value:,.2f}" if name in (*_AMOUNTS, "roas") else f"{value:,.1f}".removesuffix(".0")


def _write(chunks: "Iterator[bytes]", path: Path) -> int:
    """Beside the target first, so that a file that could not be finished is not taken for one."""
    part = path.with_name(f".{path.name}.part")
    written = 0
    try:
        with part.open("wb") as file:
            for chunk in chunks:
                written += file.write(chunk)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    return written
