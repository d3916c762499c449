"""One request from what is asked to its answer: limits first, then what is kept, then the executor."""

import hashlib
import time
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson
from fastapi import Request
from graphql import GraphQLError
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnection

from api.auth.callers import caller_of
from api.graphql import execution
from api.graphql.asked import Asked
from api.graphql.context import Context
from api.graphql.documents import Documents, Operation, Refused
from api.graphql.execution import Answer
from api.graphql.kept import STALE_SECONDS, Kept, KeptAnswers, kept
from api.graphql.metrics import Count, counted
from api.graphql.rates import Rates
from api.graphql.scopes import Scope, scope_of
from api.graphql.versions import Versions
from zamc.bootstrap import Services
from zamc.identity.service import Caller
from zamc.requests.rules import hash_of
from zamc.throttling.buckets import Taken

STRANGER = "name an API key: Authorization: Bearer zamc_... (`zamc api-key` makes one)"
OUTAGES = (OperationalError, InterfaceError, NoConnection)
# Parsing and checking a document that is not known yet.
UNKNOWN_COST = 200
KEPT_COST = 1
_BELIEVED_SECONDS = 300.0
_MOST_BELIEVED = 10_000


@dataclass(frozen=True)
class Reply:
    """What goes out. etag: of an answer that may be asked for again by it."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    etag: str = ""


class Endpoint:
    """One process's /graphql."""

    def __init__(self, wired: Services, documents: Documents, versions: Versions, answers: KeptAnswers, rates: Rates) -> None:
        self._wired, self._documents, self._versions, self._answers, self._rates = wired, documents, versions, answers, rates
        self._believed: OrderedDict[str, tuple[Caller, float]] = OrderedDict()

    async def answer(self, request: Request, wanted: Asked) -> Reply:
        """Everything that can go wrong is an answer."""
        credential = _credential(request)
        try:
            caller = await caller_of(request)
        except OUTAGES:
            caller = self._last_known(credential)
            if caller is None:
                return _reply(execution.unavailable())
        if caller is None:
            return _reply(execution.refused(401, STRANGER, code="UNAUTHENTICATED"), {"www-authenticate": "Bearer"})
        self._believe(credential, caller)
        operation = await self._operation(wanted, caller, credential)
        if isinstance(operation, Reply):
            return operation
        if request.method == "GET" and operation.is_mutation:
            return _reply(execution.refused(405, "a change is sent with POST", code="BAD_REQUEST"), {"allow": "POST"})
        try:
            cost = operation.cost(wanted.variables)
        except GraphQLError as error:
            return _reply(execution.refused(200, error.message, code="TOO_COSTLY"))
        with counted(operation, trusted=wanted.document_id is not None) as count:
            asked = _Asking(request, wanted, operation, caller, credential, cost, count)
            return await (self._change(asked) if operation.is_mutation else self._read(asked))

    async def _operation(self, wanted: Asked, caller: Caller, credential: str) -> Operation | Reply:
        """The document, once whoever sends unknown ones has paid for reading them."""
        if not self._documents.knows(wanted.text, wanted.document_id):
            taken = await self._rates.take(user_id=caller.user_id, credential=credential, project_id=None, cost=UNKNOWN_COST)
            if not taken.allowed:
                return self._too_much(taken)
        try:
            return self._documents.find(text=wanted.text, document_id=wanted.document_id, operation_name=wanted.operation_name)
        except Refused as error:
            return _reply(Answer(200, {"data": None, "errors": execution.messages_of(error.errors)}))

    async def _change(self, asking: "_Asking") -> Reply:
        scope = scope_of(asking.operation, asking.wanted.variables, asking.caller)
        taken = await self._take(asking, scope, asking.cost)
        if not taken.allowed:
            return self._too_much(taken, asking.count)
        context = self._context(asking)
        answer = await execution.run(asking.operation, asking.wanted.variables, context)
        # Before the answer is out: whoever asks next sees the change.
        self._versions.learn(context.changed)
        asking.count.outcome = "ok" if answer.clean else "error"
        told = ",".join(f"{project_id}:{version}" for project_id, version in sorted(context.changed.items()))
        return _reply(answer, {**self._rates.headers(taken), **({"zamc-data-version": told} if told else {})})

    async def _read(self, asking: "_Asking") -> Reply:
        scope = scope_of(asking.operation, asking.wanted.variables, asking.caller)
        try:
            versions, down = await self._versions.of(scope.projects), False
            if _newer(asking.request, versions):
                versions = await self._versions.ask_again(scope.projects)
        except OUTAGES:
            versions, down = self._versions.last(scope.projects), True
        key = scope.key(asking.operation, asking.variables, versions)
        near = self._answers.near(key)
        taken = await self._take(asking, scope, KEPT_COST if near is not None else asking.cost)
        if not taken.allowed:
            return self._too_much(taken, asking.count)
        headers = self._rates.headers(taken)
        if near is not None:
            asking.count.outcome = "cached"
            return _kept_reply(near, headers)
        if down:
            return self._stale(key, headers, asking.count) or _reply(execution.unavailable(), headers)
        return await self._made(asking, key, headers)

    async def _made(self, asking: "_Asking", key: bytes, headers: Mapping[str, str]) -> Reply:
        ended: list[Answer] = []

        async def make() -> Kept | None:
            ended.append(await execution.run(asking.operation, asking.wanted.variables, self._context(asking)))
            return kept(orjson.dumps(ended[0].payload)) if ended[0].clean else None

        found, was_kept = await self._answers.get_or_make(key, make)
        if found is not None:
            asking.count.outcome = "cached" if was_kept else "ok"
            return _kept_reply(found, headers)
        if not ended:  # somebody else's try went wrong: this one is ours
            ended.append(await execution.run(asking.operation, asking.wanted.variables, self._context(asking)))
        answer = ended[0]
        asking.count.outcome = "ok" if answer.clean else "error"
        if answer.status == 503:
            return self._stale(key, headers, asking.count) or _reply(answer, headers)
        return _reply(answer, headers)

    def _stale(self, key: bytes, headers: Mapping[str, str], count: Count) -> Reply | None:
        """What was true when PostgreSQL was last there."""
        found = self._answers.near(key, within=STALE_SECONDS)
        if found is None:
            return None
        count.outcome = "cached"
        age = f"{max(0.0, time.time() - found.born):.0f}"
        return _kept_reply(found, {**headers, "age": age, "warning": '110 - "the database is down, and this is from before"'})

    async def _take(self, asking: "_Asking", scope: Scope, cost: int) -> Taken:
        return await self._rates.take(user_id=asking.caller.user_id, credential=asking.credential, project_id=scope.project, cost=cost)

    def _too_much(self, taken: Taken, count: Count | None = None) -> Reply:
        if count is not None:
            count.outcome = "limited"
        message = f"this is more than may be asked for in a minute; ask again in {taken.wait_seconds:.0f} seconds"
        return _reply(execution.refused(429, message, code="RATE_LIMITED"), self._rates.headers(taken))

    def _context(self, asking: "_Asking") -> Context:
        return Context(
            self._wired,
            asking.caller,
            idempotency_key=asking.request.headers.get("idempotency-key"),
            request_hash=hash_of(asking.operation.id.encode(), asking.operation.name.encode(), asking.variables),
            single=asking.operation.is_single,
            makers=asking.operation.makers,
        )

    def _believe(self, credential: str, caller: Caller) -> None:
        self._believed[credential] = (caller, time.monotonic())
        self._believed.move_to_end(credential)
        while len(self._believed) > _MOST_BELIEVED:
            self._believed.popitem(last=False)

    def _last_known(self, credential: str) -> Caller | None:
        """Who that was a moment ago, for answers that are kept: nothing can be changed while PostgreSQL is down."""
        caller, at = self._believed.get(credential, (None, 0.0))
        if caller is None or time.monotonic() - at > _BELIEVED_SECONDS:
            return None
        over = caller.expires_at is not None and caller.expires_at <= self._wired.clock.now()
        return None if over else caller


