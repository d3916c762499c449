"""What waits for a person's yes or no."""

from datetime import datetime
from enum import Enum
from typing import Self
from uuid import UUID

import strawberry

from zamc.notifications.waiting_views import Waiting


@strawberry.enum
class WaitingFor(Enum):
    """What somebody has to look at: a written plan, a set of creatives, a launch, or a change of what runs."""

    PLAN = "plan"
    CREATIVES = "creatives"
    LAUNCH = "launch"
    CHANGE = "change"


@strawberry.type(name="Approval")
class ApprovalType:
    """id: of the strategy, the set, or the deployment. mark: the version of the plan, or the hash that an approval would name."""

    what: WaitingFor
    id: UUID
    name: str
    mark: str
    since: datetime

    @classmethod
    def of(cls, view: Waiting) -> Self:
        return cls(what=WaitingFor(view.what), id=view.id, name=view.name, mark=view.mark, since=view.since)
