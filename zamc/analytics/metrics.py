"""The metrics of the reports, as dbt/models/semantic/_metrics.yml defines them: each once, for models, commands and docs."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path

FILE = Path(__file__).resolve().parents[2] / "dbt" / "models" / "semantic" / "_metrics.yml"
_SIX = Decimal("0.000001")


@dataclass(frozen=True)
class Metric:
    """numerator and denominator name two other metrics; both are empty for what is summed up."""

    name: str
    label: str
    description: str
    numerator: str = ""
    denominator: str = ""

    @property
    def is_ratio(self) -> bool:
        return bool(self.denominator)

    @property
    def formula(self) -> str:
        """In words: "clicks / impressions", or "sum"."""
        return f"{self.numerator} / {self.denominator}" if self.is_ratio else "sum"

    def of(self, sums: Mapping[str, Decimal | int | None]) -> Decimal | None:
        """The metric of these sums (spend and value in units): None without a denominator, as in the reports."""
        if not self.is_ratio:
            value = sums[self.name]
            return None if value is None else Decimal(value)
        above, below = sums[self.numerator], sums[self.denominator]
        return None if above is None or not below else (Decimal(above) / Decimal(below)).quantize(_SIX)


@cache
def metrics() -> Mapping[str, Metric]:
    """All metrics in the order of the file."""
    import yaml

    read = yaml.safe_load(FILE.read_text())["metrics"]
    found = {}
    for each in read:
        parts = each["type_params"]
        found[each["name"]] = Metric(
            each["name"], each["label"], " ".join(each["description"].split()), parts.get("numerator", ""), parts.get("denominator", "")
        )
    return found
