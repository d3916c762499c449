"""The change lane's CALL, with no session open: what was claimed goes out side by side, or many in one request where a platform allows."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from contextvars import copy_context
from uuid import UUID

from zamc.deployments.changes import Call, Result, as_outside, claim, write_all
from zamc.deployments.context import Context
from zamc.deployments.ports import TakesMany
from zamc.deployments.rules import Verb
from zamc.errors import InDoubt, Later, OutsideError, ZamcError
from zamc.telemetry.context import retried

# Takes several requests, so that others would wait for it.
_ALONE = "video"


def send_due(ctx: Context, verbs: Collection[Verb], *, platform: str | None, only: Collection[UUID] | None) -> int:
    """Claim, send and write all that is due. Returns how many calls were made."""
    made = 0
    while calls := claim(ctx, verbs, platform=platform, only=only):
        ctx.crash("change.claimed")
        parcels = list(_parcels(ctx, calls))
        if ctx.workers == 1 or len(parcels) == 1:
            for parcel in parcels:
                write_all(ctx, send(ctx, parcel))
        else:
            _side_by_side(ctx, parcels)
        made += len(calls)
    return made


def _parcels(ctx: Context, calls: Sequence[Call]) -> Iterator[Sequence[Call]]:
    """What goes out in one request: calls of one verb for one account, each of another deployment, as many as the platform takes."""
    together: dict[tuple[UUID, Verb], list[Call]] = {}
    for call in calls:
        if any(item.kind == _ALONE for item in call.items):
            yield [call]
        else:
            together.setdefault((call.account.id, call.verb), []).append(call)
    for group in together.values():
        most = _most_calls(ctx, group[0])
        for start in range(0, len(group), most):
            yield group[start : start + most]


def _most_calls(ctx: Context, call: Call) -> int:
    try:
        adapter = ctx.adapter(call.account)
    except ZamcError:
        return 1  # sending tells why
    return adapter.most_calls if isinstance(adapter, TakesMany) else 1


def _side_by_side(ctx: Context, parcels: Sequence[Sequence[Call]]) -> None:
    """Threads send; what has come back by now is written together. A bug in one call is raised when the others are written."""
    bugs: list[BaseException] = []
    with ThreadPoolExecutor(ctx.workers) as pool:
        waiting = {pool.submit(copy_context().run, send, ctx, parcel) for parcel in parcels}
        while waiting:
            answered, waiting = wait(waiting, return_when=FIRST_COMPLETED)
            bugs += [error for future in answered if (error := future.exception()) is not None]
            write_all(ctx, [pair for future in answered if future.exception() is None for pair in future.result()])
    if bugs:
        raise bugs[0]


def send(ctx: Context, calls: Sequence[Call]) -> list[tuple[Call, Result]]:
    """What came of each call. Those of one parcel were claimed together, so that they share a lease."""
    with retried(max(call.retries for call in calls)):
        return _send(ctx, calls)


def _send(ctx: Context, calls: Sequence[Call]) -> list[tuple[Call, Result]]:
    results: Sequence[Result]
    guard = ctx.guard(min(call.lease_until for call in calls))
    verb = calls[0].verb
    try:
        adapter = ctx.adapter(calls[0].account)
        guard()
        for call in calls:
            ctx.crash(f"{call.verb}.before_send")
        if verb == Verb.CREATE and len(calls) > 1 and isinstance(adapter, TakesMany):
            results = adapter.create_many([call.items for call in calls], guard=guard)
        elif verb == Verb.CREATE:
            results = [adapter.create(calls[0].items, guard=guard)]
        else:
            errors = adapter.set_status([item for call in calls for item in call.items], "enabled", guard=guard)
            results = [_worst(call, errors) or {} for call in calls]
    except ZamcError as error:
        results = [as_outside(error)] * len(calls)
    for call in calls:
        ctx.crash(f"{call.verb}.after_send")
    return list(zip(calls, results, strict=True))


def _worst(call: Call, errors: Mapping[UUID, OutsideError]) -> OutsideError | None:
    """One answer for a call that several objects shared: refused outranks in doubt, which outranks later."""
    own = [errors[item.obj_key] for item in call.items if item.obj_key in errors]
    return min(own, key=lambda error: (isinstance(error, Later), isinstance(error, InDoubt)), default=None)
