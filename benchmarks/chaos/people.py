"""The people around a trial: those who use ZAMC, and those who change things in the platforms' own interfaces."""

import os
import re
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, Final
from uuid import UUID

import httpx
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from benchmarks.chaos.plan import Action, Hand
from benchmarks.chaos.witness import ON, OUTSIDER
from benchmarks.launch_world import EUR, World
from zamc.deployments.change_rules import Request
from zamc.errors import ZamcError

BY = "somebody"
PLATFORMS: Final = ("google_ads", "meta_ads")
# Whoever launches more than the workers can carry out makes a queue, and nobody would die at what comes late in a launch.
_MOST_UNDER_WAY = 40
_MARKER = re.compile(r"zamc:[0-9a-f]{8}:[0-9a-f]{16}")
_ON = {"google": "ENABLED", "meta": "ACTIVE"}


class People:
    """They launch, pause, resume, end and change what a budget is; a refusal or an error does not stop them."""

    def __init__(self, stage: World) -> None:
        self._stage = stage
        self.launched = 0

    def launch(self, sets: int) -> None:
        """Have so many more approved sets, each with a deployment on both platforms. Raises SQLAlchemyError while the database is down."""
        if sets > 0:
            self._stage.begin(sets, platforms=PLATFORMS, name=f"Trial {self.launched}")
            self.launched += sets

    def act(self, action: Action) -> None:
        service, database = self._stage.services.deployments, self._stage.services.database
        try:
            if action.wish == "launch":
                if len(self.ids("%ing")) + len(self.ids("requested")) < _MOST_UNDER_WAY:
                    self.launch(1)
                return
            ids = self.ids({"budget": "live", "end": "live", "resume": "paused"}.get(action.wish, "%"))
            if not ids:
                return
            subject = ids[int(action.subject * len(ids))]
            if action.wish == "budget":
                micros = (5 + int(action.subject * 1000) % 7) * EUR
                shown = service.plan_change(subject, Request(daily_budget_micros=micros), by=BY)
                service.apply_change(subject, shown.change_hash, by=BY)
                return
            with database.transaction() as session:
                {"pause": service.pause, "resume": service.resume, "end": service.end}[action.wish](session, subject, by=BY)
        except (ZamcError, SQLAlchemyError):
            return  # refused, or the database is just being killed: people see an error and go on

    def ids(self, status: str) -> Sequence[UUID]:
        """Deployments whose status is like that."""
        with self._stage.services.database.transaction() as session:
            rows = session.execute(text("SELECT id FROM deployments WHERE status LIKE :status ORDER BY id"), {"status": status})
            return [row.id for row in rows]

    def pause(self, ids: Sequence[UUID]) -> None:
        with self._stage.services.database.transaction() as session:
            for each in ids:
                self._stage.services.deployments.pause(session, each, by=BY)

    def resume_all(self) -> None:
        service = self._stage.services.deployments
        query = "SELECT id FROM deployments WHERE desired_status = 'paused'"
        with self._stage.services.database.transaction() as session:
            for row in session.execute(text(query)).all():
                service.resume(session, row.id, by=BY)


class Outsiders:
    """They copy what runs, turn on what lies about, and meet platforms that do things twice: all of it makes strays."""

    def __init__(self, stage: World) -> None:
        self._accounts = {"google": stage.account("google_ads"), "meta": stage.account("meta_ads")}
        self._sandbox = httpx.Client(base_url=os.environ["ZAMC_SANDBOX_URL"], timeout=30)
        self._copies = 0

    def do(self, hand: Hand) -> None:
        """One deed, if there is anything to do it to."""
        with suppress(httpx.TransportError):
            if hand.deed == "create twice":
                # Google's interface has no such fault: there a copy stands for it.
                self._post("/sandbox/faults", platform="meta", method="POST /*/campaigns", fault="duplicate")
            elif hand.deed == "turn on a stray":
                self._turn_on_one(hand)
            else:
                self._copy(hand, turned_on=hand.deed == "copy and turn on")

    def _copy(self, hand: Hand, *, turned_on: bool) -> None:
        """Only of what we turned on: its key is bound, so that nobody may take the copy for the one that a create left behind."""
        running = [each for each in self._campaigns(hand.platform) if _ours_is_on(each)]
        if not running:
            return
        # A platform takes no name twice.
        self._copies += 1
        name = f"{running[int(hand.subject * len(running))]['name']} copy {self._copies}"
        account = {"google": "customer", "meta": "account"}[hand.platform]
        body = {account: self._accounts[hand.platform], "campaigns": [{"campaign": {"name": name}}]}
        made = self._post(f"/sandbox/{hand.platform}/seed", **body)
        if turned_on:
            # Google's tree begins with its budget.
            self._turn_on(hand.platform, str(int(made["first_id"]) + (hand.platform == "google")))

    def _turn_on_one(self, hand: Hand) -> None:
        """Of two campaigns with one marker of which ours is on, the other one."""
        campaigns = self._campaigns(hand.platform)
        running = {_marker(each) for each in campaigns if _ours_is_on(each)}
        strays = [each for each in campaigns if each["status"] == "PAUSED" and _marker(each) in running]
        if strays:
            self._turn_on(hand.platform, strays[int(hand.subject * len(strays))]["id"])

    def _turn_on(self, platform: str, key: str) -> None:
        self._post("/sandbox/edit", platform=platform, id=key, status=_ON[platform], actor=OUTSIDER)

    def _campaigns(self, platform: str) -> list[dict[str, Any]]:
        query = {"platform": platform, "account": self._accounts[platform]}
        answer = self._sandbox.get("/sandbox/campaigns", params=query).raise_for_status()
        return [each for each in answer.json()["campaigns"] if _marker(each)]

    def _post(self, path: str, **body: Any) -> dict[str, Any]:
        answer: dict[str, Any] = self._sandbox.post(path, json=body).raise_for_status().json()
        return answer


def _marker(campaign: dict[str, Any]) -> str | None:
    found = _MARKER.search(campaign["name"] or "")
    return found[0] if found else None


def _ours_is_on(campaign: dict[str, Any]) -> bool:
    last = campaign["history"][-1]
    return campaign["status"] in ON and (last["by"] or {}).get("user") != OUTSIDER
