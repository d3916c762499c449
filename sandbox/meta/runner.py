"""One call from fault to answer: which node, what may be used, what goes wrong, what is done, what is logged."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

from sandbox.clock import Clock
from sandbox.faults import Fault, Faults
from sandbox.meta import edges, mishaps, reports, videos
from sandbox.meta.errors import GraphError, named, unsupported
from sandbox.meta.routes import Call, answer, virtual
from sandbox.meta.settings import Settings
from sandbox.meta.tokens import Token, check_scope
from sandbox.meta.usage import Usage
from sandbox.meta.view import PLATFORM, View
from sandbox.store import Obj, Store, Transaction

ACTIVE, UNSETTLED, GRACE = 1, 3, 9
MOST_IDS: Final = 50
# What logs and faults call a read of several nodes; each node has its own line too.
SEVERAL: Final = "GET ids"


@dataclass(frozen=True)
class Outcome:
    """What becomes of a call: status, JSON or raw body, and the headers that tell usage."""

    status: int
    body: Any
    headers: Mapping[str, str]


@dataclass(frozen=True)
class Target:
    """What a call is about. `account` is None for nodes of no account; `name` is what logs and faults know."""

    obj: Obj
    name: str
    account: str | None
    tier: str = "standard_access"
    account_status: int = ACTIVE


class Runner:
    """Carries out calls."""

    def __init__(self, store: Store, clock: Clock, faults: Faults, usage: Usage, settings: Settings) -> None:
        self._store, self._clock, self._faults, self._usage, self._settings = store, clock, faults, usage, settings

    def log(self, account: str | None, name: str, outcome: str) -> None:
        self._store.log(PLATFORM, account, name, secrets.token_hex(8), outcome)

    def several(self, call: Call, token: Token) -> Outcome:
        """GET /?ids=A,B and GET /EDGE?ids=A,B: up to fifty nodes in one answer, each counted. Raises GraphError, Dropped."""
        ids = list(dict.fromkeys(i.strip() for i in call.params["ids"].split(",") if i.strip()))
        if not ids or len(ids) > MOST_IDS:
            raise GraphError(100, f"(#100) Too many IDs. Maximum: {MOST_IDS}. Provided: {len(ids)}.", blame=[["ids"]])
        params = {k: v for k, v in call.params.items() if k != "ids"}
        calls = [replace(call, path=(key, *call.path), params=params) for key in ids]
        with self._store.reading() as tx:
            missing = [key for key in ids if tx.locate(PLATFORM, key) is None]
        if missing:
            raise GraphError(803, f"(#803) Some of the aliases you requested do not exist: {','.join(missing)}", status=404)
        fault = self._faults.take(PLATFORM, SEVERAL)
        body: dict[str, Any] = {}
        last = Outcome(200, body, {})
        try:
            mishaps.before(fault)
            for key, each in zip(ids, calls, strict=True):
                last = self.run(each, token)
                if last.status != 200 or isinstance(last.body, bytes) or "error" in last.body:
                    return last
                body[key] = last.body
            body = mishaps.after(fault, body)
        except mishaps.Page as page:
            return Outcome(page.status, page.page, last.headers)
        self.log(None, SEVERAL, "ok")
        return Outcome(200, body, last.headers)

    def run(self, call: Call, token: Token) -> Outcome:
        """Raises GraphError only before the node is known, Dropped when the answer never comes."""
        target = self._target(call)
        insights = call.edge == "insights"
        fault, executed = self._faults.take(PLATFORM, target.name), False
        try:
            check_scope(token, write=call.method != "GET")
            self._count(target, "ads_insights" if insights else "ads_management", write=call.method != "GET")
            mishaps.before(fault)
            _check_account(target, call)
            body: Any = None
            for _ in range(mishaps.times(fault, call.method)):
                body = self._execute(call, target, fault)
            executed = True
            status, body = 200, mishaps.after(fault, body)
        except GraphError as error:
            if not executed:
                self.log(target.account, target.name, f"error {error.code}/{error.subcode}")
            status, body = (200 if fault and fault.fault == "error_with_200" else error.status), error.body()
        except mishaps.Page as page:
            status, body = page.status, page.page
        return Outcome(status, body, self._usage.headers(target.account, target.tier, insights=insights))

    def _target(self, call: Call) -> Target:
        if not call.path:
            raise GraphError(100, f"Unsupported {call.method.lower()} request", kind="GraphMethodException")
        node, edge = call.path[0], f"/{call.edge}" if call.edge else ""
        if node in ("me", "search"):
            kind = "user" if node == "me" else "search"
            return Target(virtual(kind, self._clock.now()), f"{call.method} {kind}{edge}", None)
        with self._store.reading() as tx:
            obj = tx.locate(PLATFORM, node)
            if obj is None:
                self.log(None, f"{call.method} unknown{edge}", "error 100/33")
                raise unsupported(call.method, node)
            account = tx.get(PLATFORM, obj.account, "adaccount", obj.account) if obj.kind != "adaccount" else obj
        name = f"{call.method} {obj.kind}{edge}"
        if account is None:
            return Target(obj, name, obj.account or None)
        return Target(obj, name, obj.account, str(account.body["tier"]), int(account.body.get("account_status", ACTIVE)))

    def _count(self, target: Target, use: str, *, write: bool) -> None:
        if target.account is None:
            return
        account = target.account

        def active_ads() -> int:
            with self._store.reading() as tx:
                return tx.count(PLATFORM, account, "ad", "ACTIVE")

        self._usage.count(account, use, write=write, tier=target.tier, active_ads=active_ads)

    def _execute(self, call: Call, target: Target, fault: Fault | None) -> Any:
        if call.edge == "advideos" and call.params.get("file_url"):
            # Before the transaction begins, which other writers wait for.
            call = replace(call, files={**call.files, "file_url": videos.fetch(call.params["file_url"])})
        if fault is not None and fault.fault in reports.MISHAPS and call.edge == "insights":
            call = replace(call, params={**call.params, reports.MISHAP: fault.fault, "status": str(fault.detail.get("status", ""))})
        if call.method == "GET":
            with self._store.reading(self._as_of(fault)) as tx:
                body = self._answer(tx, call, target.obj)
            self.log(target.account, target.name, "ok")
            return body
        with self._store.transaction() as tx:
            body = self._answer(tx, call, target.obj)
            made = f" {body['id']}" if "id" in body else ""
            if not tx.discarded:
                tx.call_log(PLATFORM, target.account, target.name, secrets.token_hex(8), f"ok{made}")
        if tx.discarded:
            self.log(target.account, target.name, "ok")
        return body

    def _as_of(self, fault: Fault | None) -> datetime | None:
        lag = self._settings.get("read_lag_seconds")
        if fault is not None and fault.fault == "stale_read":
            lag = max(lag, fault.seconds)
        return self._clock.now() - timedelta(seconds=lag) if lag else None

    def _answer(self, tx: Transaction, call: Call, obj: Obj) -> dict[str, Any]:
        view = View(tx, self._clock.now(), call.url, edges.list_edge, {} if call.method == "GET" else None)
        if obj.kind in ("user", "search"):
            return answer(view, obj, call)
        current = tx.get(PLATFORM, obj.account, obj.kind, obj.id)
        if current is None:
            raise unsupported(call.method, obj.id)
        return answer(view, current, call)


def _check_account(target: Target, call: Call) -> None:
    """Whether the account may still write. Raises GraphError."""
    if call.method == "GET" or target.account_status in (ACTIVE, GRACE):
        return
    if target.account_status != UNSETTLED:
        raise named("account_blocked")
    # Who owes money may stop ads, not start them.
    if call.method == "POST" and (call.params.get("status") == "ACTIVE" or (call.edge in ("campaigns", "adsets", "ads"))):
        raise named("no_payment")
