"""What a trial asks of an independent witness: every campaign, and when it was switched on or off by which call."""

from typing import Any

from sandbox.store import Transaction, to_text


def campaigns(tx: Transaction, platform: str, account: str | None) -> list[dict[str, Any]]:
    """Every campaign ever made: {"account", "id", "name", "status", "history": [{"at", "status", "by"}]}; a removed one is REMOVED.

    `history` has an entry for the creation and one for each change of status; `by` is {"client_type", "user", "method",
    "request_id"} as far as it is known.
    """
    found = []
    for obj in tx.find(platform, account, "campaign", removed=None):
        told: list[dict[str, Any]] = []
        for version in tx.history(platform, obj.account, "campaign", obj.id):
            status = "REMOVED" if version.removed else version.status
            if not told or told[-1]["status"] != status:
                told.append({"at": to_text(version.at), "status": status, "by": version.by})
        status = "REMOVED" if obj.removed else obj.status
        found.append({"account": obj.account, "id": obj.id, "name": obj.name, "status": status, "history": told})
    return found
