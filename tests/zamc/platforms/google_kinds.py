"""Trees of the three Google kinds as an adapter gets them, and pictures of honest sizes."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from tests.sandbox.world import png
from tests.zamc.deployments.test_google_trees import people, source
from zamc.deployments.plans import build
from zamc.deployments.ports import Item
from zamc.deployments.rules import marker
from zamc.errors import NotFound
from zamc.strategies.schema import CampaignKind

INSTALLATION = "deadbeef"
SIZES = {"0": (1200, 628), "1": (1200, 1200), "2": (960, 1200), "google_logo0": (600, 600), "google_logo_": (1200, 300)}


class Pictures:
    """Object storage that draws what the hash stands for; asked counts."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def get(self, sha256: str, media_type: str) -> bytes:
        self.asked.append(sha256)
        size = next((size for prefix, size in SIZES.items() if sha256.startswith(prefix)), None)
        if size is None or media_type != "image/png":
            raise NotFound("no such picture")
        # A picture is told from others by its bytes, so one row more for another language.
        return png(size[0], size[1] + (1 if "en" in sha256[:3] else 0))


def items(kind: CampaignKind, deployment: int = 2, **changes: Any) -> list[Item]:
    """What one request carries, nothing of it bound yet."""
    changes.setdefault("audiences", people(25, 44))
    changes = {"landing_page": "https://example.org/bread", "starts_on": "2027-03-01", "ends_on": "2027-04-01", **changes}
    made = build(replace(source(kind, **changes), deployment_id=UUID(int=deployment)))
    return [
        Item(each.obj_key, each.kind, each.local_ref, marker(INSTALLATION, each.obj_key), each.spec, siblings=each.refs) for each in made
    ]


def bound(wanted: Sequence[Item], made: dict[UUID, str]) -> list[Item]:
    """The same after they were made."""
    return [
        replace(
            item,
            external_id=made[item.obj_key],
            refs={role: made[key] for role, key in item.siblings.items()},
            siblings={},
        )
        for item in wanted
    ]


def free() -> None:
    """A guard that always lets pass."""
