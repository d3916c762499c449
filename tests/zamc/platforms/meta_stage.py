"""One Meta ad account in a sandbox of its own, the real adapter on it, and trees to carry out."""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from uuid import UUID

from sandbox.faults import Fault
from tests.conftest import ManualClock
from tests.sandbox import world as meta
from tests.sandbox.meta.movies import mp4
from tests.zamc.deployments.test_meta_tree import source
from zamc.deployments.meta_tree import build_meta
from zamc.deployments.ports import Item
from zamc.deployments.rules import marker
from zamc.deployments.tree import Wanted
from zamc.errors import Later, OutsideError
from zamc.platforms.meta_ads.adapter import MetaAdsPlatform
from zamc.platforms.meta_ads.client import MetaClient
from zamc.platforms.meta_ads.usage import Usage
from zamc.projects.tables import AdAccount

INSTALLATION = "0123abcd"


def free() -> None:
    """A lease that never ends."""


@dataclass
class Material:
    """Object storage that makes up an honest file for each hash, until it is spoiled."""

    spoiled: bool = False
    spoiled_videos: bool = False

    def get(self, sha256: str, media_type: str) -> bytes:
        if self.spoiled or (self.spoiled_videos and media_type == "video/mp4"):
            return b"this is no film"
        seed = int(sha256[-2:], 16) if sha256[-2:].isalnum() else 0
        return mp4(filling=5_000 + seed) if media_type == "video/mp4" else meta.png(200 + seed, 200 + seed)


@dataclass
class Stage:
    """What a test of the adapter moves."""

    world: meta.World
    brand: meta.Advertiser
    client: MetaClient
    platform: MetaAdsPlatform
    clock: ManualClock
    material: Material
    heard: list[tuple[str, Usage]] = field(default_factory=list)
    requests: list[tuple[str, str, int]] = field(default_factory=list)

    def tree(self, number: int = 1, **changes: Any) -> list[Wanted]:
        account = {"page_id": self.brand.page, "pixel_id": self.brand.pixel, **changes.pop("account", {})}
        wanted = source(starts_on="2027-03-10", ends_on="2027-04-01", account=account, **changes)
        return build_meta(replace(wanted, deployment_id=UUID(int=number)))

    @staticmethod
    def item(wanted: Wanted, bound: Mapping[UUID, str]) -> Item:
        refs = {role: bound[key] for role, key in wanted.refs.items() if key in bound}
        spec = json.loads(json.dumps(wanted.spec))
        name = marker(INSTALLATION, wanted.obj_key)
        return Item(wanted.obj_key, wanted.kind, wanted.local_ref, name, spec, bound.get(wanted.obj_key), refs)

    def items(self, tree: Sequence[Wanted], bound: Mapping[UUID, str], *kinds: str) -> list[Item]:
        return [self.item(each, bound) for each in tree if each.obj_key in bound and (not kinds or each.kind in kinds)]

    def build(self, tree: Sequence[Wanted]) -> dict[UUID, str]:
        """Create a whole tree, waiting for videos by moving the sandbox's clock."""
        bound: dict[UUID, str] = {}
        for wanted in tree:
            while wanted.obj_key not in bound:
                try:
                    bound |= self.platform.create([self.item(wanted, bound)], guard=free)
                except Later as later:
                    self.advance(later.delay.total_seconds() if later.delay else 0)
        return bound

    def advance(self, seconds: float) -> None:
        self.clock.advance(seconds=seconds)
        self.world.clock.advance(seconds)

    def fault(self, method: str, fault: str, **more: Any) -> None:
        self.world.faults.add(Fault.parse({"platform": "meta", "method": method, "fault": fault, **more}))

    def status(self, external_id: str) -> str:
        return str(self.brand.get(external_id, fields="status")["status"])

    def sent(self) -> int:
        """How many requests have been sent since this was asked last."""
        count = len(self.requests)
        self.requests.clear()
        return count


def refused(answer: object) -> OutsideError:
    assert isinstance(answer, OutsideError), answer
    return answer


@contextmanager
def running(home: Path, *, currency: str = "EUR") -> Iterator[Stage]:
    clock = ManualClock()
    clock.wall = clock.business = meta.MONDAY
    with meta.running(home) as made:
        brand = made.advertiser(currency=currency)
        account = AdAccount(external_id=brand.id, platform="meta_ads", currency=currency, time_zone="Europe/Berlin")
        material = Material()
        stage: Stage

        @contextmanager
        def around(account: str, kind: str, calls: int) -> Iterator[None]:
            stage.requests.append((account, kind, calls))
            yield

        client = MetaClient(
            token=made.credentials.token,
            graph_url=made.url,
            version="v25.0",
            timeout_seconds=20,
            observer=lambda account, usage: stage.heard.append((account, usage)),
            around=around,
        )
        with made.store.transaction() as tx:
            tx.set_setting("meta_video_seconds", "12")
        stage = Stage(made, brand, client, MetaAdsPlatform(client, account, clock, material), clock, material)
        yield stage
        client.close()
