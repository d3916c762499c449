"""Which kinds of campaign a platform's part of the budget goes to, and how much each of them gets. Pure.

Google, by goal (where in the funnel the goal stands):

  leads, sales  search 0.50, performance_max 0.35, display 0.15. Search answers people who already look for it, and converts best;
                Performance Max finds more of such people on all of Google's networks, and can only bid for conversions; display
                reminds and introduces. Google calls the two "complementary" and advises to run Performance Max beside Search
                (Google Ads Help 10724817).
  traffic       search 0.70, display 0.30: clicks are what is wanted, and a click of display is cheap and worth less.
  awareness     display 0.65, search 0.35: reach first; search catches the demand that it makes.

The figures are a start that has no other source than that order. What the project's own campaigns have returned moves them
(zamc.strategies.return_rules), and the optimiser goes on from there.
"""

from collections.abc import Mapping
from decimal import Decimal

from zamc.money import Money
from zamc.strategies.return_rules import Returns, moved
from zamc.strategies.schema import CampaignKind, Goal, Platform, Stage

_GOOGLE: dict[Goal, dict[CampaignKind, Decimal]] = {
    "leads": {"search": Decimal("0.50"), "performance_max": Decimal("0.35"), "display": Decimal("0.15")},
    "sales": {"search": Decimal("0.50"), "performance_max": Decimal("0.35"), "display": Decimal("0.15")},
    "traffic": {"search": Decimal("0.70"), "display": Decimal("0.30")},
    "awareness": {"display": Decimal("0.65"), "search": Decimal("0.35")},
}
_META: dict[CampaignKind, Decimal] = {"meta": Decimal(1)}
# How many of the platform's minimum daily budgets (1 USD, or so) a kind needs. The platform accepts less; then nothing is learnt.
# display: at about 0.6 USD a click, 5 USD buy eight clicks a day, the least of which two weeks show a difference at all.
# performance_max: Google advises a daily budget of three times what a conversion costs (Google Ads Help 10724817). What it costs is not
# known before the first one; 10 USD pay one or two conversions a week at the prior's price, the least from which bidding learns.
LEAST: Mapping[CampaignKind, int] = {"search": 1, "meta": 1, "display": 5, "performance_max": 10}
NAMES: Mapping[CampaignKind, str] = {"search": "Search", "performance_max": "Performance Max", "display": "Display", "meta": "Meta"}
_AS_EXPECTED: Returns = {}
_WHY: Mapping[CampaignKind, str] = {
    "display": "below that too few people click to tell what works",
    "performance_max": "below that its bidding sees too few conversions to learn from",
}


# Where in the funnel a kind of campaign works, by goal.
_STAGES: Mapping[CampaignKind, Mapping[Goal, Stage]] = {
    "search": {"awareness": "consideration", "traffic": "consideration", "leads": "conversion", "sales": "conversion"},
    "performance_max": dict.fromkeys(("awareness", "traffic", "leads", "sales"), "conversion"),
    "display": dict.fromkeys(("awareness", "traffic", "leads", "sales"), "awareness"),
    "meta": {"awareness": "awareness", "traffic": "consideration", "leads": "consideration", "sales": "consideration"},
}


def stage_of(kind: CampaignKind, goal: Goal) -> Stage:
    """Search answers demand, display makes it, Meta shows to people who did not ask; Performance Max bids for conversions."""
    return _STAGES[kind][goal]


def platform_shares(shares: Mapping[Platform, Decimal], goal: Goal, returns: Returns) -> dict[Platform, Decimal]:
    """Shares of platforms (of any sum), moved by what their kinds have returned."""
    google = sum(moved(_GOOGLE[goal], returns, normal=False).values(), Decimal(0))
    return {
        platform: share * (google if platform == "google_ads" else sum(moved(_META, returns, normal=False).values()))
        for platform, share in shares.items()
    }


def campaign_word(platform: str, kind: str) -> str:
    """A kind of campaign in names and messages: Meta has one, which needs no name."""
    return platform if kind == "meta" else f"{platform} / {kind}"


def divide_platform(
    platform: Platform, goal: Goal, daily: Money, *, minimum: Money, conversions: bool = True, returns: Returns = _AS_EXPECTED
) -> tuple[dict[CampaignKind, Money], list[str]]:
    """A platform's daily budget per kind, and a note for each kind that was left out. The parts sum to `daily` exactly.

    minimum: the platform's smallest daily budget. returns: as zamc.strategies.return_rules has it. conversions: whether the account counts
    any, without which Performance Max has nothing to bid for. What a kind does not get, search gets; Meta has one kind.
    """
    if platform == "meta_ads":
        return {"meta": daily}, []
    parts: dict[CampaignKind, Money] = {}
    notes = []
    for kind, share in moved(_GOOGLE[goal], returns).items():
        if kind == "search":
            continue
        part = Money(int(daily.micros * share), daily.currency).floor_to_minor_unit()
        least = Money(LEAST[kind] * minimum.micros, daily.currency)
        if kind == "performance_max" and not conversions:
            notes.append(
                "Performance Max is left out: the Google Ads account has no conversion action, and it bids for conversions alone; "
                "add the action to the account and ask again. Its part goes to Search"
            )
        elif part < least:
            notes.append(
                f"{NAMES[kind]} is left out: its part would be {part} a day, less than {least} "
                f"({LEAST[kind]} times the platform's minimum): {_WHY[kind]}. Its part goes to Search"
            )
        else:
            parts[kind] = part
    rest = Money(daily.micros - sum(part.micros for part in parts.values()), daily.currency)
    return {"search": rest, **parts}, notes
