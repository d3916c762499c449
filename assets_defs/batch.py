"""What the campaign-lifecycle data assets share: a batch of ids in, counts and a sample of failures out."""

import time
from typing import TYPE_CHECKING
from uuid import UUID

import dagster as dg
from pydantic import Field

if TYPE_CHECKING:
    from zamc.steps import Outcome

_SAMPLE = 10


class Batch(dg.Config):
    """Strategies to work on; empty means all that is pending, which is what a click on "Materialize" and the safety net do."""

    strategy_ids: list[str] = Field(default=[])

    @property
    def ids(self) -> list[UUID] | None:
        return [UUID(text) for text in self.strategy_ids] or None


def materialized(outcome: "Outcome", *, started: float) -> dg.MaterializeResult[None]:
    """Per-item results are in PostgreSQL; Dagster keeps the counts, the duration and a sample of what failed."""
    sample = {str(key): sentence for key, sentence in list(outcome.errors.items())[:_SAMPLE]}
    return dg.MaterializeResult(
        metadata={
            **{name: dg.MetadataValue.int(count) for name, count in sorted(outcome.counts.items())},
            "seconds": dg.MetadataValue.float(round(time.monotonic() - started, 3)),
            **({"failures": dg.MetadataValue.json(sample)} if sample else {}),
        }
    )
