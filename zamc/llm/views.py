"""Who wrote each strategy, what that cost, and what the checks of its creatives said."""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from zamc.creatives.tables import Asset
from zamc.strategies.learning_rules import in_short
from zamc.strategies.schema import Outlook, Range
from zamc.strategies.tables import Strategy


@dataclass(frozen=True)
class WritingView:
    """provider, model and prompt_version are "" before anything was written. cost_micros: US dollars, of the plan and of
    what was written and painted for its creatives; 0 from the cache.

    checked: creatives that were checked; findings: faults found in them, by check; every one was mended or dropped before it was used.
    outlook: what the plan expects in total, as zamc.strategies.schema.Outlook has it; None before there is a plan, and in older ones.
    """

    strategy_id: UUID
    name: str
    status: str
    provider: str
    model: str
    prompt_version: str
    cost_micros: int
    cache_hit: bool
    notes: tuple[str, ...]
    checked: int
    findings: Counter[str]
    outlook: Outlook | None = None
    goal: str = ""
    currency: str = ""

    @property
    def checks(self) -> str:
        """In a few words."""
        if not self.checked:
            return "none yet"
        found = sum(self.findings.values())
        by_check = ", ".join(f"{count} {check}" for check, count in self.findings.most_common() if count)
        return f"{self.checked} checked, {found} finding{'' if found == 1 else 's'}{f' ({by_check})' if found else ''}"

    @property
    def expected(self) -> str:
        """The middle and the 80 % interval of what the goal counts, in a few words; "" where nothing is foreseen."""
        if self.outlook is None:
            return ""
        name = {"awareness": "impressions", "traffic": "clicks"}.get(self.goal, "conversions")
        seen: Range = getattr(self.outlook, name)
        short = in_short(self.outlook, self.currency)
        return f"{seen.mid:,.0f} {name} ({seen.low:,.0f} to {seen.high:,.0f}) in {self.outlook.days} days{f'; {short}' if short else ''}"

    @property
    def too_small(self) -> tuple[str, ...]:
        """What the budget is too small to learn, in a sentence each, and what would do."""
        return tuple(self.outlook.too_small) if self.outlook else ()


def of_project(session: Session, project_id: UUID, *, limit: int = 50) -> list[WritingView]:
    """A project's strategies, newest first."""
    return _read(session, Strategy.project_id == project_id, limit=limit)


def of_strategies(session: Session, ids: Collection[UUID]) -> dict[UUID, WritingView]:
    """Those strategies, by id."""
    return {view.strategy_id: view for view in _read(session, Strategy.id.in_(ids), limit=len(ids))}


def _read(session: Session, where: ColumnElement[bool], *, limit: int) -> list[WritingView]:
    rows = session.scalars(select(Strategy).where(where).order_by(Strategy.id.desc()).limit(limit)).all()
    members = select(Asset.strategy_id, Asset.checks, Asset.provenance).where(
        Asset.strategy_id.in_([row.id for row in rows]), Asset.kind != "set"
    )
    checked: Counter[UUID] = Counter()
    findings: dict[UUID, Counter[str]] = {}
    spent: Counter[UUID] = Counter()
    for strategy_id, checks, provenance in session.execute(members).tuples():
        checked[strategy_id] += bool(checks)
        spent[strategy_id] += sum(
            int(made.get("model_call", {}).get("cost_micros", 0)) for made in (provenance, provenance.get("scene", {}))
        )
        for check in checks:
            findings.setdefault(strategy_id, Counter())[check["check"]] += check.get("findings", 0)
    return [
        WritingView(
            strategy_id=row.id,
            name=row.name,
            status=row.status,
            provider=row.provenance.get("provider", ""),
            model=row.provenance.get("model", ""),
            prompt_version=row.provenance.get("prompt_version", ""),
            cost_micros=int(row.provenance.get("cost_micros", 0)) + spent[row.id],
            cache_hit=bool(row.provenance.get("cache_hit", False)),
            notes=tuple(row.provenance.get("notes", ())),
            checked=checked[row.id],
            findings=findings.get(row.id, Counter()),
            outlook=_outlook(row),
            goal=row.brief.get("goal", ""),
            currency=row.brief.get("budget", {}).get("currency", ""),
        )
        for row in rows
    ]


def _outlook(row: Strategy) -> Outlook | None:
    found = (row.plan or {}).get("outlook")
    return Outlook.model_validate(found) if found else None
