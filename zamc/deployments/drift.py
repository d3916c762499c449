"""Outside changes: recorded once with who made them, then accepted or reverted by a person or by the project's policy."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from zamc.clock import Clock
from zamc.database.ids import uuid7
from zamc.deployments import watch_repository
from zamc.deployments.change_rules import budget_micros
from zamc.deployments.drift_rules import SETTINGS, Field, answer_of
from zamc.deployments.endings import identity
from zamc.deployments.intents import ROOT, WITH_STATUS
from zamc.deployments.ports import OutsideChange
from zamc.deployments.reconcile_repository import Seen
from zamc.deployments.rules import OnPlatform, Status
from zamc.deployments.settings_drift import Compared
from zamc.deployments.tables import Deployment, PlatformObject
from zamc.deployments.watch_tables import Drift
from zamc.events.alert_codes import AlertCode
from zamc.events.catalogue import DeploymentDrifted
from zamc.events.repository import emit
from zamc.notifications import alerts

_OFF = (OnPlatform.PAUSED, OnPlatform.REMOVED)


@dataclass(frozen=True)
class Found:
    """One difference between what is wanted of an object and what the platform shows."""

    target: PlatformObject
    field: Field
    wanted: Any
    seen: Any


def differences(
    row: Deployment, tree: Sequence[PlatformObject], seen: Mapping[UUID, Seen], settings: Mapping[UUID, Compared]
) -> list[Found]:
    """What was changed outside of a deployment with nothing under way. settings: of the objects whose settings were read, by obj_key."""
    found = []
    for each in tree:
        shown = seen.get(each.obj_key)
        if shown is None or each.desired_status == "removed":
            continue
        if shown.status == OnPlatform.REMOVED:
            found.append(Found(each, Field.REMOVED, each.desired_status, "removed"))
            continue
        if row.status == Status.LIVE and each.kind in WITH_STATUS and each.desired_status == "enabled" and shown.status in _OFF:
            found.append(Found(each, Field.STATUS, "enabled", shown.status))
        if row.status == Status.LIVE and each.rests and shown.status == OnPlatform.ENABLED:
            found.append(Found(each, Field.STATUS, "paused", "enabled"))
        budget = budget_micros(each.spec)
        if budget is not None and shown.budget is not None and shown.budget != budget:
            found.append(Found(each, Field.BUDGET, budget, shown.budget))
        if shown.ends_on != "" and "ends_on" in each.spec and each.spec["ends_on"] != shown.ends_on:
            found.append(Found(each, Field.ENDS_ON, each.spec["ends_on"], shown.ends_on))
        name = plain_name(shown.name)
        if shown.name and "name" in each.spec and name != each.spec["name"] and shown.name != each.spec["name"]:
            found.append(Found(each, Field.NAME, each.spec["name"], shown.name))
        read = settings.get(each.obj_key)
        if read is not None and read.spec_hash == each.spec_hash:  # else it was changed by us since it was read
            found += [Found(each, field, wanted, there) for field, wanted, there in read.differing]
    return found


def plain_name(name: str) -> str:
    """A name without our marker."""
    return name.partition(" [zamc:")[0]


def record(
    session: Session,
    clock: Clock,
    row: Deployment,
    found: Sequence[Found],
    *,
    looked_at: Mapping[UUID, Seen],
    settings: Mapping[UUID, Compared],
    history: Mapping[str, OutsideChange],
) -> list[Drift]:
    """Write down what is new, close what is over. history: the newest outside change by kind and external id. Returns what is new."""
    known = watch_repository.open_drifts(session, [row.id])
    fresh = []
    for each in found:
        drift = known.pop((each.target.obj_key, str(each.field)), None)
        wanted, seen = {"value": each.wanted}, {"value": each.seen}
        if drift is not None and drift.seen == seen:
            continue
        change = history.get(f"{each.target.kind}:{each.target.external_id}")
        if drift is None:
            drift = Drift(
                id=uuid7(), project_id=row.project_id, deployment_id=row.id, obj_key=each.target.obj_key, field=each.field, state="open"
            )
            session.add(drift)
        drift.wanted, drift.seen, drift.state = wanted, seen, "open"
        if change is not None:
            drift.who, drift.through, drift.changed_at = change.who or None, change.through or None, change.at
        fresh.append(drift)
        _tell(session, row, each, drift)
    for (obj_key, _), drift in known.items():
        # What is not seen in this look is not over.
        looked = settings if drift.field in SETTINGS else looked_at
        if obj_key in looked and drift.state == "open":
            drift.state, drift.decided_at, drift.note = "gone", clock.now(), "it is as it was wanted again"
            forget(session, clock, drift)
    session.flush()
    return fresh


def forget(session: Session, clock: Clock, drift: Drift) -> None:
    """Its alert is over: the same thing again is told again."""
    for code in (AlertCode.CHANGED_OUTSIDE, AlertCode.REMOVED_OUTSIDE):
        alerts.clear(session, code, f"{drift.obj_key}:{drift.field}", at=clock.now())


def _tell(session: Session, row: Deployment, found: Found, drift: Drift) -> None:
    emit(session, DeploymentDrifted(**identity(session, row), obj_key=found.target.obj_key, field=found.field))
    removed = found.field == Field.REMOVED
    what = "was removed" if removed else f"has another {found.field}: {found.wanted} was wanted, {found.seen} is there"
    whose = f" ({drift.who})" if drift.who else ""
    alerts.raise_once(
        session,
        AlertCode.REMOVED_OUTSIDE if removed else AlertCode.CHANGED_OUTSIDE,
        f"{found.target.obj_key}:{found.field}",
        severity="critical" if removed and found.target.kind == ROOT else "warning",
        title=f"{row.name}: the {found.target.kind} {found.target.local_ref} {what}{whose}"[:500],
        project_id=row.project_id,
        deployment_id=row.id,
        drift_id=str(drift.id),
    )


def automatic(session: Session, row: Deployment, fresh: Sequence[Drift]) -> list[tuple[UUID, str]]:
    """(drift, "accept" or "revert") that the project's policy decides by itself."""
    rules = watch_repository.drift_rules(session, [row.project_id]).get(row.project_id, {})
    answers = [(drift.id, answer_of(rules, Field(drift.field), drift.wanted["value"], drift.seen["value"])) for drift in fresh]
    return [(key, str(answer)) for key, answer in answers if answer != "ask"]
