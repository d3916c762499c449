"""How Meta's side behaves, set through the admin API: kept in the store, and in memory because every call asks."""

from collections.abc import Mapping
from typing import Final

from sandbox.store import Store

NAMES: Final = (
    "review_seconds", "process_seconds", "report_seconds", "video_seconds", "video_chunk_bytes", "read_lag_seconds", "require_proof",
    "token_seconds", "report_cells",
)  # fmt: skip


class Settings:
    """Figures by name; 0 for what was never set."""

    def __init__(self, store: Store) -> None:
        self._store = store
        with store.reading() as tx:
            kept = {name: tx.setting(f"meta_{name}") for name in NAMES}
        self._values = {name: float(value) for name, value in kept.items() if value is not None}

    def get(self, name: str) -> float:
        return self._values.get(name, 0.0)

    def change(self, given: Mapping[str, float]) -> None:
        with self._store.transaction() as tx:
            for name, value in given.items():
                tx.set_setting(f"meta_{name}", str(float(value)))
        self._values.update({name: float(value) for name, value in given.items()})
