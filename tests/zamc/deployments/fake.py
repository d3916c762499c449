"""A scriptable ad platform: what it holds, and what happens to the next calls. Only the port is faked."""

from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal
from uuid import UUID

from zamc.database.engine import refuse_inside_transaction
from zamc.deployments.launch import budget_of
from zamc.deployments.ports import Found, Guard, Item, Observed
from zamc.errors import AlreadyThere, GiveUp, InDoubt, Later, OutsideError

STATUSES = ("campaign", "ad_group", "asset_group", "ad_set", "ad")
Fault = Literal["ok", "lost", "after_commit", "late", "refuse", "later", "die_before", "die_after"]


class Dead(BaseException):
    """The worker was killed: nothing that it would have done afterwards happens."""


@dataclass
class Thing:
    """An object on the platform."""

    external_id: str
    kind: str
    name: str
    status: str
    order: int
    budget_micros: int | None = None
    refs: Mapping[str, str] = field(default_factory=dict)


@dataclass
class FakePlatform:
    """One account. faults[method] is taken call by call; what is late lands when `land` is called."""

    atomic: bool
    things: dict[str, Thing] = field(default_factory=dict)
    faults: dict[str, deque[Fault]] = field(default_factory=dict)
    calls: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)
    enabled_ever: list[str] = field(default_factory=list)
    stale_reads: deque[dict[str, str]] = field(default_factory=deque)
    _late: list[Callable[[], Any]] = field(default_factory=list)
    during: dict[str, Callable[[], None]] = field(default_factory=dict)

    def fail(self, method: str, *faults: Fault) -> None:
        self.faults.setdefault(method, deque()).extend(faults)

    def land(self) -> int:
        """Let every late call land now."""
        late, self._late = self._late, []
        for effect in late:
            effect()
        return len(late)

    def _call(self, method: str, what: Sequence[str], effect: Callable[[], Any]) -> Any:
        refuse_inside_transaction("fake platform")
        self.calls.append((method, tuple(what)))
        waiting = self.faults.get(method)
        fault = waiting.popleft() if waiting else "ok"
        if hook := self.during.pop(method, None):
            hook()
        if fault == "die_before":
            raise Dead
        if fault == "lost":
            raise InDoubt("no answer", code="timeout")
        if fault == "late":
            self._late.append(effect)
            raise InDoubt("no answer", code="timeout")
        if fault == "refuse":
            raise GiveUp("refused for a test", code="no")
        if fault == "later":
            raise Later("throttled", code="slow")
        result = effect()
        if fault == "after_commit":
            raise InDoubt("no answer", code="timeout")
        if fault == "die_after":
            raise Dead
        return result

    def create(self, items: Sequence[Item], *, guard: Guard) -> Mapping[UUID, str]:
        guard()
        return dict(self._call("create", [item.kind for item in items], lambda: self._create(items)))

    def _create(self, items: Sequence[Item]) -> dict[UUID, str]:
        if self.atomic and any(
            item.marker in thing.name for item in items for thing in self.alive() if item.kind == thing.kind == "campaign"
        ):
            raise AlreadyThere("the name is taken", code="DUPLICATE_CAMPAIGN_NAME")
        made = {}
        for item in items:
            for role in item.refs:
                assert item.refs[role] in self.things
            external_id = f"{len(self.things) + 1}"
            made[item.obj_key] = external_id
            status = "paused" if item.kind in STATUSES else ""
            thing = Thing(external_id, item.kind, f"{item.spec.get('name', '')} [{item.marker}]", status, len(self.things))
            thing.budget_micros = budget_of(item)  # type: ignore[arg-type]  # an item has a spec as well
            self.things[external_id] = thing
        return made

    def find(self, items: Sequence[Item]) -> Mapping[UUID, Sequence[Found]]:
        def look() -> dict[UUID, list[Found]]:
            return {
                item.obj_key: [
                    Found(thing.external_id, thing.kind, thing.name, thing.status, thing.order)
                    for thing in self.alive()
                    if item.marker in thing.name
                ]
                for item in items
            }

        return dict(self._call("find", [item.kind for item in items], look))

    def set_status(self, items: Sequence[Item], status: Literal["enabled", "paused"], *, guard: Guard) -> Mapping[UUID, OutsideError]:
        guard()

        def change() -> None:
            for item in items:
                assert item.external_id is not None
                self.things[item.external_id].status = status
                if status == "enabled" and item.kind == "campaign":
                    self.enabled_ever.append(item.external_id)

        method = "enable" if status == "enabled" else "pause"
        if method == "enable":
            method = "enable_root" if any(item.kind == "campaign" for item in items) else "enable_leaves"
        self._call(method, [item.kind for item in items], change)
        return {}

    def read(self, items: Sequence[Item]) -> Mapping[UUID, Observed]:
        def look() -> dict[UUID, Observed]:
            stale = self.stale_reads.popleft() if self.stale_reads else {}
            seen = {}
            for item in items:
                thing = self.things.get(item.external_id or "")
                if thing is None:
                    seen[item.obj_key] = Observed("missing")
                    continue
                status = stale.get(thing.kind, thing.status)
                seen[item.obj_key] = Observed(status or "enabled", thing.name, budget_micros=thing.budget_micros)
            return seen

        return dict(self._call("read", [item.kind for item in items], look))

    def ours(self, prefix: str) -> Iterable[Found]:
        return [
            Found(thing.external_id, thing.kind, thing.name, thing.status, thing.order)
            for thing in self.alive()
            if prefix in thing.name and thing.kind in STATUSES
        ]

    def remove(self, kind: str, external_id: str, *, guard: Guard) -> None:  # noqa: ARG002 - the port names it
        guard()
        self.things[external_id].status = "removed"

    def alive(self) -> list[Thing]:
        return [thing for thing in self.things.values() if thing.status != "removed"]

    def campaigns(self, status: str | None = None) -> list[Thing]:
        return [thing for thing in self.alive() if thing.kind == "campaign" and status in (None, thing.status)]
