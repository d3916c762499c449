"""Whether an ad account is fit for a launch: each question asked of the platform, each answer with what to do."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from zamc.errors import AccountBlocked, CredentialsRefused, OutsideError
from zamc.projects.tables import AdAccount
from zamc.throttling.rules import Kind

if TYPE_CHECKING:
    from zamc.accounts.tokens import TokenState
    from zamc.platforms.google_ads.client import GoogleClient
    from zamc.platforms.meta_ads.client import MetaClient

# Without these a launch cannot be made, watched or stopped; docs/how-to/connect-accounts.md says why each.
META_PERMISSIONS = ("ads_management", "ads_read", "business_management")
_META_STATUS = {
    1: "active", 2: "disabled", 3: "unsettled", 7: "in risk review", 8: "settlement pending", 9: "in grace period", 100: "closing",
    101: "closed", 201: "any active", 202: "any closed",
}  # fmt: skip
# It may still spend: somebody has to pay soon.
_META_GOOD = {1, 9, 201}
_AGAIN = "Connect the account again: zamc accounts add ... --credentials FILE."


@dataclass(frozen=True)
class Finding:
    """One question. said: what was found; todo: what a person does about it, empty when it is good."""

    name: str
    good: bool
    said: str
    todo: str = ""


def google(account: AdAccount, client: "GoogleClient") -> Iterator[Finding]:
    """In an order in which the first that fails explains the others."""
    fields = "customer.id, customer.currency_code, customer.time_zone, customer.status, customer.manager"
    try:
        rows = list(client.search(account.external_id, f"SELECT {fields} FROM customer"))  # noqa: S608 - GAQL of our own words
    except OutsideError as error:
        yield unreachable(error)
        return
    yield Finding("token", good=True, said="accepted")
    if not rows:
        yield Finding("account", good=False, said="the platform shows nothing", todo="Check the customer id and login_customer_id.")
        return
    customer = rows[0].customer
    yield Finding("account", good=True, said=f"reached as {account.external_id}")
    yield from _same(account, currency=customer.currency_code, time_zone=customer.time_zone)
    status = customer.DESCRIPTOR.fields_by_name["status"].enum_type.values_by_number[customer.status].name
    todo = "" if status == "ENABLED" else "Settle it in Google Ads, under Billing or Account access; docs/runbooks/account-suspended.md."
    yield Finding("active", good=status == "ENABLED", said=status, todo=todo)
    if customer.manager:
        yield Finding("kind", good=False, said="a manager account", todo="Ads live in a client account: connect one of those below it.")
    if account.conversion_action:
        yield _google_conversion(account, client)
    yield _google_rights(account, client)


def _google_conversion(account: AdAccount, client: "GoogleClient") -> Finding:
    number = str(account.conversion_action).rpartition("/")[2]
    if not number.isdecimal():
        return Finding(
            "conversion action", good=False, said=f"{account.conversion_action} is no resource name",
            todo=f"It looks like customers/{account.external_id}/conversionActions/123.",
        )  # fmt: skip
    query = f"SELECT conversion_action.id, conversion_action.status FROM conversion_action WHERE conversion_action.id = {number}"  # noqa: S608 - digits
    try:
        rows = list(client.search(account.external_id, query))
    except OutsideError as error:
        return Finding("conversion action", good=False, said=str(error), todo="Check it in Google Ads, under Goals.")
    todo = "" if rows else "Make it in Google Ads, under Goals, or connect the account with another one."
    return Finding("conversion action", good=bool(rows), said=f"{number} {'is there' if rows else 'is not there'}", todo=todo)


def _google_rights(account: AdAccount, client: "GoogleClient") -> Finding:
    """A change that is only validated: nothing is made of it."""
    operation = client.message("MutateOperation")
    budget = operation.campaign_budget_operation.create
    budget.name, budget.amount_micros, budget.explicitly_shared = "zamc rights", 10_000_000, False
    try:
        client.mutate(account.external_id, [operation], validate_only=True)
    except CredentialsRefused as error:
        return Finding(
            "rights", good=False, said=str(error), todo="Give it the access level Standard in Google Ads, under Access and security."
        )
    except OutsideError as error:
        # Refused for what it says, not for who asks: that is enough.
        if error.code.startswith("campaign_budget_error"):
            return Finding("rights", good=True, said="may change campaigns")
        return Finding("rights", good=False, said=str(error), todo="Check the developer token's access level and the user's role.")
    return Finding("rights", good=True, said="may change campaigns")


def meta(account: AdAccount, client: "MetaClient", token: "Callable[[], TokenState]") -> Iterator[Finding]:
    """token: what Meta says of the account's token."""
    try:
        state = token()
    except OutsideError as error:
        yield unreachable(error)
        return
    ends = f"until {state.expires_at:%Y-%m-%d}" if state.expires_at else "does not expire, as far as Meta says"
    yield Finding("token", good=state.valid, said=ends if state.valid else state.reason or "not valid", todo="" if state.valid else _AGAIN)
    if not state.valid:
        return
    lacking = [name for name in META_PERMISSIONS if name not in state.scopes]
    yield Finding(
        "rights", good=not lacking, said=f"lacks {', '.join(lacking)}" if lacking else ", ".join(META_PERMISSIONS),
        todo="Give them to the system user in Business Settings and make a new token." if lacking else "",
    )  # fmt: skip
    try:
        row = _get(client, account, account.external_id, "account_status,currency,timezone_name,disable_reason")
    except OutsideError as error:
        yield Finding("account", good=False, said=str(error), todo="Give the system user access to the ad account in Business Settings.")
        return
    yield Finding("account", good=True, said=f"reached as {account.external_id}")
    yield from _same(account, currency=str(row.get("currency")), time_zone=str(row.get("timezone_name")))
    number = int(row.get("account_status") or 0)
    said = _META_STATUS.get(number, f"status {number}")
    todo = "" if number in _META_GOOD else "Settle it in Meta's Account Quality or Billing; docs/runbooks/account-suspended.md."
    yield Finding("active", good=number in _META_GOOD, said=said, todo=todo)
    for name, key, what in (("page", account.page_id, "Facebook page"), ("pixel", account.pixel_id, "pixel")):
        if key:
            yield _there(client, account, name, key, what)
        elif name == "page":
            yield Finding("page", good=False, said="none is set", todo="Ads speak for a page: zamc projects account ... --page-id ID.")


