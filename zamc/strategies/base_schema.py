"""What briefs and plans are made of: closed groups of fields, and short texts with limits."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, StringConstraints

Platform = Literal["google_ads", "meta_ads"]
CampaignKind = Literal["search", "performance_max", "display", "meta"]
Goal = Literal["awareness", "traffic", "leads", "sales"]
# Where somebody stands on the way to a purchase: does not know it yet, is looking around, has decided to act.
Stage = Literal["awareness", "consideration", "conversion"]
# Lines of business that published benchmarks tell apart (zamc.strategies.industry_rules says which figures each has).
Industry = Literal[
    "general", "animals", "apparel", "arts", "automotive", "beauty", "business_services", "careers", "dental", "education", "finance",
    "fitness", "food", "furniture", "gifts", "health", "home", "industrial", "legal", "personal_services", "real_estate", "sports",
    "travel",
]  # fmt: skip
# What videos sound like.
SoundName = Literal["silence", "tone"]
Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
Paragraph = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=5_000)]
Currency = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]
Country = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")]
Language = Annotated[str, StringConstraints(pattern=r"^[a-z]{2}$")]


class Closed(BaseModel):
    """No unknown field, no silent conversion, no change after construction."""

    model_config = ConfigDict(extra="forbid", frozen=True)
