"""Performance of a Meta ad account: one insights query per grain, by day, with conversions by action and attribution window.

Small ones are asked at once; others are reports that are ordered and polled (insight_jobs).
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from zamc.analytics.look_back_rules import Conversions
from zamc.analytics.ports import Asked, Jobs, Piece
from zamc.analytics.rules import ConversionRow, FactRow, Grain, Subject
from zamc.errors import Later
from zamc.platforms.meta_ads.client import MetaClient
from zamc.platforms.meta_ads.insight_jobs import Patience, Reports, pages, too_much
from zamc.platforms.meta_ads.insight_queries import EVERY_STATUS, PAGE, REPORTS, WINDOWS, days, parameters
from zamc.platforms.meta_ads.insight_rows import rows_of, together
from zamc.platforms.without_query import without_query
from zamc.projects.tables import AdAccount

# What fits into one page is asked at once: between two pages a day that is still running would grow.
SMALL_ROWS = PAGE
# Rows of ads that are put together are kept until their report is through.
_KEPT_ROWS = 150_000
_STATIC = "id,campaign_id,creative{id,name,link_url,object_story_spec,asset_feed_spec}"


class MetaInsights:
    """A PerformanceSource over the official SDK. Its client is not shared by threads: make one per account.

    jobs: remembers reports that were ordered, so that a reading that was killed does not order them again. small_rows: how many rows a
    question may have to be asked at once.
    """

    grains: Sequence[Grain] = tuple(REPORTS)

    def __init__(
        self, client: MetaClient, *, jobs: Jobs | None = None, patience: Patience | None = None, small_rows: int = SMALL_ROWS
    ) -> None:
        self._client, self._jobs, self._patience, self._small_rows = client, jobs or _Forgetful(), patience or Patience(), small_rows
        self._ads: list[Mapping[str, Any]] | None = None

    def with_jobs(self, jobs: Jobs) -> "MetaInsights":
        return MetaInsights(self._client, jobs=jobs, patience=self._patience, small_rows=self._small_rows)

    def describe(self, account: AdAccount) -> Conversions:  # noqa: ARG002 - the port; the windows are those that are asked for
        """Meta's attribution windows are the same for every account."""
        return Conversions(windows=WINDOWS)

    def fetch(self, account: AdAccount, grain: Grain, first_day: date, last_day: date) -> Iterator[FactRow | ConversionRow]:
        """Raises Later, GiveUp, or BadReport for a value that is not what it should be."""
        about = self._shared(account, grain)
        for piece in self._pieces(account, Piece(grain, first_day, last_day), kept=about is not None):
            for _, rows in self._read(account, piece):
                found = (ours for row in rows for ours in rows_of(grain, row, account.conversion_action))
                yield from found if about is None else together(found, about)

    def _pieces(self, account: AdAccount, piece: Piece, *, kept: bool) -> Iterator[Piece]:
        """Of what has to be kept until it is through, only so many days at once."""
        most = max(1, _KEPT_ROWS // max(1, len(self._all_ads(account)))) if kept else days(piece)
        first = piece.first_day
        while first <= piece.last_day:
            last = min(piece.last_day, first + timedelta(days=most - 1))
            yield Piece(piece.grain, first, last)
            first = last + timedelta(days=1)

    def _read(self, account: AdAccount, piece: Piece) -> Iterator[tuple[Piece, Iterator[Mapping[str, Any]]]]:
        if self._is_small(account, piece):
            rows = pages(self._client, account.external_id, account.external_id, parameters(piece), totals=True)
            try:
                first = next(rows, None)
            except Later as error:
                if not too_much(error):
                    raise
            else:
                yield piece, _with_first(first, rows)
                return
        yield from Reports(self._client, account.external_id, self._jobs, self._patience, campaigns=lambda: self._campaigns(account)).rows(
            piece
        )

    def _is_small(self, account: AdAccount, piece: Piece) -> bool:
        report = REPORTS[piece.grain]
        objects = 1 if report.level == "account" else len(self._all_ads(account))
        return days(piece) * objects * report.parts <= self._small_rows

    def _all_ads(self, account: AdAccount) -> list[Mapping[str, Any]]:
        """Every ad that ever was, with its creative; asked once in a reading."""
        if self._ads is None:
            self._ads = list(self._listed(account, "ads", {"fields": _STATIC, "effective_status": list(EVERY_STATUS)}))
        return self._ads

    def _campaigns(self, account: AdAccount) -> tuple[str, ...]:
        return tuple(sorted({str(ad["campaign_id"]) for ad in self._all_ads(account) if ad.get("campaign_id")}))

    def _listed(self, account: AdAccount, edge: str, params: dict[str, Any]) -> Iterator[Mapping[str, Any]]:
        asked = {**params, "limit": PAGE}
        while True:
            body = self._client.call("GET", [account.external_id, edge], asked, account=account.external_id)
            yield from body.get("data", ())
            if "next" not in body.get("paging", {}):
                return
            asked["after"] = body["paging"]["cursors"]["after"]

    def _shared(self, account: AdAccount, grain: Grain) -> dict[str, Subject] | None:
        """By ad, what a creative's or a landing page's rows are about; None for grains of their own."""
        if grain not in (Grain.CREATIVE, Grain.LANDING_PAGE):
            return None
        found = {}
        for ad in self._all_ads(account):
            creative = ad.get("creative") or {}
            if grain is Grain.CREATIVE and creative.get("id"):
                found[str(ad["id"])] = Subject(grain, str(creative["id"]), date.min, "", label=creative.get("name"))
            elif grain is Grain.LANDING_PAGE and (link := _link(creative)):
                page = without_query(link)
                found[str(ad["id"])] = Subject(grain, "", date.min, "", segment=f"url:{page}", label=page)
        return found


def _link(creative: Mapping[str, Any]) -> str:
    """Where a click on the creative leads."""
    story = creative.get("object_story_spec") or {}
    link, video = story.get("link_data") or {}, story.get("video_data") or {}
    feed = (creative.get("asset_feed_spec") or {}).get("link_urls") or [{}]
    called = ((video.get("call_to_action") or {}).get("value") or {}).get("link")
    return str(link.get("link") or called or feed[0].get("website_url") or creative.get("link_url") or "")


def _with_first(first: Mapping[str, Any] | None, rest: Iterator[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    if first is not None:
        yield first
        yield from rest


class _Forgetful:
    """Remembers nothing: for a reading that nobody takes over."""

    def known(self, piece: Piece) -> Asked | None:  # noqa: ARG002 - the port
        return None

    def asked(self, piece: Piece, external_id: str) -> None: ...

    def done(self, piece: Piece) -> None: ...

    def failed(self, piece: Piece, reason: str, *, split: bool) -> None: ...
