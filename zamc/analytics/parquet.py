"""Parquet, written from a stream of frames: polars takes one at a time, so that memory is bounded whatever a month holds."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import polars as pl


def sink(frames: "Iterator[pl.DataFrame]", schema: "Mapping[str, pl.DataType]", path: str) -> None:
    """Write all frames (each of this schema) to one local file. No frame at all makes a file of no rows."""
    import polars as pl
    from polars.io.plugins import register_io_source

    def source(_columns: list[str] | None, _predicate: "pl.Expr | None", _rows: int | None, _batch: int | None) -> "Iterator[pl.DataFrame]":
        """polars asks for everything here: nothing is selected or filtered before a sink."""
        yield from frames

    whole = pl.Schema(schema)
    register_io_source(source, schema=whole).sink_parquet(path, compression="zstd", row_group_size=100_000)
