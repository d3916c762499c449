"""Buying one answer: budget is reserved before the call, the answer is committed before it is used, and nothing is bought twice.

A call that is in doubt counts as spent at its worst case, and the same request (project, provider, address, text, schema, variant) is
never sent again. Every step is a transaction of its own; none is open while a provider is asked.
"""

import hashlib
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.orm import Session

from zamc.clock import Clock
from zamc.database.engine import Database
from zamc.database.ids import uuid7
from zamc.errors import HeldBack, InDoubt, Later, OutsideError, SpendRefused, Throttled, ZamcError
from zamc.llm import repository
from zamc.llm.ports import Answer, Ended, Model, Question
from zamc.llm.price_rules import Price, price_of, worst_case
from zamc.money import Money
from zamc.projects.repository import lock_project
from zamc.strategies.rules import canonical
from zamc.strategies.tables import ModelCall
from zamc.telemetry import tracing
from zamc.telemetry.context import retried
from zamc.throttling.breaker import Breaker
from zamc.throttling.limiter import Limiter
from zamc.throttling.rules import NO_NUMBER, UNNAMED_WAIT, Charge, Limit

_TRIES = 3
_FIRST_WAIT = timedelta(seconds=1)
# Beyond the client's own time limit: what the transactions around the call may take.
_SLACK = timedelta(seconds=30)


class AskedAlready(HeldBack):
    """Another worker is asking this very thing right now: its answer will be there for both."""


@dataclass(frozen=True)
class Bought:
    """An answer, the record of the call, and what this asking cost (nothing, when it was there already)."""

    answer: Answer
    call_id: UUID
    request_hash: str
    cost_micros: int
    seconds: float
    cache_hit: bool


@dataclass(frozen=True)
class _Order:
    """One request to one model for one project."""

    model: Model
    question: Question
    project_id: UUID
    variant: int
    request_hash: str
    worst_micros: int


