"""Every query that forgets news."""

from datetime import datetime

from sqlalchemy import Text, cast, delete, select
from sqlalchemy.orm import Session

from zamc.events.tables import DeadLetter
from zamc.notifications.delivery_tables import Delivery, Notification

_UNDER_WAY = ("pending", "sending")


def forget_news(session: Session, *, before: datetime, limit: int) -> int:
    """Older news with its deliveries, oldest first; not what is still to be sent, nor what lies before a person as a dead letter.

    Returns how many; what somebody else is at is left to them.
    """
    delivery = select(Delivery.id).where(Delivery.notification_id == Notification.id)
    letter = (DeadLetter.kind == "notification", DeadLetter.key == cast(Delivery.id, Text), DeadLetter.state == "open")
    old = select(Notification.id).where(
        Notification.created_at < before,
        ~delivery.where(Delivery.state.in_(_UNDER_WAY)).exists(),
        ~delivery.join(DeadLetter, letter[0] & letter[1] & letter[2]).exists(),
    )
    ids = session.scalars(old.order_by(Notification.id).limit(limit).with_for_update(of=Notification, skip_locked=True)).all()
    if ids:
        session.execute(delete(Delivery).where(Delivery.notification_id.in_(ids)))
        session.execute(delete(Notification).where(Notification.id.in_(ids)))
    return len(ids)
