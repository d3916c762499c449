"""/exports: reports as CSV or Parquet, streamed: nobody holds a large one in memory."""

import asyncio
from collections.abc import Generator, Iterator, Mapping
from contextlib import AsyncExitStack
from datetime import date
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from api.auth.parts import SignedIn, Wired
from api.auth.workers import on_thread
from api.errors import answers
from api.guards import GuardedRows, guards_of
from zamc.analytics.report_rules import ExportFormat, ReportQuery
from zamc.analytics.rules import Grain
from zamc.database.engine import OwnRows

router = APIRouter(tags=["exports"])

_FILES: dict[int | str, dict[str, Any]] = {
    200: {"content": {"text/csv": {}, "application/vnd.apache.parquet": {}}, "description": "The file."}
}


@router.get(
    "/exports/{grain}.{file_format}",
    response_class=StreamingResponse,
    responses={**_FILES, **answers(401, 404, 409)},
    summary="Daily rows of a report",
)
async def export(
    *,
    grain: Annotated[Grain, Path()],
    file_format: Annotated[ExportFormat, Path()],
    caller: SignedIn,
    wired: Wired,
    project: Annotated[UUID, Query(description="Whose figures.")],
    first_day: Annotated[date, Query(description="In the accounts' time zones.")],
    last_day: Annotated[date, Query(description="Included; at most 1,199 days after the first.")],
    platform: Annotated[str | None, Query(max_length=20, pattern="^(google_ads|meta_ads)$")] = None,
    currency: Annotated[str | None, Query(pattern="^[A-Z]{3}$", description="Converted to it, each day at its rate.")] = None,
    request: Request,
) -> StreamingResponse:
    """Cells of CSV that a spreadsheet would take for a formula begin with an apostrophe. Amounts are exact."""
    from zamc.analytics import exports

    caller.require(project, "read")
    query = ReportQuery(grain=grain, first_day=first_day, last_day=last_day, project_ids=[project], platform=platform, currency=currency)
    guards = guards_of(request)
    async with AsyncExitStack() as opened:
        await opened.enter_async_context(guards.exports.place())
        # The second wall, too: what is not the caller's is not there, whatever the query says.
        rows = OwnRows(wired.database, list(caller.roles), caller.user_id)
        chunks = exports.stream(GuardedRows(rows, guards.postgres), query, file_format)
        opened.push_async_callback(asyncio.to_thread, _close, chunks)
        # The first piece before the answer begins: an error is then an answer of its own, and no file that breaks off.
        first = await on_thread(lambda: next(chunks, b""))
        headers = {
            "Content-Disposition": f'attachment; filename="{exports.file_name(query, file_format)}"',
            "Cache-Control": "private, no-store",
            "X-Accel-Buffering": "no",
        }
        return _Export(opened.pop_all(), _rest(first, chunks), headers=headers, media_type=exports.MEDIA_TYPES[file_format])


class _Export(StreamingResponse):
    """held: what is given back when the last byte is out, or whoever asked has gone."""

    def __init__(self, held: AsyncExitStack, content: Iterator[bytes], *, headers: Mapping[str, str], media_type: str) -> None:
        super().__init__(content, headers=headers, media_type=media_type)
        self._held = held

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async with self._held:
            await super().__call__(scope, receive, send)


def _close(chunks: Iterator[bytes]) -> None:
    """Ends the transaction that a generator holds."""
    if isinstance(chunks, Generator):
        chunks.close()


def _rest(first: bytes, chunks: Iterator[bytes]) -> Iterator[bytes]:
    yield first
    yield from chunks
