"""Which events are news for people, and in which words. An approval is news only while it is still waited for."""

from uuid import UUID

from sqlalchemy.orm import Session

from zamc.events.catalogue import (
    AlertRaised,
    CreativesReady,
    DeploymentChangeWaiting,
    DeploymentRequested,
    EventData,
    StrategyDrafted,
)
from zamc.notifications import waiting_views as waiting
from zamc.notifications.preference_rules import Kind
from zamc.notifications.waiting_views import Waiting
from zamc.notifications.words_rules import News, one_line

_HOW = {
    "plan": ("The plan {name} waits for approval", "Look at it, then approve or reject it: `zamc strategies show {id}`."),
    "creatives": ("The creatives of {name} wait for approval", "Look at them, then approve or reject them: `zamc creatives show {id}`."),
    "launch": ("The launch of {name} waits for approval", "Nothing is on before it is approved: `zamc deployments show {id}`."),
    "change": ("A change of {name} waits for a person", "Look at it, then apply the same hash: `zamc apply {id} {mark}`."),
}
# The consumer asks the stream for these and no others.
SUBJECTS = tuple(kind.subject for kind in (AlertRaised, StrategyDrafted, CreativesReady, DeploymentRequested, DeploymentChangeWaiting))
# Of what an alert knows, what is of use outside: ids, and the sentence that says why.
_TOLD = ("deployment_id", "strategy_id", "account_id")


def news_of(session: Session, event_id: UUID, data: EventData) -> News | None:
    """None for what is no news (any more)."""
    match data:
        case AlertRaised():
            return _alert(event_id, data)
        case StrategyDrafted():
            return _approval(waiting.plan(session, data.strategy_id), data.project_id)
        case CreativesReady():
            return _approval(waiting.creatives(session, data.set_id), data.project_id)
        case DeploymentRequested():
            return _approval(waiting.launch(session, data.deployment_id), data.project_id)
        case DeploymentChangeWaiting():
            return _approval(waiting.change(session, data.deployment_id, data.change_hash), data.project_id, why=data.why)
        case _:
            return None


def _alert(event_id: UUID, data: AlertRaised) -> News:
    """Each alert is raised once per condition, so that each of these events is news."""
    project, reason = data.details.get("project_id"), data.details.get("reason")
    lines = [data.title, str(reason) if reason else "", f"What to do: docs/runbooks/{data.code}.md"]
    return News(
        key=f"alert:{event_id}",
        project_id=UUID(str(project)) if project else None,
        kind=Kind.ALERT,
        severity=data.severity,
        title=one_line(data.title),
        body="\n\n".join(line for line in lines if line),
        about={"code": str(data.code), **{name: str(data.details[name]) for name in _TOLD if data.details.get(name)}},
    )


def _approval(found: Waiting | None, project_id: UUID, *, why: str = "") -> News | None:
    if found is None:
        return None
    title, how = (text.format(name=found.name, id=found.id, mark=found.mark) for text in _HOW[found.what])
    return News(
        key=f"approval:{found.what}:{found.id}:{found.mark}",
        project_id=project_id,
        kind=Kind.APPROVAL,
        severity="info",
        title=one_line(title),
        body="\n\n".join(line for line in (f"{title}.", f"{why[:1].upper()}{why[1:]}." if why else "", how) if line),
        about={"what": found.what, "id": str(found.id), "mark": found.mark},
    )
