"""The labelled corpus of ads (see README.md in this folder) as values."""

import csv
import hashlib
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Literal

import yaml

from zamc.creatives.grounding_rules import Grounding, grounding_of
from zamc.creatives.limits import FIELDS
from zamc.strategies.schema import Brief, Platform

FOLDER = Path(__file__).parent
Half = Literal["tuning", "held out"]
# The codes of findings that name a fault. A price that the brief does not state is found as a number, or as a word such as "gratis".
CODES: dict[str, frozenset[str]] = {
    "width": frozenset({"too_wide"}),
    "count": frozenset({"too_few", "too_many"}),
    "duplicate": frozenset({"duplicate"}),
    "punctuation": frozenset({"punctuation", "symbols", "spacing"}),
    "capitals": frozenset({"capitals"}),
    "regulated": frozenset({"regulated", "promise", "avoided"}),
    "avoided": frozenset({"avoided"}),
    "number": frozenset({"number", "magnitude"}),
    "price": frozenset({"price", "number"}),
    "percentage": frozenset({"percentage", "number"}),
    "date": frozenset({"date", "number", "urgency"}),
    "superlative": frozenset({"superlative"}),
    "brand": frozenset({"brand"}),
    "competitor": frozenset({"avoided"}),
    "macro": frozenset({"macro"}),
    "diversity": frozenset({"diversity", "duplicate"}),
}


@dataclass(frozen=True)
class Ad:
    """One labelled ad. fault: a key of CODES, or "" for a good ad. content: the shape of zamc.creatives.tables."""

    id: str
    brief: str
    platform: Platform
    fault: str
    content: dict[str, list[str]]

    @property
    def half(self) -> Half:
        return "tuning" if hashlib.sha256(self.id.encode()).digest()[0] % 2 == 0 else "held out"

    @property
    def lines(self) -> int:
        return sum(map(len, self.content.values()))


def ads(half: Half) -> list[Ad]:
    """Good ads, then bad ones."""
    return [ad for name in ("good", "bad") for ad in _read(FOLDER / f"{name}.tsv") if ad.half == half]


def _read(path: Path) -> list[Ad]:
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    return [_ad(row) for row in rows]


def _ad(row: dict[str, str]) -> Ad:
    platform: Platform = "google_ads" if row["platform"] == "google_ads" else "meta_ads"
    names = ("headlines", "descriptions") if platform == "google_ads" else ("primary_texts", "headlines", "descriptions")
    fields = row["fields"].split("||")
    assert {field.name for field in FIELDS[platform]} >= set(names)
    content = {name: [line.strip() for line in field.split(" / ") if line.strip()] for name, field in zip(names, fields, strict=True)}
    return Ad(row["id"], row["brief"], platform, row["fault"].strip("-"), content)


def groundings() -> dict[str, Grounding]:
    """The facts of each brief of the corpus."""
    briefs: dict[str, dict[str, Any]] = yaml.safe_load((FOLDER / "briefs.yaml").read_text("utf-8"))
    return {name: grounding_of(_brief(name, fields), fields["project"]) for name, fields in briefs.items()}


def _brief(name: str, fields: dict[str, Any]) -> Brief:
    told = {key: value for key, value in fields.items() if key != "project"}
    return Brief.model_validate(
        {
            "name": name,
            "landing_page": "https://example.org/",
            "goal": "sales",
            "audience": "everybody",
            "regions": ["DE"],
            "languages": [name[:2]],
            "budget": {"total": "1000.00", "currency": "EUR"},
            "start": date(2027, 3, 1),
            "end": date(2027, 3, 31),
            "platforms": ["google_ads", "meta_ads"],
            "tone": "plain",
            **told,
        }
    )
