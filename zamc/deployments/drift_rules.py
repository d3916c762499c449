"""What counts as an outside change, and what a project does about it by itself. Pure."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from zamc.errors import InvalidInput


class Field(StrEnum):
    """What was changed outside."""

    STATUS = "status"
    BUDGET = "budget"
    ENDS_ON = "ends_on"
    NAME = "name"
    KEYWORDS = "keywords"
    REMOVED = "removed"
    LOCATIONS = "locations"
    LANGUAGES = "languages"
    SCHEDULE = "schedule"
    AUDIENCE = "audience"
    SIGNALS = "signals"
    BIDDING = "bidding"
    FINAL_URL = "final_url"
    URL_SUFFIX = "url_suffix"
    TEXTS = "texts"
    IMAGES = "images"
    BRAND = "brand"
    AUTOMATIONS = "automations"
    CREATIVE = "creative"


# What a platform shows only where it is asked for (zamc.deployments.ports.Settings), and the name under which a policy speaks of it.
SETTINGS: Mapping[Field, str] = {
    Field.KEYWORDS: "keywords",
    Field.LOCATIONS: "targeting",
    Field.LANGUAGES: "targeting",
    Field.SCHEDULE: "targeting",
    Field.AUDIENCE: "targeting",
    Field.SIGNALS: "targeting",
    Field.BIDDING: "bidding",
    Field.FINAL_URL: "destination",
    Field.URL_SUFFIX: "destination",
    Field.TEXTS: "content",
    Field.IMAGES: "content",
    Field.BRAND: "content",
    Field.AUTOMATIONS: "content",
    Field.CREATIVE: "content",
}


class Answer(StrEnum):
    ASK = "ask"
    ACCEPT = "accept"
    REVERT = "revert"


# What may happen, and what is done about it when a project's policy does not say. Asking is always safe: what is on against our record
# was paused before, and money above the reservation is told by its own alert.
DEFAULTS: Mapping[str, Answer] = {
    "budget_raise": Answer.ASK,
    "budget_cut": Answer.ASK,
    "ends_later": Answer.ASK,
    "ends_earlier": Answer.ASK,
    "paused": Answer.ASK,
    "lit": Answer.ASK,
    "name": Answer.ASK,
    "keywords": Answer.ASK,
    "targeting": Answer.ASK,
    "bidding": Answer.ASK,
    "destination": Answer.ASK,
    "content": Answer.ASK,
    "removed": Answer.ASK,
}
_NEVER = {("removed", Answer.REVERT): "what was removed cannot be brought back; launch anew"}


def check_rules(rules: Mapping[str, str]) -> dict[str, str]:
    """Raises InvalidInput for something that cannot happen or cannot be answered so."""
    for what, answer in rules.items():
        if what not in DEFAULTS:
            raise InvalidInput(f"drift.{what}", f"is not one of {', '.join(DEFAULTS)}")
        if answer not in list(Answer):
            raise InvalidInput(f"drift.{what}", f"must be one of {', '.join(Answer)}")
        if why := _NEVER.get((what, Answer(answer))):
            raise InvalidInput(f"drift.{what}", why)
    return dict(rules)


def what_happened(field: Field, wanted: Any, seen: Any) -> str:
    """The name under which a policy speaks of a change."""
    if field == Field.BUDGET:
        return "budget_raise" if seen > wanted else "budget_cut"
    if field == Field.ENDS_ON:
        later = seen is None or (wanted is not None and str(seen) > str(wanted))
        return "ends_later" if later else "ends_earlier"
    if field == Field.STATUS:
        return "lit" if seen == "enabled" else "paused"
    return SETTINGS.get(field, str(field))


def answer_of(rules: Mapping[str, Any], field: Field, wanted: Any, seen: Any) -> Answer:
    """What the project does about it. A rule that nobody understands asks."""
    what = what_happened(field, wanted, seen)
    try:
        return Answer(rules.get(what, DEFAULTS[what]))
    except ValueError:
        return Answer.ASK
