"""The admin API: what only an experiment can do - make accounts, move the clock, order faults, look at everything.

GET  /sandbox/health
GET  /sandbox/clock                       POST {"now": ISO} or {"advance_seconds": N}
GET  /sandbox/calls?platform=             every API call that a platform saw
GET  /sandbox/objects?platform=&account=&kind=
GET  /sandbox/faults                      POST one (see faults.py), DELETE clears
POST /sandbox/edit                        {"platform","id","status"?,"name"?,"body"?,"actor"?}: a person in the platform's own UI
POST /sandbox/faults/plan                 random faults by seed, see faults.parse_plan; GET says what they did so far
GET  /sandbox/campaigns?platform=&account=   every campaign, and when it was switched on or off by which call (witness.py)
     /sandbox/meta/settings, usage, limits, tokens, review, status, seed: see meta/admin.py
     /sandbox/google/settings, limits, tokens, review, status, constrain, edit, seed: see google/admin.py
POST /sandbox/google/customers            .../ID/conversion_actions
POST /sandbox/meta/accounts               .../act_X/pages   .../act_X/pixels
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sandbox import witness
from sandbox.accounts import ROUTES, AdminError
from sandbox.clock import Clock, ClockError
from sandbox.faults import KNOWN, Fault, FaultError, Faults, parse_plan
from sandbox.meta.errors import NAMED
from sandbox.store import Obj, Store, to_text
from sandbox.web import Request

Answer = tuple[int, Any]


def _shown(obj: Obj) -> dict[str, Any]:
    return {**asdict(obj), "created_at": to_text(obj.created_at), "updated_at": to_text(obj.updated_at)}


class Admin:
    """Answers /sandbox/... with a status and JSON."""

    def __init__(self, store: Store, clock: Clock, faults: Faults, platforms: Mapping[tuple[str, str], Callable[[Any], Any]]) -> None:
        """`platforms` are routes of each platform's own: from the JSON of a request to that of its answer."""
        self._store, self._clock, self._faults, self._platforms = store, clock, faults, platforms
        self._routes: dict[tuple[str, str], Callable[[Request], Answer]] = {
            ("GET", "health"): lambda _: (200, {"status": "ok", "now": to_text(clock.now())}),
            ("GET", "clock"): lambda _: (200, {"now": to_text(clock.now())}),
            ("POST", "clock"): self._move_clock,
            ("GET", "calls"): self._calls,
            ("GET", "objects"): self._objects,
            ("GET", "faults"): lambda _: (200, {"waiting": [asdict(f) for f in faults.waiting()], "known": KNOWN}),
            ("POST", "faults"): self._order_fault,
            ("DELETE", "faults"): self._clear_faults,
            ("GET", "faults/plan"): lambda _: (200, {"plans": faults.planned.plans(), "struck": faults.planned.struck()}),
            ("POST", "faults/plan"): self._plan_faults,
            ("GET", "campaigns"): self._campaigns,
            ("POST", "edit"): self._edit,
        }

    def handle(self, request: Request) -> Answer:
        path = request.path.removeprefix("/sandbox/").strip("/")
        try:
            route = self._routes.get((request.method, path))
            if route is not None:
                return route(request)
            own = self._platforms.get((request.method, path))
            if own is not None:
                return 200, own(self._json(request))
            return self._create(request, path.split("/"))
        except AdminError as error:
            return error.status, {"error": str(error)}
        except (ClockError, FaultError, ValueError, TypeError) as error:
            return 400, {"error": str(error)}

    @staticmethod
    def _json(request: Request) -> dict[str, Any]:
        try:
            body = json.loads(request.body or b"{}")
        except ValueError:
            raise AdminError(400, "the body must be JSON") from None
        if not isinstance(body, dict):
            raise AdminError(400, "the body must be a JSON object")
        return body

    def _create(self, request: Request, parts: list[str]) -> Answer:
        known = ROUTES.get((parts[0], parts[1])) if len(parts) in (2, 4) else None
        if known is None or request.method != "POST":
            raise AdminError(404, f"there is no {request.method} {request.path}")
        create, nested = known
        body = self._json(request)
        with self._store.transaction() as tx:
            if len(parts) == 2:
                return 200, create(tx, body)
            if parts[3] not in nested:
                raise AdminError(404, f"there is no {request.method} {request.path}")
            return 200, nested[parts[3]](tx, parts[2], body)

    def _move_clock(self, request: Request) -> Answer:
        body = self._json(request)
        if "advance_seconds" in body:
            now = self._clock.advance(float(body["advance_seconds"]))
        elif "now" in body:
            now = self._clock.set(datetime.fromisoformat(str(body["now"])))
        else:
            raise AdminError(400, 'send {"now": ISO} or {"advance_seconds": N}')
        return 200, {"now": to_text(now)}

    def _calls(self, request: Request) -> Answer:
        self._store.flush()
        with self._store.reading() as tx:
            calls = tx.calls(request.query.get("platform"))
        return 200, {"calls": [{**asdict(c), "at": to_text(c.at)} for c in calls]}

    def _objects(self, request: Request) -> Answer:
        query = request.query
        if not query.get("platform") or not query.get("kind"):
            raise AdminError(400, "name a platform and a kind")
        with self._store.reading() as tx:
            found = tx.find(query["platform"], query.get("account"), query["kind"], removed=None)
        return 200, {"objects": [_shown(o) for o in found]}

    def _order_fault(self, request: Request) -> Answer:
        fault = Fault.parse(self._json(request))
        if fault.platform == "meta" and fault.detail.get("name", "service") not in NAMED:
            raise AdminError(400, f"detail.name must be one of {', '.join(sorted(NAMED))}")
        self._faults.add(fault)
        return 200, {"waiting": [asdict(f) for f in self._faults.waiting()]}

    def _clear_faults(self, _: Request) -> Answer:
        self._faults.clear()
        return 200, {"waiting": []}

    def _plan_faults(self, request: Request) -> Answer:
        plan = parse_plan(self._json(request))
        self._faults.planned.add(plan)
        return 200, {"plans": self._faults.planned.plans(), "first": [list(entry) for entry in plan.first(1000)]}

    def _campaigns(self, request: Request) -> Answer:
        platform = request.query.get("platform")
        if not platform:
            raise AdminError(400, "name a platform")
        with self._store.reading() as tx:
            return 200, {"campaigns": witness.campaigns(tx, platform, request.query.get("account"))}

    def _edit(self, request: Request) -> Answer:
        body = self._json(request)
        with self._store.transaction() as tx:
            actor = str(body.get("actor", "somebody@example.com"))
            tx.by = {"client_type": str(body.get("client_type", "GOOGLE_ADS_WEB_CLIENT")), "user": actor, "method": "edit"}
            obj = tx.locate(str(body.get("platform")), str(body.get("id")))
            if obj is None:
                raise AdminError(404, f"there is no object {body.get('id')} on {body.get('platform')}")
            changed = {**obj.body, **(body.get("body") or {})}
            status, name = body.get("status"), body.get("name")
            # Bodies repeat what stands in the columns on some platforms: both must tell the same.
            changed.update({k: v for k, v in (("status", status), ("name", name)) if v and k in obj.body})
            edited = tx.update(obj, body=changed, name=name, status=status)
            if status in ("DELETED", "REMOVED"):
                edited = tx.remove(edited)
        return 200, _shown(edited)
