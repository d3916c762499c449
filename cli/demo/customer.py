"""What a customer has before the first brief: a project, ad accounts, a page, a pixel, a conversion action, and a spend policy.

The accounts are made in the sandbox through its own administration, as a customer makes them in the platforms' web pages.
"""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import httpx

from zamc.bootstrap import Services
from zamc.llm import repository as models
from zamc.llm.service import set_policy
from zamc.money import Money
from zamc.projects import repository as projects
from zamc.projects.rules import Caps, caps_for_budget
from zamc.strategies.brief_rules import check_budget
from zamc.strategies.schema import Brief

BY = "zamc demo"
# With keys of model providers in the environment, what the demo's customers allow them: 5 US dollars a month.
_MODELS_MICROS = 5_000_000

# An account has one time zone; for a brief in several regions the first one decides, as it would for the customer's head office.
TIME_ZONES = {
    "AT": "Europe/Vienna", "AU": "Australia/Sydney", "BE": "Europe/Brussels", "BR": "America/Sao_Paulo", "CA": "America/Toronto",
    "CH": "Europe/Zurich", "DE": "Europe/Berlin", "DK": "Europe/Copenhagen", "ES": "Europe/Madrid", "FI": "Europe/Helsinki",
    "FR": "Europe/Paris", "GB": "Europe/London", "IE": "Europe/Dublin", "IN": "Asia/Kolkata", "IT": "Europe/Rome", "JP": "Asia/Tokyo",
    "MX": "America/Mexico_City", "NL": "Europe/Amsterdam", "NO": "Europe/Oslo", "NZ": "Pacific/Auckland", "PL": "Europe/Warsaw",
    "PT": "Europe/Lisbon", "SE": "Europe/Stockholm", "US": "America/New_York",
}  # fmt: skip


@dataclass(frozen=True)
class Customer:
    """What was set up for one brief, in words for the screen."""

    project_id: UUID
    project: str
    lines: tuple[str, ...]


class Sandbox:
    """The administration of the stand-ins."""

    def __init__(self, url: str) -> None:
        self._http = httpx.Client(base_url=url, timeout=30)

    def post(self, path: str, **body: Any) -> dict[str, Any]:
        answer = self._http.post(path, json=body)
        answer.raise_for_status()
        read: dict[str, Any] = answer.json()
        return read

    def move_clock(self, instant: str) -> None:
        self.post("/sandbox/clock", now=instant)

    def close(self) -> None:
        self._http.close()


def set_up(services: Services, sandbox: Sandbox, project_name: str, brief: Brief) -> Customer:
    """Make what is missing; what is there stays as it is. All gates are open: the demo is the autopilot at work."""
    currency, time_zone = brief.budget.currency, TIME_ZONES.get(brief.regions[0], "UTC")
    google = sandbox.post("/sandbox/google/customers", descriptive_name=project_name, currency=currency, time_zone=time_zone)["customer_id"]
    action = sandbox.post(
        f"/sandbox/google/customers/{google}/conversion_actions", name=f"{brief.goal} on the website", category=_category(brief)
    )
    meta = sandbox.post("/sandbox/meta/accounts", name=project_name, currency=currency, timezone_name=time_zone)["account_id"]
    page = sandbox.post(f"/sandbox/meta/accounts/{meta}/pages", name=project_name)["page_id"]
    pixel = sandbox.post(f"/sandbox/meta/accounts/{meta}/pixels", name=f"{project_name} pixel")["pixel_id"]
    with services.owner_database.transaction() as session:
        project = services.projects.create_project(
            session,
            project_name,
            by=BY,
            brand=brief.brand.model_dump(),
            gates=dict.fromkeys(("strategy", "creatives", "launch", "budget"), "auto"),
        )
        where = {"currency": currency, "time_zone": time_zone, "by": BY}
        services.projects.add_account(
            session, project.id, platform="google_ads", external_id=google, conversion_action=action["resource_name"], **where
        )
        services.projects.add_account(session, project.id, platform="meta_ads", external_id=meta, page_id=page, pixel_id=pixel, **where)
        caps = _caps(brief)
        if projects.policy(session, project.id, currency) is None:
            services.projects.set_spend_policy(session, project.id, caps, by=BY)
        if services.models and models.policy(session, project.id) is None:
            set_policy(session, project.id, providers=None, offline=True, monthly_budget_micros=_MODELS_MICROS, by=BY)
    total = f", {Money(caps.total_micros, currency)} in total" if caps.total_micros else ""
    lines = (
        f"Google Ads {google} and Meta {meta} in {currency}, {time_zone}; page {page}, pixel {pixel}, conversion action {action['id']}",
        f"may be billed at most {Money(caps.daily_micros, currency)} a day, {Money(caps.monthly_micros, currency)} a month{total}",
    )
    return Customer(project.id, project_name, lines)


def _category(brief: Brief) -> str:
    return {"leads": "SUBMIT_LEAD_FORM", "sales": "PURCHASE"}.get(brief.goal, "PAGE_VIEW")


def _caps(brief: Brief) -> Caps:
    days = (brief.end - brief.start).days + 1 if brief.budget.total and brief.end else None
    return caps_for_budget(check_budget(brief.budget), flight_days=days)
