"""What a member chooses to be told about a project."""

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy.orm import Session

from zamc.errors import InvalidInput
from zamc.notifications import delivery_repository as repository
from zamc.notifications.preference_rules import CHOSEN, Channel, Threshold
from zamc.projects.repository import audit


def choose(session: Session, *, user_id: UUID, project_id: UUID, least: Mapping[str, str], by: str) -> None:
    """least: the threshold by kind of news, for mail; kinds that are left out stay as they are. Raises InvalidInput."""
    if not least:
        raise InvalidInput("preferences", f"must name at least one of {', '.join(CHOSEN)}")
    for kind, threshold in least.items():
        if kind not in set(CHOSEN) or threshold not in set(Threshold):
            raise InvalidInput("preferences", f"{kind}={threshold}: kinds are {', '.join(CHOSEN)}, thresholds {', '.join(Threshold)}")
        repository.put_preference(
            session, {"user_id": user_id, "project_id": project_id, "channel": Channel.MAIL.value, "kind": kind, "least": threshold}
        )
    audit(session, actor=by, action="notifications.chosen", project_id=project_id, subject_id=user_id, **dict(least))
