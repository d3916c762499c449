"""What dashboards ask for, as it goes over the wire. Who asks is drawn by Zipf: the k-th pair of people 1/k as often as the first.

Projects have a pair each, but where one has more people: then fewer projects are asked about, by as many people and each of them as often.
"""

import base64
import itertools
import json
import random
from bisect import bisect
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from benchmarks.api.data import Size, key_text, project_id, uid

_DEPLOYMENT = """id projectId name platform kind status desiredStatus externalId planHash approvedBy
    dailyBudget { amount currency } startsOn endsOn launchedAt createdAt failure"""
DEPLOYMENTS = f"""query Deployments($project: UUID!, $first: Int!, $after: String, $sort: DeploymentSort!) {{
  deployments(projectId: $project, first: $first, after: $after, sort: $sort) {{
    edges {{ node {{ {_DEPLOYMENT} }} }} pageInfo {{ hasNextPage endCursor }} }} }}"""
STRATEGIES = """query Strategies($project: UUID!, $first: Int!) {
  strategies(projectId: $project, first: $first) {
    edges { node { id projectId name status summary failure
      deployments { id platform kind status externalId dailyBudget { amount currency } startsOn endsOn failure } } }
    pageInfo { hasNextPage endCursor } } }"""
OVERVIEW = """query Overview($project: UUID!, $range: DateRange!) {
  project(id: $project) { id name role gates { strategy creatives launch budget } }
  performance(projectId: $project, range: $range) { currency first last
    total { impressions clicks spend { amount currency } conversions value { amount currency } ctr cvr cpa roas }
    series { days spend conversions value } } }"""
ACCOUNTS = """query Accounts($project: UUID!) {
  project(id: $project) { id name }
  accounts(projectId: $project) { id platform externalId currency timeZone }
  spendPolicies(projectId: $project) { currency } }"""
GATES = """mutation Gates($project: UUID!, $gates: GatesInput!) {
  setGates(projectId: $project, gates: $gates) { __typename ... on GatesSet { project { id gates { launch } } } } }"""

_PAIR = 2
CACHED = (("deployments", 4), ("strategies", 2), ("overview", 2), ("accounts", 2))


@dataclass(frozen=True)
class Ask:
    """kind: what it is counted as; payload: the whole request; holds: what a right answer holds."""

    kind: str
    payload: bytes
    holds: bytes


def request(user: int, body: dict[str, object], extra: str = "") -> bytes:
    content = json.dumps(body, separators=(",", ":")).encode()
    head = (
        f"POST /graphql HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {key_text(user)}\r\nUser-Agent: load\r\nAccept: */*\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(content)}\r\n{extra}\r\n"
    )
    return head.encode() + content


class Mix:
    """Requests over projects of one size, drawn with a seed."""

    def __init__(self, size: Size, seed: int) -> None:
        self._size, self._random = size, random.Random(seed)  # noqa: S311 - load, not secrets
        self.users = size.people
        self._weights = list(itertools.accumulate(1 / (rank + 1) for rank in range(self.users // _PAIR)))
        self._kinds = [kind for kind, times in CACHED for _ in range(times)]
        self._memory: dict[tuple[str, int], Ask] = {}
        self._gate = itertools.cycle(("AUTO", "PERSON"))

    def draw(self) -> Ask:
        """90 % reads that may be kept, 8 % lists that nobody has asked for before, 2 % changes."""
        user, share = self.user(), self._random.random()
        if share < 0.9:
            return self.cached(self._random.choice(self._kinds), user)
        return self.uncached(user) if share < 0.98 else self.change(user)

    def user(self) -> int:
        pair = bisect(self._weights, self._random.random() * self._weights[-1])
        return pair * _PAIR + self._random.randrange(_PAIR)

    def cached(self, kind: str, user: int) -> Ask:
        """The same bytes each time."""
        known = self._memory.get((kind, user))
        if known is None:
            known = self._memory[kind, user] = self._cached(kind, user)
        return known

    def _cached(self, kind: str, user: int) -> Ask:
        project = str(project_id(user // self._size.users))
        today = datetime.now(UTC).date()
        days = {"first": str(today - timedelta(days=30)), "last": str(today - timedelta(days=1))}
        made: dict[str, tuple[str, dict[str, object]]] = {
            "deployments": (DEPLOYMENTS, {"project": project, "first": 25, "after": None, "sort": "NEWEST"}),
            "strategies": (STRATEGIES, {"project": project, "first": 10}),
            "overview": (OVERVIEW, {"project": project, "range": days}),
            "accounts": (ACCOUNTS, {"project": project}),
        }
        query, variables = made[kind]
        return Ask("cached read", request(user, {"query": query, "variables": variables}), project.encode())

    def uncached(self, user: int) -> Ask:
        """25 rows behind a place in the list that nobody has asked for; a project with fewer has fewer."""
        project, each = user // self._size.users, self._size.each
        behind = self._random.randrange(min(26, each), each + 1)
        place = datetime.now(UTC) - timedelta(hours=each - behind, seconds=self._random.randrange(1, 3_000))
        cursor = base64.urlsafe_b64encode(json.dumps(["newest", place.isoformat(), str(uid(9, self._random.getrandbits(40)))]).encode())
        variables = {"project": str(project_id(project)), "first": 25, "after": cursor.decode().rstrip("="), "sort": "NEWEST"}
        return Ask("uncached list", request(user, {"query": DEPLOYMENTS, "variables": variables}), str(project_id(project)).encode())

    def overview(self, user: int) -> Ask:
        """Thirty days of figures for days that nobody has asked for."""
        project, back = str(project_id(user // self._size.users)), self._random.randrange(1, max(2, self._size.days - 30))
        last: date = datetime.now(UTC).date() - timedelta(days=back)
        days = {"first": str(last - timedelta(days=29)), "last": str(last)}
        body: dict[str, object] = {"query": OVERVIEW, "variables": {"project": project, "range": days}}
        return Ask("uncached overview", request(user, body), project.encode())

    def change(self, user: int) -> Ask:
        project = str(project_id(user // self._size.users))
        body: dict[str, object] = {"query": GATES, "variables": {"project": project, "gates": {"launch": next(self._gate)}}}
        return Ask("mutation", request(user, body), b'"GatesSet"')
