"""What only an experiment can do on Meta's side. Paths are below /sandbox/meta/; docs/reference/sandbox-meta.md explains each.

POST   settings   seconds of review, processing, reports, videos, tokens, read lag; chunk size; require_proof
POST   usage      {"account", "type", "call_count", ...}: figures for the usage headers
GET    limits     what each account used, what was refused, who went on all the same
POST   limits     {"account"?, "enforce"?, "score"?, ...}: see usage.Limits      DELETE forgets it all
POST   tokens     {"scopes"?, "expires_in"?, "kind"?} issues one
                  {"token", "end": "revoked"|"expired"|"app_removed"|"checkpoint"|""} ends one, or ("") brings it back
POST   review     {"id", "verdict": "APPROVED"|"DISAPPROVED"|"WITH_ISSUES", "feedback"?, "issue"?}
POST   status     {"account", "account_status", "disable_reason"?}
POST   seed       many campaigns at once: see seed.py
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from sandbox.accounts import AdminError
from sandbox.meta import reviews, seed
from sandbox.meta.graph import Graph
from sandbox.meta.settings import NAMES
from sandbox.meta.tokens import REASONS, SCOPES
from sandbox.meta.view import PLATFORM
from sandbox.store import Obj, Store

VERDICTS: Final = ("APPROVED", "DISAPPROVED", "WITH_ISSUES")
ACCOUNT_STATUSES: Final = (1, 2, 3, 7, 8, 9, 100, 101, 201, 202)
Body = dict[str, Any]


class MetaAdmin:
    """Answers /sandbox/meta/... with JSON. Raises AdminError, or ValueError for a figure that is none."""

    def __init__(self, store: Store, graph: Graph) -> None:
        self._store, self._usage, self._tokens, self._values = store, graph.usage, graph.tokens, graph.settings
        self.routes: Mapping[tuple[str, str], Callable[[Body], Any]] = {
            ("POST", "meta/settings"): self._settings,
            ("POST", "meta/usage"): self._show_usage,
            ("GET", "meta/limits"): self._limits,
            ("POST", "meta/limits"): self._configure,
            ("DELETE", "meta/limits"): self._reset,
            ("POST", "meta/tokens"): self._token,
            ("POST", "meta/review"): self._review,
            ("POST", "meta/status"): self._status,
            ("POST", "meta/seed"): self._seed,
        }

    def _settings(self, body: Body) -> Body:
        if body.keys() - set(NAMES):
            raise AdminError(400, f"known settings are {', '.join(sorted(NAMES))}")
        self._values.change(body)
        return body

    def _show_usage(self, body: Body) -> Body:
        self._usage.pin(str(body.pop("account")), body)
        return body

    def _limits(self, _: Body) -> Body:
        with self._store.reading() as tx:
            tiers = {o.id: str(o.body["tier"]) for o in tx.find(PLATFORM, None, "adaccount")}
        return {"accounts": self._usage.report(tiers)}

    def _configure(self, body: Body) -> Body:
        self._usage.configure(body)
        return self._limits({})

    def _reset(self, _: Body) -> Body:
        self._usage.reset()
        return {"accounts": {}}

    def _token(self, body: Body) -> Body:
        if "token" not in body:
            text, token = self._tokens.issue(
                seconds=int(body.get("expires_in", 0)), scopes=tuple(body.get("scopes", SCOPES)), kind=str(body.get("kind", "USER"))
            )
            return {"access_token": text, "expires_at": token.expires_at}
        reason = str(body.get("end", "revoked"))
        if reason not in ("", *REASONS):
            raise AdminError(400, f'end must be "" or one of {", ".join(REASONS)}')
        try:
            self._tokens.end(str(body["token"]), reason)
        except KeyError:
            raise AdminError(404, "that token was never issued") from None
        return {"success": True}

    def _review(self, body: Body) -> Body:
        verdict = body.get("verdict")
        if verdict not in VERDICTS:
            raise AdminError(400, f"verdict must be one of {', '.join(VERDICTS)}")
        with self._store.transaction() as tx:
            obj = tx.locate(PLATFORM, str(body.get("id")))
            if obj is None:
                raise AdminError(404, f"there is no object {body.get('id')} on meta")
            kept = {k: v for k, v in obj.body.items() if k not in reviews.KEYS}
            given = {k: body[k] for k in ("feedback", "issue") if k in body}
            tx.update(obj, body={**kept, **({} if verdict == "APPROVED" else {"review": verdict}), **given})
        return {"success": True}

    def _status(self, body: Body) -> Body:
        status = int(body.get("account_status", 1))
        if status not in ACCOUNT_STATUSES:
            raise AdminError(400, f"account_status must be one of {', '.join(map(str, ACCOUNT_STATUSES))}")
        with self._store.transaction() as tx:
            account: Obj | None = tx.locate(PLATFORM, str(body.get("account")))
            if account is None or account.kind != "adaccount":
                raise AdminError(404, f"there is no ad account {body.get('account')}")
            reason = int(body.get("disable_reason", 0 if status == 1 else 1))
            tx.update(account, body={**account.body, "account_status": status, "disable_reason": reason})
        return {"success": True}

    def _seed(self, body: Body) -> Body:
        with self._store.transaction() as tx:
            return seed.plant(tx, body)
