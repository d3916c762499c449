"""A brand's workspace: projects, ad accounts, gates, and the spend policy that only people decide."""

import re
from collections.abc import Mapping
from dataclasses import asdict, fields
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from zamc.clock import Clock
from zamc.database.ids import uuid7
from zamc.errors import Conflict, InvalidInput, NotFound
from zamc.money import decimals_of
from zamc.projects import repository
from zamc.projects.rules import PLATFORMS, Caps, PolicyRules, check_caps, check_gates, check_name, check_policy_rules
from zamc.projects.tables import AdAccount, Project, SpendPolicy

_EXTERNAL_ID = {"google_ads": re.compile("[0-9]{1,20}"), "meta_ads": re.compile("act_[0-9]{1,20}")}


class ProjectService:
    """Use cases take the caller's session; the caller commits."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def create_project(
        self, session: Session, name: str, *, by: str, brand: Mapping[str, Any] | None = None, gates: Mapping[str, str] | None = None
    ) -> Project:
        """A project with that name, made if it is not there. Gates that are not named are kept by a person. Raises InvalidInput."""
        return self.make_project(session, name, by=by, brand=brand, gates=gates)[0]

    def make_project(
        self, session: Session, name: str, *, by: str, brand: Mapping[str, Any] | None = None, gates: Mapping[str, str] | None = None
    ) -> tuple[Project, bool]:
        """The same, and whether it was made: what was there already may be somebody else's."""
        name, gates = check_name(name), check_gates(gates or {})
        made = repository.add_project(session, name, brand=brand or {}, gates=gates)
        if made is not None:
            repository.audit(session, actor=by, action="project.created", project_id=made, subject_id=made, name=name)
        project = repository.project_by_name(session, name)
        if project is None:
            raise Conflict(f"the project {name!r} was there and is gone; try again")
        return project, made is not None

    def add_account(
        self,
        session: Session,
        project_id: UUID,
        *,
        platform: str,
        external_id: str,
        currency: str,
        time_zone: str,
        by: str,
        page_id: str | None = None,
        pixel_id: str | None = None,
        conversion_action: str | None = None,
    ) -> AdAccount:
        """A customer's ad account, made if it is not there. external_id: digits for Google Ads, "act_..." for Meta.

        Raises InvalidInput, NotFound, and Conflict when the account is there with another currency or time zone.
        """
        if platform not in PLATFORMS:
            raise InvalidInput("account.platform", f"must be one of {', '.join(PLATFORMS)}")
        if not _EXTERNAL_ID[platform].fullmatch(external_id):
            raise InvalidInput("account.external_id", "must be digits without dashes for Google Ads, act_ and digits for Meta")
        decimals_of(currency)
        try:
            ZoneInfo(time_zone)
        except (KeyError, ValueError, OSError):
            raise InvalidInput("account.time_zone", f"{time_zone!r} is not an IANA time zone such as Europe/Berlin") from None
        if repository.project(session, project_id) is None:
            raise NotFound(f"no project {project_id}")
        found = repository.account(session, project_id=project_id, platform=platform, external_id=external_id)
        if found is not None:
            if (found.currency, found.time_zone) != (currency, time_zone):
                raise Conflict(f"{external_id} is already there in {found.currency}, {found.time_zone}; neither ever changes")
            return found
        account = AdAccount(
            id=uuid7(), project_id=project_id, platform=platform, external_id=external_id, currency=currency, time_zone=time_zone,
            page_id=page_id, pixel_id=pixel_id, conversion_action=conversion_action,
        )  # fmt: skip
        session.add(account)
        session.flush()
        details = {"platform": platform, "external_id": external_id, "currency": currency}
        repository.audit(session, actor=by, action="account.added", project_id=project_id, subject_id=account.id, **details)
        return account

    def set_gates(self, session: Session, project_id: UUID, gates: Mapping[str, str], *, by: str) -> None:
        """Change the named gates; the others stay."""
        project = repository.lock_project(session, project_id)
        if project is None:
            raise NotFound(f"no project {project_id}")
        changed = {**project.gates, **check_gates(gates)}
        repository.audit(
            session, actor=by, action="gates.set", project_id=project_id, subject_id=project_id, before=project.gates, after=changed
        )
        repository.set_gates(session, project_id, changed)
        session.expire(project)

    def set_spend_policy(self, session: Session, project_id: UUID, caps: Caps, *, by: str, rules: PolicyRules | None = None) -> None:
        """What the project may be billed at worst, and how fast budgets may grow. The session must be of zamc_owner: zamc_app has no
        right to write policies. rules: None leaves them as they are.

        A cap below what is reserved already stops nothing that runs; it refuses everything new. Raises InvalidInput, NotFound.
        """
        check_caps(caps)
        if rules is not None:
            check_policy_rules(rules, currency=caps.currency)
        if repository.lock_project(session, project_id) is None:
            raise NotFound(f"no project {project_id}")
        before = repository.policy(session, project_id, caps.currency)
        values: dict[str, Any] = {
            "daily_cap_micros": caps.daily_micros,
            "monthly_cap_micros": caps.monthly_micros,
            "total_cap_micros": caps.total_micros,
            "platform_caps": {platform: dict(periods) for platform, periods in caps.platforms.items()},
            **(asdict(rules) if rules is not None else {}),
        }
        known = _plain({name: getattr(before, name) for name in values}) if before else None
        repository.audit(
            session,
            actor=by,
            action="spend_policy.set",
            project_id=project_id,
            currency=caps.currency,
            before=known,
            after=_plain(values),
        )
        repository.put_policy(session, project_id, caps.currency, {**values, "decided_by": by})


def policy_rules(policy: SpendPolicy) -> PolicyRules:
    """What a policy says beside its caps."""
    return PolicyRules(**{each.name: getattr(policy, each.name) for each in fields(PolicyRules)})


def _plain(values: Mapping[str, Any]) -> dict[str, Any]:
    """For JSON: a share keeps its digits."""
    return {name: str(value) if isinstance(value, Decimal) else value for name, value in values.items()}
