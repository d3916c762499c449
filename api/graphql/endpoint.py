"""One request from what is asked to its answer: who asks, what it may cost, then a read or a change."""

from fastapi import Request
from graphql import GraphQLError

from api.auth.callers import caller_of, name_of, shown_by
from api.graphql import execution
from api.graphql.asked import Asked
from api.graphql.asking import Asking, credential_of, too_much
from api.graphql.context import Context
from api.graphql.documents import Documents, Operation, Refused
from api.graphql.execution import Answer
from api.graphql.kept import Kept
from api.graphql.metrics import counted
from api.graphql.outages import NOBODY_KNOWS
from api.graphql.rates import KEPT_COST, UNKNOWN_COST
from api.graphql.reads import Knowledge, Reads
from api.graphql.replies import Reply, no_room, reply
from api.room import Full, LocalBreaker
from zamc.bootstrap import Services
from zamc.identity.service import Caller
from zamc.requests.rules import hash_of

SUBSCRIPTION = "subscriptions are for a WebSocket to this address, with the protocol graphql-transport-ws"
STRANGER = "name an API key: Authorization: Bearer zamc_... (`zamc api-key` makes one)"
_BELIEVED_SECONDS = 300.0

__all__ = ["KEPT_COST", "SUBSCRIPTION", "UNKNOWN_COST", "Endpoint"]


class Endpoint:
    """One process's /graphql. postgres: leaves the database alone for a moment while it is down."""

    def __init__(self, wired: Services, documents: Documents, knowledge: Knowledge, postgres: LocalBreaker) -> None:
        self._wired, self._documents, self._know, self._postgres = wired, documents, knowledge, postgres
        self._reads = Reads(knowledge, self._execute)

    def kept_answer(self, name: tuple[bytes, ...], told: bytes, began: float) -> tuple[Kept, bytes] | None:
        """See Reads.short."""
        return self._reads.short(name, told, began)

    @property
    def policy(self) -> str:
        """How much a caller may ask for, as RateLimit-Policy says it."""
        return self._know.rates.policy

    async def answer(self, request: Request, wanted: Asked) -> Reply:
        """Everything that can go wrong is an answer."""
        text, cookie = shown_by(request, self._wired.settings)
        shown = name_of(text, cookie=cookie)
        try:
            caller = await caller_of(request)
        except NOBODY_KNOWS:
            caller = self._last_known(shown)
            if caller is None:
                return reply(execution.unavailable())
        if caller is None:
            return reply(execution.refused(401, STRANGER, code="UNAUTHENTICATED"), {"www-authenticate": "Bearer"})
        operation = await self._operation(wanted, caller, shown)
        if isinstance(operation, Reply):
            return operation
        if request.method == "GET" and operation.is_mutation:
            return reply(execution.refused(405, "a change is sent with POST", code="BAD_REQUEST"), {"allow": "POST"})
        try:
            cost = operation.cost(wanted.variables)
        except GraphQLError as error:
            return reply(execution.refused(200, error.message, code="TOO_COSTLY"))
        with counted(operation, trusted=wanted.document_id is not None) as count:
            asking = Asking(request, wanted, operation, caller, shown, cost, count)
            return await (self._change(asking) if operation.is_mutation else self._reads.answer(asking))

    async def _operation(self, wanted: Asked, caller: Caller, shown: bytes) -> Operation | Reply:
        """The document, once whoever sends unknown ones has paid for reading them."""
        if not self._documents.knows(wanted.text, wanted.document_id):
            rates = self._know.rates
            taken = await rates.take(user_id=caller.user_id, credential=credential_of(shown), project_id=None, cost=UNKNOWN_COST)
            if not taken.allowed:
                return too_much(taken, rates.headers(taken))
        try:
            found = self._documents.find(text=wanted.text, document_id=wanted.document_id, operation_name=wanted.operation_name)
        except Refused as error:
            return reply(Answer(200, {"data": None, "errors": execution.messages_of(error.errors)}))
        if found.is_subscription:
            return reply(execution.refused(200, SUBSCRIPTION, code="BAD_REQUEST"))
        return found

    async def _change(self, asking: Asking) -> Reply:
        rates = self._know.rates
        taken = await asking.take(rates, asking.cost)
        if not taken.allowed:
            return asking.too_much(rates, taken)
        context = self._context(asking)
        try:
            if asking.operation.is_urgent:
                answer = await execution.run(asking.operation, asking.wanted.variables, context)
            else:
                async with self._know.room.place():
                    answer = await execution.run(asking.operation, asking.wanted.variables, context)
        except Full:
            asking.count.outcome = "shed"
            return no_room(rates.headers(taken))
        # Before the answer is out: whoever asks next sees the change.
        self._know.versions.learn(context.changed)
        for user_id in context.may_more:
            self._know.callers().forget(user_id)
        asking.count.outcome = "ok" if answer.clean else "error"
        told = ",".join(f"{project_id}:{version.whole}" for project_id, version in sorted(context.changed.items()))
        return reply(answer, {**rates.headers(taken), **({"zamc-data-version": told} if told else {})})

    async def _execute(self, asking: Asking) -> Answer:
        return await execution.run(asking.operation, asking.wanted.variables, self._context(asking))

    def _context(self, asking: Asking) -> Context:
        return Context(
            self._wired,
            asking.caller,
            idempotency_key=asking.request.headers.get("idempotency-key"),
            request_hash=hash_of(asking.operation.id.encode(), asking.operation.name.encode(), asking.variables),
            single=asking.operation.is_single,
            makers=asking.operation.makers,
            postgres=self._postgres,
            urgent=asking.operation.is_urgent,
            reads_only=not asking.operation.is_mutation,
        )

    def _last_known(self, shown: bytes) -> Caller | None:
        """Who that was a moment ago. While PostgreSQL is down nothing can be changed; while it is heard, it would have told of an end."""
        caller = self._know.callers().last(shown, within=_BELIEVED_SECONDS)
        over = caller is not None and caller.expires_at is not None and caller.expires_at <= self._wired.clock.now()
        return None if over else caller
