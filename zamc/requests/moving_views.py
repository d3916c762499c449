"""In which projects something is under way that changes what screens show without an event: a launch, a plan, creatives that are made."""

from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

# Each part is as large as what is under way, not as the installation: partial indexes of just these rows.
_MOVING = text(
    """
    SELECT project_id FROM public.deployments WHERE status IN ('requested', 'creating', 'created', 'enabling', 'pausing')
    UNION SELECT project_id FROM public.strategies WHERE status = 'requested'
    UNION SELECT project_id FROM public.assets WHERE status = 'requested'
    """
)


def moving_projects(session: Session) -> frozenset[UUID]:
    """As it is now. One statement."""
    return frozenset(session.scalars(_MOVING))
