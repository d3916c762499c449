"""Meta's reports that take their time: ordered once, polled, and ordered again in smaller ones when they fail, hang or are too large.

https://developers.facebook.com/docs/marketing-api/insights/best-practices#asynchronous
"""

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from zamc.analytics.ports import Asked, Jobs, Piece
from zamc.errors import GiveUp, Later
from zamc.platforms.meta_ads.client import MetaClient
from zamc.platforms.meta_ads.insight_queries import halves, parameters

_STATUS_FIELDS = "async_status,async_percent_completion,error_code,error_subcode"
# The platform's words for "smaller, please": too much at once, or it took too long.
TOO_MUCH = {"100/1504018", "2/1504038"}
_TOO_MUCH_TEXT = "reduce the amount of data"
_MISSING = "100/33"
_MOST_ATTEMPTS = 2
# A report that was ordered a moment ago may not be found yet.
_MOST_MISSING = 3


@dataclass(frozen=True)
class Patience:
    """How long a report may take; sleep and clock are those of the machine but in tests."""

    seconds: float = 1800
    first_poll_seconds: float = 0.1
    longest_poll_seconds: float = 20
    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.monotonic


class Ended(StrEnum):
    """How a report ended."""

    COMPLETED = "completed"
    FAILED = "failed"
    TOO_LARGE = "too large"
    LATE = "not ready in time"
    EXPIRED = "forgotten by the platform"


def too_much(error: Later) -> bool:
    """Whether the platform would answer a smaller question."""
    return error.code in TOO_MUCH or _TOO_MUCH_TEXT in str(error)


class Reports:
    """Reports of one account in one reading. campaigns: lists the account's, for reports that must be split by them."""

    def __init__(
        self, client: MetaClient, account: str, jobs: Jobs, patience: Patience, *, campaigns: Callable[[], tuple[str, ...]]
    ) -> None:
        self._client, self._account, self._jobs, self._patience, self._campaigns = client, account, jobs, patience, campaigns

    def rows(self, piece: Piece) -> Iterator[tuple[Piece, Iterator[Mapping[str, Any]]]]:
        """The pieces that the report came in, each with its rows, to be read in order. Raises Later when even the smallest piece does not
        come, and whatever a call raises."""
        known = self._jobs.known(piece)
        if known is not None and known.split:
            yield from self._parts(piece, "it was split")
            return
        ended, run = self._made(piece, known)
        if ended is Ended.COMPLETED:
            yield piece, pages(self._client, self._account, run, {"limit": parameters(piece)["limit"]}, totals=True)
            self._jobs.done(piece)
            return
        yield from self._parts(piece, str(ended))

    def _made(self, piece: Piece, known: Asked | None) -> tuple[Ended, str]:
        """Wait for the report, ordering it where nobody has. One that failed for no reason of its size is ordered once more."""
        attempts = known.attempts if known else 0
        run = known.external_id if known else None
        while True:
            if run is None:
                run = self._order(piece)
                attempts += 1
            ended = self._wait(run)
            if ended not in (Ended.FAILED, Ended.EXPIRED) or attempts >= _MOST_ATTEMPTS:
                return ended, run
            self._jobs.failed(piece, str(ended), split=False)
            run = None

    def _order(self, piece: Piece) -> str:
        answer = self._client.call("POST", [self._account, "insights"], parameters(piece), account=self._account, kind="insights")
        run = str(answer["report_run_id"])
        self._jobs.asked(piece, run)
        return run

    def _wait(self, run: str) -> Ended:
        patience = self._patience
        until, pause, missing = patience.clock() + patience.seconds, patience.first_poll_seconds, 0
        while True:
            try:
                said = self._client.call("GET", [run], {"fields": _STATUS_FIELDS}, account=self._account, kind="insights")
            except GiveUp as error:
                missing += 1
                if error.code != _MISSING:
                    raise
                if missing >= _MOST_MISSING:
                    return Ended.EXPIRED
                said = {}
            if (ended := _ended(said)) is not None:
                return ended
            if patience.clock() >= until:
                return Ended.LATE
            patience.sleep(pause)
            pause = min(pause * 2, patience.longest_poll_seconds)

    def _parts(self, piece: Piece, reason: str) -> Iterator[tuple[Piece, Iterator[Mapping[str, Any]]]]:
        parts = halves(piece, () if piece.last_day > piece.first_day else self._campaigns())
        if not parts:
            self._jobs.failed(piece, reason, split=False)
            days = f"{piece.first_day} to {piece.last_day}"
            raise Later(f"Meta's report of {piece.grain} from {days} ended as: {reason}; it cannot be made smaller", code="report_failed")
        self._jobs.failed(piece, reason, split=True)
        for part in parts:
            yield from self.rows(part)


def _ended(said: Mapping[str, Any]) -> Ended | None:
    """None while it goes on; it is complete only when the status and the percentage both say so."""
    status, percent = said.get("async_status"), said.get("async_percent_completion")
    if status == "Job Completed" and str(percent) == "100":
        return Ended.COMPLETED
    if status in ("Job Failed", "Job Skipped"):
        code = f"{said.get('error_code')}/{said.get('error_subcode')}"
        return Ended.TOO_LARGE if code in TOO_MUCH else Ended.FAILED
    return None


def pages(client: MetaClient, account: str, node: str, params: Mapping[str, Any], *, totals: bool) -> Iterator[Mapping[str, Any]]:
    """Rows of NODE/insights, page by page. totals: they must add up to what the first page's summary says, or a page is missing: Later."""
    from zamc.platforms.meta_ads.insight_totals import Totals

    seen, asked = Totals(), dict(params)
    while True:
        body = client.call("GET", [node, "insights"], asked, account=account, kind="insights")
        if not isinstance(body, Mapping) or "data" not in body:
            # Taken for an empty page, it would make zeros of what is known.
            raise Later("Meta's report is incomplete: a page came without its rows", code="incomplete_report")
        seen.page(body)
        for row in body["data"]:
            seen.row(row)
            yield row
        paging = body.get("paging", {})
        if "next" not in paging:
            break
        asked["after"] = paging["cursors"]["after"]
    if totals:
        seen.check()
