"""A plan with forecasts as the rules make them, in any currency and with any end."""

from datetime import date
from decimal import Decimal
from typing import Any

from tests.zamc.deployments.conftest import plan_of
from zamc.money import Money
from zamc.strategies.forecast_rules import forecast
from zamc.strategies.schema import Channel, Plan, Platform

EUR = 1_000_000


def channel(*, platform: Platform = "google_ads", daily_micros: int = 50 * EUR, share: str = "0.6", currency: str = "EUR") -> Channel:
    return Channel(
        platform=platform,
        share=Decimal(share),
        daily_budget_micros=daily_micros,
        objective="leads",
        forecast=forecast("search" if platform == "google_ads" else "meta", "leads", Money(daily_micros, currency)),
    )


def plan(*channels: Channel, starts_on: date = date(2026, 11, 1), ends_on: date | None = date(2026, 12, 31), **flight: Any) -> Plan:
    return plan_of(
        starts_on=starts_on.isoformat(),
        ends_on=ends_on.isoformat() if ends_on else None,
        channels=list(channels) or [channel()],
        **flight,
    )