class Till:
    """Threads may share it. patience: how long a call waits here for what a provider names, before it is somebody else's turn."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        limiter: Limiter,
        breaker: Breaker,
        prices: Mapping[str, Price],
        *,
        call_seconds: float,
        patience: timedelta = timedelta(seconds=5),
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._database, self._clock, self._limiter, self._breaker = database, clock, limiter, breaker
        self._prices, self._patience, self._sleep = prices, patience, sleep
        self._lease = timedelta(seconds=call_seconds) + _SLACK

    def buy(self, model: Model, question: Question, *, project_id: UUID, variant: int) -> Bought:
        """One answer, from the record when it was bought before.

        Raises SpendRefused and ConfigurationError before anything is sent; Throttled, Later, InDoubt, Mend and GiveUp as the provider has
        it; AskedAlready while another worker asks the same.
        """
        request = canonical({"provider": model.provider, "request": model.request(question), "variant": variant})
        price = price_of(self._prices, model.provider, model.name)
        worst = worst_case(price, request_bytes=len(request), most_output_tokens=question.most_output_tokens)
        order = _Order(model, question, project_id, variant, hashlib.sha256(request).hexdigest(), worst)
        for attempt in range(_TRIES):
            try:
                with retried(attempt):
                    return self._from_record(order) or self._over_the_wire(order, price)
            except AskedAlready:
                raise
            except Later as error:
                wait = error.delay or _FIRST_WAIT * 2**attempt
                if attempt + 1 == _TRIES or wait > self._patience or error.code == "breaker":
                    raise
                self._sleep(wait.total_seconds())
        raise AssertionError("the last attempt returns or raises")

    def _from_record(self, order: _Order) -> Bought | None:
        """What was bought before; None when this was never asked, or was refused. Raises AskedAlready and InDoubt."""
        with self._database.transaction() as session:
            lock_project(session, order.project_id)
            found = repository.bought(session, order.project_id, order.request_hash)
            if found is None:
                return None
            now = self._clock.now()
            if found.status == "reserved":
                if found.lease_until is not None and found.lease_until > now:
                    raise AskedAlready("the same is being asked right now", code="asked-already", delay=found.lease_until - now)
                _doubt(found, "whoever asked never wrote an answer down")
            if found.status == "answered" and found.response is not None:
                hit = self._row(order, status="answered", cache_hit=True)
                hit.cost_micros, hit.reserved_micros = 0, 0
                session.add(hit)
                answer = _answer(found)
                return Bought(answer, found.id, order.request_hash, cost_micros=0, seconds=0.0, cache_hit=True)
        raise InDoubt(
            f"{order.model.provider} may have been paid for this already (call {found.id}); it is not asked again, and counts as spent",
            code="in-doubt",
        )

    def _over_the_wire(self, order: _Order, price: Price) -> Bought:
        model = order.model
        limit = Limit(model.requests_per_minute, 60) if model.requests_per_minute else NO_NUMBER
        with self._breaker.guard(model.room):
            self._limiter.acquire_all([Charge(model.room, limit)], patience=self._patience.total_seconds())
            call_id = self._reserve(order)
            started = time.monotonic()
            try:
                answer = self._asked(order)
            except ZamcError as error:
                self._settle(call_id, error, model, time.monotonic() - started)
                if isinstance(error, Throttled):
                    self._limiter.close_key(model.room, error.delay or UNNAMED_WAIT)
                raise
            except BaseException as error:
                self._settle(call_id, InDoubt(f"a bug of ours, {type(error).__name__}"), model, time.monotonic() - started)
                raise
            seconds = time.monotonic() - started
            cost = self._keep(call_id, answer, price, order, seconds)
        return Bought(answer, call_id, order.request_hash, cost_micros=cost, seconds=seconds, cache_hit=False)

    @staticmethod
    def _asked(order: _Order) -> Answer:
        model = order.model
        named: dict[str, tracing.Value | None] = {"gen_ai.provider.name": model.provider, "gen_ai.request.model": model.name}
        version: dict[str, tracing.Value | None] = {"zamc.platform": model.provider, "zamc.prompt": order.question.prompt_version}
        with tracing.client(f"{model.provider} ask", {**named, **version}) as span:
            answer = model.ask(order.question)
            span.set(
                {
                    "zamc.request_id": answer.request_id or None,
                    "zamc.ended": answer.ended,
                    "gen_ai.usage.input_tokens": answer.input_tokens,
                    "gen_ai.usage.output_tokens": answer.output_tokens,
                }
            )
            return answer

    def _reserve(self, order: _Order) -> UUID:
        """Set the worst case aside. Raises SpendRefused, and AskedAlready or InDoubt when somebody was faster."""
        now = self._clock.now()
        with self._database.transaction() as session:
            lock_project(session, order.project_id)
            if repository.bought(session, order.project_id, order.request_hash) is not None:
                raise AskedAlready("somebody else has just asked the same", code="asked-already", delay=_FIRST_WAIT)
            self._check_budget(session, order, now)
            row = self._row(order, status="reserved", cache_hit=False)
            row.lease_until = now + self._lease
            session.add(row)
            return row.id

    def _check_budget(self, session: Session, order: _Order, now: datetime) -> None:
        """Fails closed: no budget, no call that costs."""
        if not order.worst_micros:
            return
        policy = repository.policy(session, order.project_id)
        who = f"{order.model.provider} ({order.model.name})"
        if policy is None or policy.monthly_budget_micros is None:
            raise SpendRefused(
                f"the project has no monthly budget for models, and {who} costs; set one with `zamc projects models NAME --monthly 20.00`"
            )
        month = now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
        spent = repository.spent_since(session, order.project_id, month)
        if spent + order.worst_micros > policy.monthly_budget_micros:
            worst, held, most = (Money(each, "USD") for each in (order.worst_micros, spent, policy.monthly_budget_micros))
            raise SpendRefused(f"{who} may cost up to {worst} for this, on top of {held} spent or reserved of this month's {most}")

    def _row(self, order: _Order, *, status: str, cache_hit: bool) -> ModelCall:
        return ModelCall(
            id=uuid7(),
            project_id=order.project_id,
            provider=order.model.provider,
            model=order.model.name,
            prompt_version=order.question.prompt_version,
            request_hash=order.request_hash,
            status=status,
            variant=order.variant,
            reserved_micros=order.worst_micros,
            cache_hit=cache_hit,
            created_at=self._clock.now(),
        )

    def _keep(self, call_id: UUID, answer: Answer, price: Price, order: _Order, seconds: float) -> int:
        """Commit the answer, whatever it is worth. Without a count of tokens it costs what was reserved."""
        counted = answer.input_tokens is not None and answer.output_tokens is not None
        cost = price.of(answer.input_tokens or 0, answer.output_tokens or 0) if counted else order.worst_micros
        with self._database.transaction() as session:
            row = repository.locked_call(session, call_id)
            row.status, row.lease_until, row.cost_micros, row.seconds = "answered", None, cost, seconds
            row.input_tokens, row.output_tokens = answer.input_tokens or 0, answer.output_tokens or 0
            row.request_id = order.model.scrub(answer.request_id)
            row.response = {"text": order.model.scrub(answer.text), "ended": answer.ended, "model": answer.model}
        return cost

    def _settle(self, call_id: UUID, error: ZamcError, model: Model, seconds: float) -> None:
        """Write down how a call failed: surely unpaid, or in doubt."""
        with self._database.transaction() as session:
            row = repository.locked_call(session, call_id)
            row.lease_until, row.seconds = None, seconds
            row.request_id = model.scrub(error.request_id) if isinstance(error, OutsideError) else None
            sentence = model.scrub(str(error))
            if isinstance(error, InDoubt):
                _doubt(row, sentence)
            else:
                row.status, row.error = "failed", sentence


def _doubt(row: ModelCall, why: str) -> None:
    row.status, row.lease_until, row.cost_micros, row.error = "in_doubt", None, row.reserved_micros, why


def _answer(row: ModelCall) -> Answer:
    kept = row.response or {}
    return Answer(
        text=kept["text"],
        ended=Ended(kept["ended"]),
        model=kept["model"],
        input_tokens=row.input_tokens,
        output_tokens=row.output_tokens,
        request_id=row.request_id or "",
    )
