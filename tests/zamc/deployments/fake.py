"""A scriptable ad platform: what it holds, and what happens to the next calls. Only the port is faked."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from zamc.database.engine import refuse_inside_transaction
from zamc.deployments.change_rules import budget_micros, mutable_values
from zamc.deployments.launch import budget_of
from zamc.deployments.ports import AccountState, Found, Guard, Item, Observed, OutsideChange, Settings, Shown
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
    spec: dict[str, Any] = field(default_factory=dict)
    delivery: str = ""
    details: dict[str, Any] = field(default_factory=dict)
    aims: dict[str, Any] = field(default_factory=dict)


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
    stale_values: deque[dict[str, Any]] = field(default_factory=deque)
    state: tuple[str, str] = ("active", "ENABLED")
    changed: list[OutsideChange] = field(default_factory=list)

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
            thing.refs, thing.spec = dict(item.refs), dict(item.spec)
            # What one request makes refers to what the same request makes.
            thing.refs |= {role: made[key] for role, key in item.siblings.items() if key in made}
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
                seen[item.obj_key] = Observed(status or "enabled", thing.name, thing.delivery, thing.budget_micros, dict(thing.details))
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

    def update(self, items: Sequence[Item], *, guard: Guard) -> Mapping[UUID, OutsideError]:
        guard()

        def change() -> None:
            for item in items:
                thing = self.things[item.external_id or ""]
                thing.spec.update({name: value for name, value in item.spec.items() if name not in ("locations", "final_url", "status")})
                thing.aims.update({name: item.spec[name] for name in ("locations", "final_url") if name in item.spec})
                thing.status = item.spec.get("status", thing.status)
                if "name" in item.spec:
                    thing.name = f"{item.spec['name']} [{item.marker}]"
                thing.budget_micros = budget_micros(thing.spec)

        self._call("update", [item.kind for item in items], change)
        return {}

    def values(self, items: Sequence[Item]) -> Mapping[UUID, Mapping[str, Any]]:
        def look() -> dict[UUID, Mapping[str, Any]]:
            alive = {thing.external_id: thing for thing in self.alive()}
            return {item.obj_key: self._values(alive[item.external_id]) for item in items if item.external_id in alive}

        return dict(self._call("values", [item.kind for item in items], look))

    def _values(self, thing: Thing) -> dict[str, Any]:
        """Stale reads show what was there before; each look takes one."""
        found = mutable_values("google_ads" if self.atomic else "meta_ads", thing.kind, thing.spec)
        if "name" in found:
            found["name"] = thing.name.partition(" [zamc:")[0]
        if "amount_micros" in found:
            found["amount_micros"] = thing.budget_micros
        found |= {"status": thing.status, **thing.aims}
        return found | (self.stale_values.popleft() if self.stale_values else {})

    def settings(self, items: Sequence[Item]) -> Mapping[UUID, Settings]:
        """A thing's settings are what it was made with, but for what a test has put into `aims` since."""

        def look() -> dict[UUID, Settings]:
            alive = {thing.external_id: thing for thing in self.alive()}
            return {item.obj_key: self._settings(item, alive[item.external_id]) for item in items if item.external_id in alive}

        return dict(self._call("settings", [item.kind for item in items], look))

    def _settings(self, item: Item, thing: Thing) -> Settings:
        words = next((name for name in ("keywords", "negative_keywords") if name in item.spec), None)
        ordered: dict[str, Any] = {"locations": ["DE", "NL"]} if item.kind in ("campaign", "ad_set") else {}
        ordered |= {"final_url": "https://example.org/"} if item.kind == "ad" else {}
        shown = {**ordered, **thing.aims}
        ordered = {name: item.spec.get(name, value) for name, value in ordered.items()}
        if words:
            ordered, shown = {**ordered, "keywords": item.spec[words]}, {**shown, "keywords": thing.spec.get(words)}
        return Settings(ordered, shown)

    def survey(self, prefix: str, *, since: datetime | None) -> Iterable[Sequence[Shown]]:
        return list(self._call("survey", ["all" if since is None else "changed"], lambda: list(self._pages(prefix))))

    def _pages(self, prefix: str) -> Iterator[list[Shown]]:
        for thing in self.things.values():
            root = self._root(thing)
            if root is None or prefix not in root.name or (thing.status == "removed" and thing.kind not in STATUSES):
                continue
            ends_on = thing.spec.get("ends_on") if "ends_on" in thing.spec else ""
            yield [
                Shown(
                    thing.kind, thing.external_id, thing.name, thing.status or "enabled", thing.order, root.external_id, thing.delivery,
                    thing.budget_micros, ends_on, dict(thing.details),
                )
            ]  # fmt: skip

    def _root(self, thing: Thing) -> Thing | None:
        """The campaign above, or for a budget the campaign that it pays for."""
        if thing.kind == "campaign":
            return thing
        if thing.kind == "budget":
            return next((each for each in self.things.values() if each.refs.get("budget") == thing.external_id), None)
        for above in thing.refs.values():
            if above in self.things and (root := self._root(self.things[above])) is not None:
                return root
        return None

    def account(self) -> AccountState:
        return AccountState(*self._call("account", [], lambda: self.state))

    def history(self, since: datetime, until: datetime) -> Sequence[OutsideChange]:
        return [each for each in self.changed if since <= each.at <= until]

    def alive(self) -> list[Thing]:
        return [thing for thing in self.things.values() if thing.status != "removed"]

    def campaigns(self, status: str | None = None) -> list[Thing]:
        return [thing for thing in self.alive() if thing.kind == "campaign" and status in (None, thing.status)]
