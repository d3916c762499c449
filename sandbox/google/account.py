"""The customer that a call is about, read from the store."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sandbox.google.errors import AdsError
from sandbox.store import Body, Transaction

PLATFORM = "google"

# Decimals of the currencies whose smallest unit is not a hundredth (ISO 4217).
_DECIMALS = {"JPY": 0, "KRW": 0, "CLP": 0, "VND": 0, "ISK": 0, "JOD": 3, "KWD": 3, "BHD": 3, "TND": 3}


@dataclass(frozen=True)
class Account:
    """A customer. `now` is the sandbox's business time in the customer's own time zone."""

    id: str
    currency: str
    time_zone: str
    now: datetime
    body: Body
    status: str = "ENABLED"

    @property
    def resource_name(self) -> str:
        return f"customers/{self.id}"

    @property
    def smallest_unit_micros(self) -> int:
        """The billable unit: a cent is 10,000 micros, a yen 1,000,000, a fils of a Jordanian dinar 1,000."""
        return int(1_000_000 // 10 ** _DECIMALS.get(self.currency, 2))

    @property
    def minimum_budget_micros(self) -> int:
        """The sandbox's smallest daily budget: ten billable units, and 10 of a currency without decimals.

        Google documents that there is a minimum per currency, not the figures.
        """
        return 10 * self.smallest_unit_micros


def load(tx: Transaction, customer_id: str, now: datetime) -> Account:
    """Read a customer. Raises AdsError USER_PERMISSION_DENIED, CUSTOMER_NOT_ENABLED."""
    obj = tx.get(PLATFORM, customer_id, "customer", customer_id)
    if obj is None:
        message = (
            "User doesn't have permission to access customer. Note: If you're accessing a client customer, the manager's "
            "customer id must be set in the 'login-customer-id' header."
        )
        raise AdsError("authorization_error", "USER_PERMISSION_DENIED", message)
    # A suspended account can be looked at, not changed (see methods.py).
    if obj.status not in (None, "ENABLED", "SUSPENDED") or obj.removed:
        message = "The customer account can't be accessed because it is not yet enabled or has been deactivated."
        raise AdsError("authorization_error", "CUSTOMER_NOT_ENABLED", message)
    zone: Any = obj.body.get("time_zone", "UTC")
    return Account(
        id=customer_id,
        currency=obj.body.get("currency_code", "USD"),
        time_zone=zone,
        now=now.astimezone(ZoneInfo(zone)),
        body=obj.body,
        status=obj.status or "ENABLED",
    )
