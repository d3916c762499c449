"""The brief that a marketer writes and the plan that is made of it: typed, closed (no unknown field), JSON-serialisable.

What costs or aims (budgets, URL, targeting, dates) stands in Flight and Channel and is computed by rules alone; what persuades
(positioning, audiences, messages) may come from a model. A writer returns a Pitch, never a Plan.
"""

from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints, model_validator

from zamc.strategies.base_schema import (
    CampaignKind,
    Closed,
    Country,
    Currency,
    Goal,
    Industry,
    Language,
    Line,
    Paragraph,
    Platform,
    SoundName,
    Stage,
)
from zamc.strategies.outlook_schema import Forecast, Outlook, Phase, Range, Ratio, StageBudget, Target, Test

# What the law asks of adverts for these: nobody is left out by age, sex or neighbourhood.
SpecialCategory = Literal["none", "housing", "employment", "credit", "financial"]
BudgetLevel = Literal["campaign", "ad_set"]
Colour = Annotated[str, StringConstraints(pattern=r"^#[0-9A-Fa-f]{6}$")]


class Amount(Closed):
    """A decimal as people write it ("17.00") and its currency; zamc.money reads it."""

    amount: str
    currency: Currency


class Budget(Closed):
    """Exactly one of total (for the whole flight) and monthly (until it is stopped); rules.check_brief says which is missing."""

    total: str | None = None
    monthly: str | None = None
    currency: Currency


class GeoTarget(Closed):
    """A place within the regions, narrowed to a radius."""

    name: Line
    radius_km: int = Field(gt=0, le=500)


class Brand(Closed):
    """Colours of the brand kit, the address of a logo (PNG or JPEG) or nothing, and what videos sound like."""

    primary: Colour = "#1F3A5F"
    secondary: Colour = "#F2A541"
    logo: str | None = Field(default=None, max_length=2_000)
    sound: SoundName = "silence"


class Brief(Closed):
    """What a marketer asks for. claims are the only facts that an ad may state."""

    name: Line
    product: Line
    offer: Line
    landing_page: str = Field(max_length=2_000)
    goal: Goal
    conversion_value: Amount | None = None
    audience: Paragraph
    regions: list[Country] = Field(min_length=1, max_length=50)
    geo_targets: list[GeoTarget] = Field(default=[], max_length=20)
    languages: list[Language] = Field(min_length=1, max_length=10)
    budget: Budget
    start: date
    end: date | None
    platforms: list[Platform] = Field(min_length=1, max_length=2)
    tone: Line
    claims: list[Line] = Field(min_length=1, max_length=20)
    avoid: list[Line] = Field(default=[], max_length=20)
    special_category: SpecialCategory = "none"
    industry: Industry = "general"
    brand: Brand = Brand()


class BriefFile(Closed):
    """A brief as it lies in a file: the project's name and the brief."""

    project: Line
    brief: Brief


class Persona(Closed):
    """One kind of person who may buy: what they want, and what keeps them from it."""

    name: Line
    description: Paragraph
    wants: Line
    doubts: Line


class Audience(Closed):
    """Whom a platform shows the ads to, in words and in what both platforms can aim at without third-party data.

    platform: None in plans of the time when an audience was everybody's.
    """

    name: Line
    description: Paragraph
    platform: Platform | None = None
    age_min: int = Field(ge=18, le=65)
    age_max: int = Field(ge=18, le=65)


class Message(Closed):
    """One thing to say in one language. source names the line of the brief that it rests on, e.g. "brief.claims[0]"."""

    language: Language
    angle: Line
    text: Line
    source: str


class Keyword(Closed):
    """A search term to bid on, in one language."""

    language: Language
    text: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=80)]
    match_type: Literal["EXACT", "PHRASE", "BROAD"]


