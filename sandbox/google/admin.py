"""What only an experiment can do on Google's side. Paths are below /sandbox/google/.

POST   settings   {"review_seconds"?, "learning_seconds"?, "read_lag_seconds"?}; 0 each at first
GET    limits     limits, and per customer and developer token: calls, refused, early (before a told delay was over), most_in_a_second
POST   limits     {"scope": "ACCOUNT" or "DEVELOPER", "key": id or token ("*": each), "calls_per_second": N (0 lifts), "burst"?}
DELETE limits     forgets limits and counts
GET    tokens     what is revoked
POST   tokens     {"seconds"?, "revoke"?: one or several of access, refresh, service_account, "restore"?, "rotate"?: new refresh token}
POST   review     {"resource_name", "verdict": APPROVED, APPROVED_LIMITED, DISAPPROVED or UNDER_REVIEW, "topics"?: ["ALCOHOL"]}
POST   status     {"customer", "status": ENABLED, SUSPENDED, CANCELED or CLOSED}
POST   constrain  {"campaign": resource name, "on"?: true}: limited by its budget
POST   edit       {"resource_name", "status"?, "name"?, "amount_micros"?, "remove"?, "user"?, "client_type"?}: somebody else, in the UI
POST   seed       many campaigns at once: see seed.py
"""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any, Final

from sandbox import oauth
from sandbox.accounts import AdminError
from sandbox.faults import Faults
from sandbox.google import names, seed
from sandbox.google.account import PLATFORM
from sandbox.google.limits import CUSTOMER, DEVELOPER, Limit
from sandbox.google.reviews import APPROVED, DISAPPROVED, LIMITED, UNDER_REVIEW
from sandbox.store import Obj, Store, Transaction, to_text

Body = dict[str, Any]
SETTINGS: Final = ("review_seconds", "learning_seconds", "read_lag_seconds")
VERDICTS: Final = (APPROVED, LIMITED, DISAPPROVED, UNDER_REVIEW)
STATUSES: Final = ("ENABLED", "SUSPENDED", "CANCELED", "CLOSED")
_EDITS: Final = {"resource_name", "status", "name", "amount_micros", "remove", "user", "client_type"}
# Longer than any experiment: a verdict that waits for a person.
_FOR_EVER: Final = timedelta(days=3650)


