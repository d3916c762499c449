"""Many rows of a report at once, as columns: what a connector hands over where a Python object for each row would cost too much.

The same rules as for single rows hold (rules.check): a block is looked over as a whole, and only one that has a bad row is searched.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import TYPE_CHECKING, Any

from zamc.analytics.rules import LARGEST, BadReport, ConversionRow, FactRow, Grain, Subject, check

if TYPE_CHECKING:
    import polars as pl  # starts threads on import, and no process with threads may fork a run: imported where it is used

_NEEDED = ("grain", "object_id", "date", "currency", "impressions", "clicks", "spend_micros")
_NUL = "\0"


@dataclass(frozen=True)
class Block:
    """Facts, with the columns of fact_columns."""

    frame: "pl.DataFrame"

    def __len__(self) -> int:
        return self.frame.height


@cache
def fact_columns() -> dict[str, Any]:
    """Names and polars types of facts."""
    import polars as pl

    return {**_subject(), "impressions": pl.Int64(), "clicks": pl.Int64(), "spend_micros": pl.Int64()}


@cache
def conversion_columns() -> dict[str, Any]:
    """Names and polars types of conversions."""
    import polars as pl

    shared = {"action": pl.String(), "attribution_window": pl.String(), "counted": pl.Boolean()}
    return {**_subject(), **shared, "conversions": pl.Decimal(18, 6), "value_micros": pl.Int64()}


def _subject() -> dict[str, Any]:
    import polars as pl

    first = dict.fromkeys(("grain", "object_id", "segment"), pl.String())
    return {**first, "date": pl.Date(), **dict.fromkeys(("currency", "campaign_id", "ad_group_id", "label"), pl.String())}


def facts(grain: Grain, columns: Mapping[str, Sequence[Any]]) -> Block:
    """A block of one grain from columns of equal length. object_id, date, currency, impressions, clicks and spend_micros are needed;
    what is missing of the others is empty. Dates may be ISO text. Raises BadReport for a date that is none."""
    import polars as pl

    count = len(columns["object_id"])
    series = {}
    for name, kind in fact_columns().items():
        given = columns.get(name)
        if given is None:
            series[name] = pl.Series(name, [None], dtype=kind).new_from_index(0, count)
        elif name == "date" and count and isinstance(given[0], str):
            series[name] = _dates(pl.Series(name, given, dtype=pl.String))
        else:
            series[name] = pl.Series(name, given, dtype=kind)
    frame = pl.DataFrame(series).with_columns(pl.lit(grain.value).alias("grain"), pl.col("segment").fill_null(""))
    return Block(frame)


def _dates(given: "pl.Series") -> "pl.Series":
    # A report of many rows has few days.
    days = given.unique()
    found = days.str.to_date("%Y-%m-%d", strict=False)
    if found.null_count():
        raise BadReport(f"the report has {days.filter(found.is_null())[0]!r} for a date", code="bad_report")
    return given.str.to_date("%Y-%m-%d")


def of_rows(rows: Sequence[FactRow]) -> Block:
    """Rows that were checked one by one."""
    import polars as pl

    cells = [(*_cells(row.subject), row.impressions, row.clicks, row.spend_micros) for row in rows]
    return Block(pl.DataFrame(cells, schema=fact_columns(), orient="row"))


def conversion_frame(rows: Sequence[ConversionRow]) -> "pl.DataFrame":
    """Rows that were checked one by one, with the columns of conversion_columns."""
    import polars as pl

    cells = [(*_cells(r.subject), r.action, r.attribution_window, r.counted, r.conversions, r.value_micros) for r in rows]
    return pl.DataFrame(cells, schema=conversion_columns(), orient="row")


def _cells(about: Subject) -> tuple[Any, ...]:
    return (
        about.grain.value, about.object_id, about.segment, about.day, about.currency, about.campaign_id, about.ad_group_id, about.label,
    )  # fmt: skip


def check_block(block: Block, *, currency: str, first_day: date, last_day: date) -> None:
    """Raises BadReport that names the first bad row, exactly where rules.check would."""
    from polars import col as column

    good = (
        column("date").is_between(first_day, last_day)
        & (column("currency") == currency)
        & (column("object_id").str.len_bytes() > 0)
        & ~column("object_id").str.contains(_NUL, literal=True)
        & ~column("segment").str.contains(_NUL, literal=True)
        & (column("impressions") >= 0)
        & (column("clicks") >= 0)
        # The one 64-bit number whose opposite is none.
        & (column("spend_micros") >= -LARGEST)
    )
    if block.frame.select(good.fill_null(value=False).all()).item():
        return
    bad = block.frame.filter(~good.fill_null(value=False)).head(1)
    if not any(series.null_count() for series in bad.select(*_NEEDED)):
        for row in rows_of(Block(bad)):
            check(row, currency=currency, first_day=first_day, last_day=last_day)
    raise BadReport(f"the report has a row without an id, a day or a figure: {bad.row(0)}", code="bad_report")


def rows_of(block: Block) -> Iterator[FactRow]:
    """One by one; for tests and for telling what is wrong."""
    for grain, object_id, segment, day, currency, campaign, group, label, *figures in block.frame.iter_rows():
        yield FactRow(
            Subject(Grain(grain), object_id or "", day, currency or "", segment or "", campaign, group, label), *map(int, figures)
        )