class Pitch(Closed):
    """What a writer (offline or a model) contributes: words and nothing that costs or aims."""

    positioning: Line
    personas: list[Persona] = Field(default=[], max_length=6)
    audiences: list[Audience] = Field(min_length=1, max_length=12)
    messages: list[Message] = Field(min_length=1, max_length=200)
    keywords: list[Keyword] = Field(max_length=400)
    negative_keywords: list[Line] = Field(default=[], max_length=100)
    creative_direction: Line
    hypotheses: list[Line] = Field(default=[], max_length=5)
    risks: list[Line] = Field(default=[], max_length=10)


_FIRST_KINDS = {"google_ads": "search", "meta_ads": "meta"}


class Channel(Closed):
    """One campaign's part: how much a day, and what it optimises for. Money in micros of the plan's currency.

    kind: which kind of campaign of the platform. stage: of the funnel, None in older plans. budget_level: where Meta's daily budget
    stands; other platforms have one level.
    """

    platform: Platform
    kind: CampaignKind = "search"
    budget_level: BudgetLevel = "ad_set"
    share: Decimal = Field(ge=0, le=1)
    daily_budget_micros: int = Field(gt=0)
    objective: Goal
    stage: Stage | None = None
    forecast: Forecast

    @model_validator(mode="before")
    @classmethod
    def _kind_of_older_plans(cls, data: Any) -> Any:
        """Plans of the time before campaign kinds know one per platform."""
        if isinstance(data, dict) and "kind" not in data:
            return {**data, "kind": _FIRST_KINDS.get(data.get("platform", ""), "search")}
        return data

    @model_validator(mode="after")
    def _kind_of_the_platform(self) -> "Channel":
        if (self.kind == "meta") != (self.platform == "meta_ads"):
            raise ValueError(f"{self.platform} has no campaigns of kind {self.kind}")
        return self


class Flight(Closed):
    """When, where, in which currency, and where a click lands."""

    starts_on: date
    ends_on: date | None
    regions: list[Country]
    geo_targets: list[GeoTarget]
    languages: list[Language]
    landing_page: str
    special_category: SpecialCategory = "none"
    currency: Currency
    total_budget_micros: int | None = Field(description="What the brief allows in total; None when it names a monthly budget.")
    monthly_budget_micros: int | None = Field(default=None, description="What the brief allows per calendar month; None with a total.")


class Plan(Closed):
    """The typed strategy: a writer's pitch and what the rules computed. Plans of earlier times lack what has a default here."""

    pitch: Pitch
    flight: Flight
    channels: list[Channel] = Field(min_length=1, max_length=4)
    funnel: list[StageBudget] = Field(default=[])
    tests: list[Test] = Field(default=[])
    schedule: list[Phase] = Field(default=[])
    targets: list[Target] = Field(default=[])
    outlook: Outlook | None = None
    brand_name: Line
    brand: Brand
    notes: list[str] = Field(default=[], description="What the rules decided beyond the brief, e.g. why a platform was left out.")

    @model_validator(mode="after")
    def _one_channel_per_kind(self) -> "Plan":
        if len({(channel.platform, channel.kind) for channel in self.channels}) < len(self.channels):
            raise ValueError("a plan has one channel per platform and kind")
        return self

    def channel(self, platform: str, kind: str) -> Channel | None:
        """The part of one kind of campaign, or None when the plan has none."""
        return next((each for each in self.channels if (each.platform, each.kind) == (platform, kind)), None)


__all__ = [
    "Amount", "Audience", "Brand", "Brief", "BriefFile", "Budget", "BudgetLevel", "CampaignKind", "Channel", "Closed", "Colour", "Country",
    "Currency", "Flight", "Forecast", "GeoTarget", "Goal", "Industry", "Keyword", "Language", "Line", "Message", "Outlook", "Paragraph",
    "Persona", "Phase", "Pitch", "Plan", "Platform", "Range", "Ratio", "SpecialCategory", "Stage", "StageBudget", "Target", "Test",
]  # fmt: skip
