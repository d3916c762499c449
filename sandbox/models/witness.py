"""The log of what was bought: every call with what it would have cost, and every lie that was planted in an answer."""

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, Final

from sandbox.models.exchange import PLATFORMS, Ask, Json, Planted, Reply, cost_micros
from sandbox.store import Store, to_text

ACCOUNT: Final = "models"
KIND: Final = "model_call"
SETTING: Final = "models"
DEFAULTS: Final[Mapping[str, Any]] = {"latency_seconds": 0.0, "seed": 0}


class Witness:
    """Kept in the store: it survives a kill."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def settings(self) -> dict[str, Any]:
        with self._store.reading() as tx:
            return {**DEFAULTS, **json.loads(tx.setting(SETTING) or "{}")}

    def configure(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Change {"latency_seconds"?, "seed"?}. Raises ValueError."""
        if unknown := given.keys() - DEFAULTS.keys():
            raise ValueError(f"unknown field {min(unknown)!r}; known are {', '.join(sorted(DEFAULTS))}")
        kept = {**self.settings(), **given}
        kept = {"latency_seconds": float(kept["latency_seconds"]), "seed": int(kept["seed"])}
        if kept["latency_seconds"] < 0:
            raise ValueError("latency_seconds cannot be negative")
        with self._store.transaction() as tx:
            tx.set_setting(SETTING, json.dumps(kept))
        return kept

    def note(self, platform: str, key: str, told: Mapping[str, Any], body: bytes) -> None:
        """Remember one call; `body` is the request as it came."""
        with self._store.transaction() as tx:
            number = int(tx.setting("models_calls") or 0) + 1
            tx.set_setting("models_calls", str(number))
            tx.insert(platform, ACCOUNT, KIND, {"number": number, "at": to_text(tx.now()), **told}, id=key)
            tx.append_blob(f"{KIND}/{key}", body)

    def calls(self, given: Mapping[str, Any]) -> Json:
        """{"platform"?, "since"?: number} -> the calls (oldest first), sums, and what was bought twice, by the hash of the request."""
        with self._store.reading() as tx:
            found = [o for platform in PLATFORMS for o in tx.find(platform, ACCOUNT, KIND)]
        known = [{"id": o.id, "platform": o.platform, **o.body} for o in found if given.get("platform") in (None, o.platform)]
        known = sorted((c for c in known if c["number"] > int(given.get("since", 0))), key=lambda call: int(call["number"]))
        bought = Counter((call["platform"], call["request"]) for call in known if call["billed"])
        return {
            "calls": known,
            "billed": sum(call["billed"] for call in known),
            "cost_micros": sum(call["cost_micros"] for call in known),
            "bought_twice": [{"platform": p, "request": r, "times": n} for (p, r), n in bought.items() if n > 1],
        }

    def planted(self, _: Mapping[str, Any]) -> Json:
        """Every lie and defect that a delivered answer held, oldest first: {"call", "platform", "kind", "path", "text"}."""
        calls = self.calls({})["calls"]
        return {"planted": [{"call": c["id"], "platform": c["platform"], **p} for c in calls if c["delivered"] for p in c["planted"]]}

    def request(self, given: Mapping[str, Any]) -> Json:
        """{"id"} -> the body of that request, as it came."""
        with self._store.reading() as tx:
            body = tx.blob(f"{KIND}/{given.get('id')}")
        if not body:
            raise ValueError(f"there is no call {given.get('id')!r}")
        return {"body": body.decode(errors="replace")}


def bought(asked: Ask, reply: Reply) -> dict[str, Any]:
    """What a call that was carried out tells the log."""
    return {
        "billed": True,
        "input_tokens": asked.input_tokens,
        "output_tokens": reply.output_tokens,
        "cost_micros": cost_micros(asked, reply),
        "finish": reply.finish,
        "planted": [asdict(planted) for planted in reply.planted],
    }


def unbought() -> dict[str, Any]:
    """What a call that was refused tells the log."""
    planted: list[Planted] = []
    return {"billed": False, "input_tokens": 0, "output_tokens": 0, "cost_micros": 0, "finish": "", "planted": planted}
