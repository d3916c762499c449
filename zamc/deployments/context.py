"""What every step of the protocol is handed, and how an object becomes an adapter's item."""

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.orm import Session

from zamc.clock import Clock
from zamc.database.engine import Database
from zamc.deployments import repository
from zamc.deployments.ports import AdPlatform, Crash, Guard, Item, Limits, Waiter, Witness
from zamc.deployments.rules import Facts, Lane, marker
from zamc.deployments.tables import Deployment, PlatformObject
from zamc.errors import ConfigurationError, Later
from zamc.projects import repository as projects
from zamc.projects.tables import AdAccount

KILL_SWITCH, HOLD, INSTALLATION = "kill_switch", "hold", "installation"
ON, OFF = "on", "off"


@dataclass
class Context:
    """The ports of the room. crash is called with the name of each point at which a worker may die; production does nothing there."""

    database: Database
    clock: Clock
    platforms: Mapping[str, Callable[[AdAccount], AdPlatform]]
    limits: Limits
    sleep: Waiter
    crash: Crash
    workers: int = 4
    witness: Witness | None = None
    _installation: str | None = field(default=None, repr=False)
    _adapters: dict[UUID, AdPlatform] = field(default_factory=dict, repr=False)

    def adapter(self, account: AdAccount) -> AdPlatform:
        """One per account, kept with its connections. Raises ConfigurationError when the platform is not connected."""
        if account.id not in self._adapters:
            make = self.platforms.get(account.platform)
            if make is None:
                raise ConfigurationError(f"no connection to {account.platform} is configured")
            self._adapters[account.id] = make(account)
        return self._adapters[account.id]

    def installation(self) -> str:
        """Eight hex digits that stand in every marker of this installation; made at first use, the same for ever."""
        if self._installation is None:
            with self.database.transaction() as session:
                self._installation = installation(session)
        return self._installation

    def lease_end(self) -> datetime:
        return self.clock.now() + timedelta(seconds=self.limits.lease)

    @property
    def quiet(self) -> timedelta:
        return timedelta(seconds=self.limits.quiet)

    def guard(self, lease_until: datetime) -> Guard:
        """Refuses to send when a slow call could outlive the claim: somebody else may then already be looking."""

        def still_mine() -> None:
            if self.clock.now() + timedelta(seconds=self.limits.call) > lease_until:
                raise Later("the claim would not outlast the call; it is planned again", code="lease", delay=timedelta(0))

        return still_mine


def installation(session: Session) -> str:
    """This installation's part of a marker; also makes the switches, so that they can be locked."""
    projects.flag(session, KILL_SWITCH, default=OFF)
    projects.flag(session, HOLD, default=OFF)
    return projects.flag(session, INSTALLATION, default=secrets.token_hex(4))


def items(session_objects: Sequence[PlatformObject], *, installation: str, among: Sequence[PlatformObject] | None = None) -> list[Item]:
    """Objects as an adapter sees them; `among` is the whole tree, which refs are looked up in."""
    tree = {each.obj_key: each for each in (among or session_objects)}
    together = {each.obj_key for each in session_objects}
    result = []
    for each in session_objects:
        refs = {role: UUID(key) for role, key in each.refs.items()}
        bound = {role: tree[key].external_id for role, key in refs.items() if key in tree}
        result.append(
            Item(
                obj_key=each.obj_key,
                kind=each.kind,
                local_ref=each.local_ref,
                marker=marker(installation, each.obj_key),
                spec=each.spec,
                external_id=each.external_id,
                refs={role: external_id for role, external_id in bound.items() if external_id is not None},
                siblings={role: key for role, key in refs.items() if key in together},
            )
        )
    return result


def switches(session: Session) -> dict[str, str]:
    """The kill switch and the hold, locked FOR SHARE until this transaction ends. Taken before any deployment's lock, never after:
    whoever turns the kill switch holds it and then locks deployments."""
    return projects.flags_for_share(session, [HOLD, KILL_SWITCH])


def facts(
    session: Session, deployments: Sequence[Deployment], flags: Mapping[str, str], trees: Mapping[UUID, Sequence[PlatformObject]]
) -> dict[UUID, Facts]:
    """What decides whether a change may be sent, read in the transaction that commits `sending`, with the rows locked."""
    ids = [each.id for each in deployments]
    held = projects.reserved_by_deployment(session, ids)
    stops = repository.open_stops(session, ids)
    result = {}
    for each in deployments:
        lands = [row.pause_lands_until for row in trees.get(each.id, []) if row.pause_lands_until is not None]
        result[each.id] = Facts(
            generation=each.generation,
            desired=each.desired_status,
            plan_hash=each.plan_hash,
            approved_hash=each.approved_hash,
            reserved_micros=held.get(each.id, {}).get("day", 0),
            # A switch that is not there counts as on: it fails closed.
            kill_switch=flags.get(KILL_SWITCH, ON) != OFF,
            hold=flags.get(HOLD, ON) != OFF,
            open_stops=len([row for row in stops.get(each.id, []) if row.lane == Lane.STOP]),
            pause_lands_until=max(lands, default=None),
        )
    return result
