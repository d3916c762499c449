"""What is judged, what can be found, and what was found. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from zamc.analytics.verdict_series_rules import Early, Floats, Ints


class Kind(StrEnum):
    """What can be found."""

    TRACKING_STOPPED = "tracking_stopped"
    CPA_UP = "cpa_up"
    CTR_DOWN = "ctr_down"
    SPEND_UP = "spend_up"
    SPEND_DOWN = "spend_down"
    FATIGUE = "fatigue"
    SEASON = "season"


@dataclass(frozen=True, slots=True)
class Measures:
    """An account up to yesterday. Arrays are by object and day, days in order; ads and campaigns are rows.

    conversions: those shown so far, of all counted actions; completeness[day]: which share of a day's that is. by_action: where there are
    several, of each the account's conversions and completeness by day. owner: an ad's campaign's row. changed: by campaign row, the days
    (columns) on which we changed its budget ourselves.
    """

    weekdays: Ints
    impressions: Floats
    clicks: Floats
    spend: Floats
    conversions: Floats
    completeness: Floats
    early: Early
    ad_impressions: Floats
    ad_clicks: Floats
    owner: Ints
    changed: Mapping[int, Sequence[int]] = field(default_factory=dict)
    by_action: Mapping[str, tuple[Floats, Floats]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Found:
    """One condition. campaign and ad are rows, None for the account as a whole. days: how many of the last days show it.

    seen and expected are of those days, in the unit of the kind: conversions, clicks or micros of spend; ratio is seen over expected as
    people read it (cost per conversion: its rise). p: of the test.
    """

    kind: Kind
    campaign: int | None
    ad: int | None
    days: int
    seen: float
    expected: float
    ratio: float
    p: float
    action: str = ""


Key = tuple[Kind, int | None, int | None, str]