class GoogleAdmin:
    """Answers /sandbox/google/... with JSON. Raises AdminError, or ValueError for a figure that is none."""

    def __init__(self, store: Store, faults: Faults) -> None:
        self._store, self._limits = store, faults.google_limits
        self.routes: Mapping[tuple[str, str], Callable[[Body], Any]] = {
            ("POST", "google/settings"): self._settings,
            ("GET", "google/limits"): lambda _: self._limits.report(),
            ("POST", "google/limits"): self._limit,
            ("DELETE", "google/limits"): self._unlimited,
            ("GET", "google/tokens"): self._tokens,
            ("POST", "google/tokens"): self._change_tokens,
            ("POST", "google/review"): self._review,
            ("POST", "google/status"): self._status,
            ("POST", "google/constrain"): self._constrain,
            ("POST", "google/edit"): self._edit,
            ("POST", "google/seed"): self._seed,
        }

    def _settings(self, body: Body) -> Body:
        if body.keys() - set(SETTINGS):
            raise AdminError(400, f"known settings are {', '.join(SETTINGS)}")
        with self._store.transaction() as tx:
            for key, value in body.items():
                tx.set_setting(f"google_{key}", str(float(value)))
        return body

    def _limit(self, body: Body) -> Body:
        scope, rate = str(body.get("scope", CUSTOMER)), float(body.get("calls_per_second", -1))
        if scope not in (CUSTOMER, DEVELOPER) or rate < 0:
            raise AdminError(400, 'send {"scope": "ACCOUNT" or "DEVELOPER", "key", "calls_per_second": N >= 0, "burst"?}')
        burst = float(body.get("burst", max(1.0, rate)))
        self._limits.set(scope, str(body.get("key", "*")), Limit(rate, burst) if rate else None)
        return self._limits.report()

    def _unlimited(self, _: Body) -> Body:
        self._limits.reset()
        return self._limits.report()

    def _tokens(self, _: Body) -> Body:
        with self._store.reading() as tx:
            return oauth.state(tx)

    def _change_tokens(self, body: Body) -> Body:
        with self._store.transaction() as tx:
            return oauth.change(tx, body)

    def _review(self, body: Body) -> Body:
        verdict = body.get("verdict")
        if verdict not in VERDICTS:
            raise AdminError(400, f"verdict must be one of {', '.join(VERDICTS)}")
        with self._store.transaction() as tx:
            obj = _named(tx, body, "ad_group_ad", "asset_group_asset")
            kept = {key: value for key, value in obj.body.items() if key not in ("review", "review_topics", "reviewed_at")}
            if verdict == UNDER_REVIEW:
                kept["reviewed_at"] = to_text(tx.now() + _FOR_EVER)
            elif verdict != APPROVED:
                kind = "PROHIBITED" if verdict == DISAPPROVED else "LIMITED"
                kept["review"] = verdict
                kept["review_topics"] = [{"topic": str(topic), "type": kind} for topic in body.get("topics", [])]
            return _shown(tx.update(obj, body=kept))

    def _status(self, body: Body) -> Body:
        if body.get("status") not in STATUSES:
            raise AdminError(400, f"status must be one of {', '.join(STATUSES)}")
        with self._store.transaction() as tx:
            obj = tx.get(PLATFORM, str(body.get("customer")), "customer", str(body.get("customer")))
            if obj is None:
                raise AdminError(404, f"there is no customer {body.get('customer')}")
            return _shown(tx.update(obj, body={**obj.body, "status": body["status"]}, status=body["status"]))

    def _constrain(self, body: Body) -> Body:
        with self._store.transaction() as tx:
            obj = _named(tx, {"resource_name": body.get("campaign")}, "campaign")
            return _shown(tx.update(obj, body={**obj.body, "budget_constrained": bool(body.get("on", True))}))

    def _edit(self, body: Body) -> Body:
        if unknown := body.keys() - _EDITS:
            raise AdminError(400, f"unknown field {min(unknown)!r}; known are {', '.join(sorted(_EDITS))}")
        with self._store.transaction() as tx:
            user, client = str(body.get("user", "somebody@example.com")), str(body.get("client_type", "GOOGLE_ADS_WEB_CLIENT"))
            tx.by = {"client_type": client, "user": user, "method": "edit"}
            obj = _named(tx, body)
            changed = {**obj.body, **{key: body[key] for key in ("status", "name", "amount_micros") if key in body}}
            edited = tx.update(obj, body=changed, name=body.get("name"), status=body.get("status"))
            return _shown(tx.remove(edited, status="REMOVED") if body.get("remove") else edited)

    def _seed(self, body: Body) -> Body:
        with self._store.transaction() as tx:
            return seed.plant(tx, body)


def _named(tx: Transaction, body: Mapping[str, Any], *kinds: str) -> Obj:
    """The object of a resource name. Raises AdminError 404."""
    parts = str(body.get("resource_name")).split("/")
    found = None
    if len(parts) == 4:
        kind = next((kind for kind, collection in names.COLLECTIONS.items() if collection == parts[2]), "")
        key = parts[3] if kind in names.LINKS else parts[3].rsplit("~", 1)[-1]
        found = tx.get(PLATFORM, parts[1], kind, key) if not kinds or kind in kinds else None
    if found is None:
        raise AdminError(404, f"there is no {' or '.join(kinds) or 'resource'} {body.get('resource_name')}")
    return found


def _shown(obj: Obj) -> Body:
    return {"kind": obj.kind, "id": obj.id, "name": obj.name, "status": obj.status, "removed": obj.removed, "body": obj.body}
