"""What a project allows of models: which providers in which order, and for how much a month."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, text
from sqlalchemy.orm import Mapped, mapped_column

from zamc.database.base import Base


class ModelPolicy(Base):
    """One per project; written by zamc_owner alone. Without one, a provider that costs is not asked.

    providers: names in order, None: the installation's order. offline: whether the offline writer may stand in when every provider has
    failed. monthly_budget_micros: US dollars in a calendar month (UTC), None: no provider that costs. pages: whether a brief's landing
    page may be read, and its text be told to a model.
    """

    __tablename__ = "model_policies"
    __table_args__ = (CheckConstraint("monthly_budget_micros >= 0", name="not_negative"),)

    project_id: Mapped[UUID] = mapped_column(ForeignKey("projects.id"), primary_key=True)
    providers: Mapped[list[Any] | None]
    offline: Mapped[bool] = mapped_column(default=False, server_default="false")
    monthly_budget_micros: Mapped[int | None] = mapped_column(BigInteger)
    pages: Mapped[bool] = mapped_column(default=False, server_default="false")
    decided_by: Mapped[str]
    decided_at: Mapped[datetime] = mapped_column(server_default=text("now()"))


class LandingPage(Base):
    """What a landing page said when it was last read for a project (zamc.llm.pages). sha256: of the body as it came."""

    __tablename__ = "landing_pages"

    project_id: Mapped[UUID] = mapped_column(ForeignKey("projects.id"), primary_key=True)
    url: Mapped[str] = mapped_column(primary_key=True)
    final_url: Mapped[str]
    title: Mapped[str]
    text: Mapped[str]
    sha256: Mapped[str]
    cut: Mapped[bool]
    read_at: Mapped[datetime]