def _there(client: "MetaClient", account: AdAccount, name: str, key: str, what: str) -> Finding:
    try:
        _get(client, account, key, "id,name")
    except OutsideError as error:
        return Finding(name, good=False, said=str(error), todo=f"Give the system user access to the {what} {key} in Business Settings.")
    return Finding(name, good=True, said=f"{key} is there")


def _get(client: "MetaClient", account: AdAccount, key: str, fields: str) -> dict[str, Any]:
    answer: dict[str, Any] = client.call("GET", (key,), {"fields": fields}, account=account.external_id, kind=Kind.READ)
    return answer


def _same(account: AdAccount, *, currency: str, time_zone: str) -> Iterator[Finding]:
    todo = "Neither ever changes on a platform: remove this account and add it with what the platform says."
    for name, ours, theirs in (("currency", account.currency, currency), ("time zone", account.time_zone, time_zone)):
        same = ours == theirs
        yield Finding(name, good=same, said=theirs if same else f"{theirs} there, {ours} here", todo="" if same else todo)


def unreachable(error: OutsideError) -> Finding:
    """What the first question was answered with instead."""
    if isinstance(error, CredentialsRefused):
        return Finding("token", good=False, said=str(error), todo=f"{_AGAIN} docs/runbooks/token-revoked.md tells how.")
    if isinstance(error, AccountBlocked):
        return Finding("active", good=False, said=str(error), todo="Settle it with the platform; docs/runbooks/account-suspended.md.")
    return Finding("account", good=False, said=str(error), todo="Check the id and the network, and try again in a minute.")
