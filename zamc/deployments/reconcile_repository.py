"""The bulk comparison of an account: what the platform shows, in a temporary table, against our record, in a few statements.

Objects are never read one by one and nothing that is as it was is written, so that the cost of a round is that of reading it.
"""

import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from io import BufferedRandom
from tempfile import TemporaryFile
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from zamc.deployments import repository
from zamc.deployments.intents import WITH_STATUS
from zamc.deployments.ports import Shown

_BLOCK = 1 << 20
_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r", "\0": ""})
_SEEN = """
CREATE TEMPORARY TABLE IF NOT EXISTS zamc_seen (
    kind text, external_id text, name text, status text, sort numeric, budget bigint, ends_on text, observed jsonb
);
CREATE TEMPORARY TABLE IF NOT EXISTS zamc_work (obj_key uuid, deployment_id uuid, moved boolean, suspect boolean);
TRUNCATE zamc_seen, zamc_work
"""
# A row is a suspect when it differs from what is wanted; whether that is anybody's doing is decided with the deployment locked.
_COMPARE = """
INSERT INTO zamc_work
SELECT obj_key, deployment_id, moved, suspect FROM (
    SELECT o.obj_key, o.deployment_id,
        (o.observed_status IS DISTINCT FROM s.status OR o.observed IS DISTINCT FROM s.observed) AS moved,
        (
            (o.kind = 'campaign' AND s.status = 'enabled' AND (d.desired_status <> 'enabled' OR d.status NOT IN ('live', 'enabling')))
            OR (d.status = 'live' AND o.desired_status = 'enabled' AND o.kind = ANY(:with_status) AND s.status <> 'enabled')
            OR (d.status = 'live' AND o.rests AND s.status = 'enabled')
            OR (
                d.status IN ('live', 'paused') AND (
                    s.budget <> coalesce((o.spec ->> 'amount_micros')::bigint, (o.spec ->> 'daily_budget')::bigint * :unit)
                    OR (s.ends_on IS DISTINCT FROM '' AND o.spec ? 'ends_on' AND (o.spec ->> 'ends_on') IS DISTINCT FROM s.ends_on)
                    OR (
                        s.name <> '' AND o.spec ? 'name' AND s.name <> (o.spec ->> 'name')
                        AND s.name <> (o.spec ->> 'name') || ' [' || :prefix || left(replace(o.obj_key::text, '-', ''), 16) || ']'
                    )
                )
            )
        ) IS TRUE AS suspect
    FROM zamc_seen s
    JOIN public.platform_objects o ON o.ad_account_id = :account AND o.kind = s.kind AND o.external_id = s.external_id
    JOIN public.deployments d ON d.id = o.deployment_id
) compared WHERE moved OR suspect
"""
_MISSING = """
SELECT o.obj_key, o.deployment_id FROM public.platform_objects o JOIN public.deployments d ON d.id = o.deployment_id
WHERE o.ad_account_id = :account AND o.external_id IS NOT NULL AND o.desired_status <> 'removed' AND d.status IN ('live', 'paused')
    AND o.kind = ANY(:kinds) AND (o.observed_status IS DISTINCT FROM 'removed')
    AND NOT EXISTS (SELECT FROM zamc_seen s WHERE s.kind = o.kind AND s.external_id = o.external_id)
LIMIT 2000
"""
_UNBOUND = """
SELECT s.kind, s.external_id, s.name, s.status, s.sort FROM zamc_seen s
WHERE position(:prefix in s.name) > 0 AND s.kind = ANY(:with_status) AND NOT EXISTS (
    SELECT FROM public.platform_objects o WHERE o.ad_account_id = ANY(:accounts) AND o.kind = s.kind AND o.external_id = s.external_id
)
ORDER BY s.sort
"""
_REMEMBER = """
UPDATE public.platform_objects o SET observed_status = s.status, observed = s.observed, observed_at = :now
FROM zamc_work w, zamc_seen s
WHERE w.moved AND w.deployment_id = ANY(:ids) AND o.obj_key = w.obj_key AND s.kind = o.kind AND s.external_id = o.external_id
    AND (o.observed_at IS NULL OR o.observed_at <= :started)
"""


class Spool:
    """What a platform shows, page by page into a file in COPY's text form: no account is ever held in memory."""

    def __init__(self) -> None:
        self.rows = 0
        self.kinds: dict[str, int] = {}
        self._file: Any = TemporaryFile("w+b")  # noqa: SIM115 - closed by close

    def add(self, page: Iterable[Shown]) -> None:
        lines = []
        for each in page:
            observed = {"name": each.name, "delivery": each.delivery, "budget_micros": each.budget_micros, **each.details}
            ends_on = "\\N" if each.ends_on is None else each.ends_on
            budget = "\\N" if each.budget_micros is None else str(each.budget_micros)
            fields = (each.kind, each.external_id, each.name, each.status)
            plain = [text_.translate(_ESCAPES) for text_ in fields]
            lines.append("\t".join([*plain, str(each.order), budget, ends_on, json.dumps(observed).translate(_ESCAPES)]))
            self.kinds[each.kind] = self.kinds.get(each.kind, 0) + 1
        if lines:
            self.rows += len(lines)
            self._file.write(("\n".join(lines) + "\n").encode())

    @property
    def file(self) -> BufferedRandom:
        self._file.seek(0)
        found: BufferedRandom = self._file
        return found

    def close(self) -> None:
        self._file.close()