@dataclass(frozen=True)
class _Asking:
    request: Request
    wanted: Asked
    operation: Operation
    caller: Caller
    credential: str
    cost: int
    count: Count

    @property
    def variables(self) -> bytes:
        return orjson.dumps(self.wanted.variables, option=orjson.OPT_SORT_KEYS)


def _credential(request: Request) -> str:
    """What a caller showed, without what it is."""
    shown = request.headers.get("authorization") or request.headers.get("cookie", "")
    return hashlib.sha256(shown.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def _newer(request: Request, versions: Mapping[Any, int]) -> bool:
    """Whether the caller has seen a change that this process has not heard of yet: another process made it for them."""
    told = request.headers.get("zamc-data-version", "")[:4_096]
    known = {str(project_id): version for project_id, version in versions.items()}
    for each in told.split(",") if told else ():
        project_id, _, version = each.partition(":")
        if project_id in known and version.isdecimal() and len(version) < 20 and int(version) > known[project_id]:
            return True
    return False


def _reply(answer: Answer, headers: Mapping[str, str] | None = None) -> Reply:
    added = {"cache-control": "no-store", **(headers or {})}
    if answer.status == 503:
        added["retry-after"] = str(execution.RETRY_SECONDS)
    return Reply(answer.status, orjson.dumps(answer.payload), added)


def _kept_reply(found: Kept, headers: Mapping[str, str]) -> Reply:
    """A browser may keep it, for this caller alone, and asks each time whether it still holds."""
    return Reply(200, found.body, {"cache-control": "private, no-cache", "vary": "Authorization, Cookie", **headers}, etag=found.etag)
