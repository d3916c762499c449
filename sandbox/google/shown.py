"""Bodies that stand for no stored object of their own: customers, clients of a manager, constants."""

from sandbox.google.account import Account
from sandbox.google.bodies import Body
from sandbox.google.constants import GEO_TARGETS


def customer_body(account: Account) -> Body:
    """A customer as its own queries show it."""
    body = account.body
    return {
        "resource_name": account.resource_name,
        "id": int(account.id),
        "descriptive_name": body.get("descriptive_name", ""),
        "currency_code": account.currency,
        "time_zone": account.time_zone,
        "manager": bool(body.get("manager")),
        "test_account": True,
        "status": account.status,
        "auto_tagging_enabled": bool(body.get("auto_tagging_enabled")),
    }


def client_body(account: Account, level: int, key: str, body: Body) -> Body:
    """A client of an account, or the account itself at level 0."""
    return {
        "resource_name": f"{account.resource_name}/customerClients/{key}",
        "client_customer": f"customers/{key}",
        "id": int(key),
        "level": level,
        "hidden": False,
        "manager": bool(body.get("manager")),
        "test_account": True,
        "status": account.status if key == account.id else body.get("status", "ENABLED"),
        "descriptive_name": body.get("descriptive_name", ""),
        "currency_code": body.get("currency_code", "USD"),
        "time_zone": body.get("time_zone", "UTC"),
    }


def geo_body(key: int) -> Body:
    """A geo target constant."""
    target = GEO_TARGETS[key]
    body: Body = {
        "resource_name": f"geoTargetConstants/{key}",
        "id": key,
        "name": target.names[0],
        "country_code": target.country,
        "target_type": target.target_type,
        "status": "ENABLED",
        "canonical_name": target.canonical,
    }
    if target.parent is not None:
        body["parent_geo_target"] = f"geoTargetConstants/{target.parent}"
    return body