@dataclass(frozen=True)
class Seen:
    """What the platform shows of one object of ours. ends_on: "" when the look did not say."""

    obj_key: UUID
    name: str
    status: str
    budget: int | None
    ends_on: str | None


def load(session: Session, spool: Spool) -> None:
    """Fill the temporary table; it lives as long as the connection, or until the next load."""
    for statement in _SEEN.split(";"):
        session.execute(text(statement))
    driver: Any = session.connection().connection.driver_connection
    with driver.cursor() as cursor, cursor.copy("COPY zamc_seen FROM STDIN") as copy:
        file = spool.file
        while block := file.read(_BLOCK):
            copy.write(block)
    session.execute(text("ANALYZE zamc_seen"))


def once(session: Session) -> None:
    """What a survey shows twice (changed, and under review) counts once: the later row."""
    same = "later.kind = earlier.kind AND later.external_id = earlier.external_id AND later.ctid > earlier.ctid"
    session.execute(text(f"DELETE FROM zamc_seen earlier USING zamc_seen later WHERE {same}"))  # noqa: S608 - our own words


def compare(session: Session, account_id: UUID, *, unit_micros: int, prefix: str) -> None:
    """Write down which objects moved or are not as they are wanted. unit_micros: of the platform's budget unit (Meta)."""
    values = {"account": account_id, "unit": unit_micros, "prefix": prefix, "with_status": sorted(WITH_STATUS)}
    session.execute(text(_COMPARE), values)
    session.execute(text("CREATE INDEX IF NOT EXISTS zamc_work_deployment ON zamc_work (deployment_id)"))


def worked(session: Session) -> list[tuple[UUID, bool, bool]]:
    """(deployment, whether anything of it moved, whether anything is a suspect), in the order of the ids."""
    statement = "SELECT deployment_id, bool_or(moved), bool_or(suspect) FROM zamc_work GROUP BY 1 ORDER BY 1"
    rows: Sequence[Any] = session.execute(text(statement)).all()
    return [(row[0], row[1], row[2]) for row in rows]


def missing(session: Session, account_id: UUID, *, kinds: Collection[str]) -> list[tuple[UUID, UUID]]:
    """(obj_key, deployment) of what is bound and wanted, and was not shown: it was removed, or reads lag."""
    rows: Sequence[Any] = session.execute(text(_MISSING), {"account": account_id, "kinds": sorted(kinds)}).all()
    return [(row[0], row[1]) for row in rows]


def unbound(session: Session, account_id: UUID, *, prefix: str) -> list[tuple[str, str, str, str, int]]:
    """(kind, external id, name, status, order) of what carries our marker and is bound to no row of that account, in any project."""
    values = {"accounts": list(repository.same_accounts(session, account_id)), "prefix": prefix, "with_status": sorted(WITH_STATUS)}
    rows: Sequence[Any] = session.execute(text(_UNBOUND), values).all()
    return [(row[0], row[1], row[2], row[3], int(row[4])) for row in rows]


def remember(session: Session, ids: Collection[UUID], *, started: datetime, now: datetime) -> None:
    """Write down what moved of these deployments, which the caller has locked, unless it was observed since the look began."""
    session.execute(text(_REMEMBER), {"ids": list(ids), "started": started, "now": now})


def seen_of(session: Session, ids: Collection[UUID]) -> dict[UUID, Seen]:
    """What was shown of these deployments' objects, by obj_key."""
    statement = """
        SELECT o.obj_key, s.name, s.status, s.budget, s.ends_on FROM public.platform_objects o
        JOIN zamc_seen s ON s.kind = o.kind AND s.external_id = o.external_id WHERE o.deployment_id = ANY(:ids)
    """
    rows: Sequence[Any] = session.execute(text(statement), {"ids": list(ids)}).all()
    return {row[0]: Seen(row[0], row[1], row[2], row[3], row[4]) for row in rows}


def observed(session: Session, ids: Collection[UUID]) -> dict[UUID, list[tuple[str, str, str | None, dict[str, Any]]]]:
    """(kind, local ref, status, what was observed) of every object of these deployments that has a status, as plain rows."""
    statement = """
        SELECT deployment_id, kind, local_ref, observed_status, observed FROM public.platform_objects
        WHERE deployment_id = ANY(:ids) AND kind = ANY(:with_status) AND external_id IS NOT NULL AND desired_status <> 'removed'
        ORDER BY deployment_id, position
    """
    rows: Sequence[Any] = session.execute(text(statement), {"ids": list(ids), "with_status": sorted(WITH_STATUS)}).all()
    found: dict[UUID, list[tuple[str, str, str | None, dict[str, Any]]]] = {}
    for row in rows:
        found.setdefault(row[0], []).append((row[1], row[2], row[3], row[4]))
    return found


def unreviewed(session: Session, account_id: UUID, *, limit: int) -> list[UUID]:
    """Ads of what is live whose review had not ended well when they were last seen: the next round looks at them again."""
    statement = """
        SELECT o.obj_key FROM public.platform_objects o JOIN public.deployments d ON d.id = o.deployment_id
        WHERE o.ad_account_id = :account AND o.kind = 'ad' AND o.external_id IS NOT NULL AND d.status = 'live'
            AND coalesce(o.observed ->> 'delivery', '') NOT IN ('APPROVED', 'ACTIVE') ORDER BY o.observed_at NULLS FIRST LIMIT :limit
    """
    return list(session.scalars(text(statement), {"account": account_id, "limit": limit}))
