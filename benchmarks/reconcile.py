"""Reconciling 100,000 deployments: CPU seconds of our process and of PostgreSQL, and our memory.

Half of them are on Google Ads and half on Meta, 5,000 in each of 20 accounts. The adapters are the real ones; behind them, in place of the
network, lie the platforms' answers as bytes: protobuf messages of SearchStream and pages of Graph API JSON, parsed as ever.
"""

import hashlib
import json
import os
import pickle
import resource
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import create_engine, text

from benchmarks.figure import Figure, at_most, shown
from cli.local.client import LocalStack

DEPLOYMENTS, ACCOUNTS = int(os.environ.get("ZAMC_BENCH_DEPLOYMENTS", "100000")), 20
_EACH = DEPLOYMENTS // ACCOUNTS
_INSTALLATION = "5eedbe4c"
_BATCH = 10_000  # rows of one message of SearchStream
_PAGE = 500
_CHANGED = 100  # one deployment in so many has another delivery than before in the second sweep
_SECONDS, _MEGABYTES = 60.0, 500.0
_KINDS = {"google_ads": ("budget", "campaign", "ad_group", "ad"), "meta_ads": ("campaign", "ad_set", "image", "creative", "ad")}


def measure() -> list[Figure]:
    """Starts PostgreSQL alone, in a folder that is gone afterwards. Takes some minutes, most of them to fill it."""
    with (
        tempfile.TemporaryDirectory(prefix="zamc-bench-") as folder,
        LocalStack.start(home=Path(folder) / "home", services=("postgres",), durable=False) as stack,
    ):
        answers = Path(folder) / "answers"
        subprocess.run([sys.executable, "-m", "benchmarks.reconcile", "answers", str(answers)], check=True)
        _fill(stack.environment["ZAMC_DATABASE_OWNER_URL"])
        postmaster = _postmaster(Path(folder) / "home")
        rounds = {}
        for name, mode in (("first sweep", "first"), ("sweep with 1 in 100 changed", "second"), ("round of what changed", "since")):
            before = _cpu_of_tree(postmaster)
            done = subprocess.run(
                [sys.executable, "-m", "benchmarks.reconcile", "round", stack.environment["ZAMC_DATABASE_URL"], str(answers), mode],
                check=True,
                stdout=subprocess.PIPE,
                text=True,
            )
            rounds[name] = {**json.loads(done.stdout.splitlines()[-1]), "postgres": _cpu_of_tree(postmaster) - before}
    figures = []
    for name, seen in rounds.items():
        total = seen["cpu"] + seen["postgres"]
        goal = name == "sweep with 1 in 100 changed"
        figures += [
            shown(f"{name}: deployments looked at", seen["counts"].get("read", 0), "deployments"),
            shown(f"{name}: objects shown by the platforms", seen["counts"].get("objects", 0), "objects"),
            shown(f"{name}: deployments written", seen["counts"].get("new", 0), "deployments"),
            shown(f"{name}: our CPU", seen["cpu"], "s"),
            shown(f"{name}: PostgreSQL's CPU", seen["postgres"], "s"),
            at_most(f"{name}: both", total, "CPU s", _SECONDS) if goal else shown(f"{name}: both", total, "CPU s"),
            at_most(f"{name}: our memory at most", seen["megabytes"], "MB", _MEGABYTES),
        ]
    return figures


def _key(account: int, number: int, kind: str) -> UUID:
    return UUID(hashlib.md5(f"{account}/{number}/{kind}".encode(), usedforsecurity=False).hexdigest())


def _id(account: int, number: int, kind: str) -> int:
    return 10_000_000_000 + account * 10_000_000 + number * 10 + ("budget", "campaign", "ad_group", "ad_set", "ad", "x").index(kind)


def _name(account: int, number: int, kind: str) -> str:
    return f"Brand | Strategy {number} | {kind} [zamc:{_INSTALLATION}:{_key(account, number, kind).hex[:16]}]"


def _platform(account: int) -> str:
    return "google_ads" if account % 2 == 0 else "meta_ads"


def _fill(owner_url: str) -> None:
    """Live deployments as their launch left them: bound, approved, never watched."""
    from zamc.database.migrate import migrate

    migrate(owner_url)
    engine = create_engine(owner_url)
    with engine.begin() as connection:
        for statement in _FILL.split(";"):
            if statement.strip():
                connection.execute(text(statement), {"installation": _INSTALLATION, "each": _EACH, "accounts": ACCOUNTS})
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE"))
    engine.dispose()


_FILL = """
INSERT INTO projects (id, name) VALUES (md5('p')::uuid, 'Bench');
INSERT INTO feature_flags (name, value, changed_by) VALUES ('installation', :installation, 'bench'), ('kill_switch', 'off', 'bench'),
    ('hold', 'off', 'bench') ON CONFLICT (name) DO UPDATE SET value = excluded.value;
INSERT INTO spend_policies (id, project_id, currency, daily_cap_micros, monthly_cap_micros, decided_by)
    VALUES (md5('sp')::uuid, md5('p')::uuid, 'EUR', 9000000000000000, 9000000000000000, 'bench');
INSERT INTO strategies (id, project_id, name, request_key, brief, status)
    VALUES (md5('s')::uuid, md5('p')::uuid, 'S', 'k', '{}', 'approved');
INSERT INTO assets (id, project_id, strategy_id, kind, local_ref, status)
    SELECT md5('asset' || n)::uuid, md5('p')::uuid, md5('s')::uuid, 'set', 'set' || n, 'approved' FROM generate_series(0, :each - 1) n;
INSERT INTO ad_accounts (id, project_id, platform, external_id, currency, time_zone)
    SELECT md5('account' || a)::uuid, md5('p')::uuid, CASE a % 2 WHEN 0 THEN 'google_ads' ELSE 'meta_ads' END,
        CASE a % 2 WHEN 0 THEN '' ELSE 'act_' END || (1000000000 + a), 'EUR', 'Europe/Berlin' FROM generate_series(0, :accounts - 1) a;
INSERT INTO deployments (id, project_id, asset_id, ad_account_id, platform, kind, name, status, desired_status, generation, launch_mode,
        plan_hash, approved_hash, approved_by, currency, daily_budget_micros, starts_on, ends_on, launched_at)
    SELECT md5('d' || a || '/' || n)::uuid, md5('p')::uuid, md5('asset' || n)::uuid, md5('account' || a)::uuid,
        CASE a % 2 WHEN 0 THEN 'google_ads' ELSE 'meta_ads' END, CASE a % 2 WHEN 0 THEN 'search' ELSE 'meta' END, 'Strategy ' || n, 'live',
        'enabled', 1, 'best_effort', 'h', 'h', 'bench', 'EUR', 20000000, current_date - 10, current_date + 100, now()
    FROM generate_series(0, :accounts - 1) a, generate_series(0, :each - 1) n;
INSERT INTO platform_objects (obj_key, deployment_id, project_id, ad_account_id, platform, kind, local_ref, position, spec, spec_hash,
        desired_status, generation, external_id)
    SELECT md5(a || '/' || n || '/' || k.kind)::uuid, md5('d' || a || '/' || n)::uuid, md5('p')::uuid, md5('account' || a)::uuid,
        k.platform, k.kind, k.kind, k.position,
        jsonb_build_object('name', 'Brand | Strategy ' || n || ' | ' || k.kind, 'filler', repeat('keywords and texts ', 30))
            || CASE k.kind WHEN 'budget' THEN '{"amount_micros": 20000000}'
               WHEN 'ad_set' THEN '{"daily_budget": 2000, "currency": "EUR", "language": "de", "countries": ["DE"], "places": [],
                   "optimization_goal": "LINK_CLICKS"}'
               WHEN 'campaign' THEN '{"languages": ["de"], "countries": ["DE"], "places": [], "url_suffix": ""}'
               WHEN 'ad' THEN '{"final_url": "https://example.org/", "headlines": [], "descriptions": [], "paths": []}' ELSE '{}' END::jsonb
            || CASE WHEN k.kind = 'campaign' AND k.platform = 'google_ads' THEN '{"bidding": "clicks"}' ELSE '{}' END::jsonb
            || CASE WHEN k.kind IN ('campaign', 'ad_set') AND k.ends
               THEN jsonb_build_object('ends_on', to_char(current_date + 100, 'YYYY-MM-DD')) ELSE '{}' END,
        'h', 'enabled', 1,
        CASE k.kind WHEN 'image' THEN md5('i' || a || '/' || n) WHEN 'creative' THEN 'c' || (a * 10000000 + n)
            ELSE (10000000000 + a::bigint * 10000000 + n * 10 + k.code)::text END
    FROM generate_series(0, :accounts - 1) a, generate_series(0, :each - 1) n,
        (VALUES ('google_ads', 'budget', 0, 0, false), ('google_ads', 'campaign', 1, 1, true), ('google_ads', 'ad_group', 2, 2, false),
            ('google_ads', 'ad', 3, 4, false), ('meta_ads', 'campaign', 0, 1, false), ('meta_ads', 'ad_set', 1, 3, true),
            ('meta_ads', 'image', 2, 5, false), ('meta_ads', 'creative', 3, 5, false), ('meta_ads', 'ad', 4, 4, false)
        ) k (platform, kind, position, code, ends)
    WHERE k.platform = CASE a % 2 WHEN 0 THEN 'google_ads' ELSE 'meta_ads' END
"""


def _write_answers(folder: Path) -> None:
    """Each account's answers as the platforms send them, by query or edge, in three states: first, second (1 in 100 differs), since."""
    import datetime

    folder.mkdir(parents=True)
    end = (datetime.datetime.now(datetime.UTC).date() + datetime.timedelta(days=100)).isoformat()
    for account in range(ACCOUNTS):
        for state in ("first", "second"):
            make = _google if _platform(account) == "google_ads" else _meta
            (folder / f"{account}.{state}").write_bytes(pickle.dumps(make(account, state, end)))


def _google(account: int, state: str, end: str) -> dict[str, list[bytes]]:
    from google.ads.googleads.v26.services.types.google_ads_service import SearchGoogleAdsStreamResponse

    message = SearchGoogleAdsStreamResponse.pb()
    found: dict[str, list[bytes]] = {}
    for resource_name in ("campaign", "ad_group", "ad_group_ad"):
        batches = []
        for start in range(0, _EACH, _BATCH):
            answer = message()
            for number in range(start, min(start + _BATCH, _EACH)):
                row = answer.results.add()
                changed = state == "second" and number % _CHANGED == 0
                row.campaign.id = _id(account, number, "campaign")
                if resource_name == "campaign":
                    row.campaign.name, row.campaign.status = _name(account, number, "campaign"), 2
                    row.campaign.primary_status = 6 if changed else 2
                    row.campaign.end_date_time = f"{end} 23:59:59"
                    row.campaign_budget.id, row.campaign_budget.status = _id(account, number, "budget"), 2
                    row.campaign_budget.name, row.campaign_budget.amount_micros = _name(account, number, "budget"), 20_000_000
                elif resource_name == "ad_group":
                    row.ad_group.id, row.ad_group.status = _id(account, number, "ad_group"), 2
                    row.ad_group.name, row.ad_group.primary_status = f"Brand | Strategy {number} | ad_group", 2
                else:
                    row.ad_group_ad.ad.id, row.ad_group_ad.status = _id(account, number, "ad"), 2
                    row.ad_group_ad.primary_status = 2
                    row.ad_group_ad.policy_summary.approval_status, row.ad_group_ad.policy_summary.review_status = 4, 3
            batches.append(answer.SerializeToString())
        found[resource_name] = batches
    return found


def _meta(account: int, state: str, end: str) -> dict[str, list[bytes]]:
    found = {}
    for edge, kind in (("campaigns", "campaign"), ("adsets", "ad_set"), ("ads", "ad")):
        rows = []
        for number in range(_EACH):
            changed = state == "second" and number % _CHANGED == 0
            row = {
                "id": str(_id(account, number, kind)), "name": _name(account, number, kind), "status": "ACTIVE",
                "effective_status": "WITH_ISSUES" if changed else "ACTIVE", "campaign_id": str(_id(account, number, "campaign")),
            }  # fmt: skip
            if kind == "ad_set":
                row |= {"daily_budget": "2000", "end_time": f"{end}T23:59:59+0100"}
            rows.append(row)
        pages = [rows[start : start + _PAGE] for start in range(0, len(rows), _PAGE)]
        found[edge] = [
            json.dumps(
                {"data": page, "paging": {"cursors": {"after": str(at + 1)}, **({"next": "y"} if at + 1 < len(pages) else {})}}
            ).encode()
            for at, page in enumerate(pages)
        ]
    return found


class _GoogleAnswers:
    """Stands in for GoogleClient: the same messages, without the wire."""

    def __init__(self, answers: Mapping[str, Sequence[bytes]]) -> None:
        from google.ads.googleads.v26.services.types.google_ads_service import SearchGoogleAdsStreamResponse

        self._answers, self._message = answers, SearchGoogleAdsStreamResponse.pb()

    def search(self, _customer: str, query: str, **_: Any) -> Iterator[Any]:
        resource_name = query.split(" FROM ")[1].split(maxsplit=1)[0]
        if resource_name == "customer":
            row = self._message().results.add()
            row.customer.status = 2
            yield row
        # What is not approved is asked for by itself: everything is.
        if "!= 'APPROVED'" in query:
            return
        if " IN (" in query:
            yield from self._settings(resource_name, query.split(" IN (")[1].split(")", maxsplit=1)[0].split(", "))
            return
        for batch in self._answers.get(resource_name, ()):
            yield from self._message.FromString(batch).results

    def _settings(self, resource_name: str, ids: Sequence[str]) -> Iterator[Any]:
        """What objects aim at and say, as they were ordered. A shape that is asked for and not here has no rows."""
        for each in map(int, ids):
            row = self._message().results.add()
            if resource_name == "campaign":
                row.campaign.id, row.campaign.bidding_strategy_type = each, _number(row.campaign, "bidding_strategy_type", "TARGET_SPEND")
            elif resource_name == "campaign_criterion":
                row.campaign.id = each
                row.campaign_criterion.type_ = _number(row.campaign_criterion, "type_", "LOCATION")
                row.campaign_criterion.location.geo_target_constant = "geoTargetConstants/2276"
                yield row
                row = self._message().results.add()
                row.campaign.id = each
                row.campaign_criterion.type_ = _number(row.campaign_criterion, "type_", "LANGUAGE")
                row.campaign_criterion.language.language_constant = "languageConstants/1001"
            elif resource_name == "ad_group":
                row.ad_group.id = each
            elif resource_name == "ad_group_ad":
                ad = row.ad_group_ad.ad
                ad.id, ad.type_ = each, _number(ad, "type_", "RESPONSIVE_SEARCH_AD")
                ad.final_urls.append("https://example.org/")
            else:
                return
            yield row


def _number(message: Any, field: str, word: str) -> int:
    return int(message.DESCRIPTOR.fields_by_name[field].enum_type.values_by_name[word].number)


class _Batch:
    """Stands in for the SDK's batch: calls as they are."""

    def add(self, method: str, path: Sequence[str], *, params: Mapping[str, Any], files: Any) -> Any:
        return {"method": method, "path": path, "params": params, "files": files}


class _MetaAnswers:
    """Stands in for MetaClient."""

    writes_per_second = 100

    def __init__(self, answers: Mapping[str, Sequence[bytes]]) -> None:
        self._answers = answers
        self.api = self

    @staticmethod
    def new_batch() -> _Batch:
        return _Batch()

    @staticmethod
    def judge(_status: int, _body: Any, _headers: Any, **_: Any) -> None:
        return None

    def call(self, _method: str, path: Sequence[str], params: Mapping[str, Any] | None = None, **_: Any) -> Any:
        asked = params or {}
        if not path:
            answers = [self.call(each["method"], each["path"], each["params"]) for each in asked["batch"]]
            return [{"code": 200, "headers": [], "body": json.dumps(answer)} for answer in answers]
        if len(path) == 1:
            return {"account_status": 1, "data": [{"key": 5, "name": "German"}]}
        chosen = asked.get("filtering") or [{}]
        if chosen[0].get("operator") == "IN":
            aim = {"geo_locations": {"countries": ["DE"]}, "age_min": 18, "age_max": 65, "locales": [5]}
            row = {"targeting": aim, "optimization_goal": "LINK_CLICKS"} if path[-1] == "adsets" else {}
            return {"data": [{"id": each, **row} for each in chosen[0]["value"]]}
        if "updated_since" in asked or path[-1] not in self._answers:
            return {"data": []}
        if wanted := asked.get("effective_status"):
            pages = (json.loads(page)["data"] for page in self._answers[path[-1]])
            return {"data": [row for page in pages for row in page if row["effective_status"] in wanted]}
        return json.loads(self._answers[path[-1]][int(asked.get("after", 0))])


def _round(url: str, folder: Path, mode: str) -> None:
    from zamc.clock import SystemClock
    from zamc.database.engine import Database
    from zamc.deployments.service import DeploymentService
    from zamc.platforms.google_ads.adapter import GoogleAdsPlatform
    from zamc.platforms.meta_ads.adapter import MetaAdsPlatform

    clock, database = SystemClock(), Database(url)
    state = "first" if mode == "first" else "second"

    def platform(account: Any) -> Any:
        number = int(account.external_id.removeprefix("act_")) - 1_000_000_000
        answers = pickle.loads((folder / f"{number}.{state}").read_bytes())  # noqa: S301 - written by ourselves
        if account.platform == "google_ads":
            return GoogleAdsPlatform(_GoogleAnswers(answers), account, clock, _NO_FILES)  # type: ignore[arg-type]  # plays the client back from bytes
        return MetaAdsPlatform(_MetaAnswers(answers), account, clock, _NO_FILES)  # type: ignore[arg-type]  # as above

    service = DeploymentService(database, clock, {"google_ads": platform, "meta_ads": platform})
    outcome = service.watch() if mode == "since" else service.reconcile()
    if outcome.errors:
        raise SystemExit(f"an account did not answer: {next(iter(outcome.errors.values()))}")
    used = resource.getrusage(resource.RUSAGE_SELF)
    print(json.dumps({"cpu": used.ru_utime + used.ru_stime, "megabytes": used.ru_maxrss / 1024, "counts": dict(outcome.counts)}))


_NO_FILES: Any = None


def _postmaster(home: Path) -> int:
    [pid_file] = home.rglob("postmaster.pid")
    return int(pid_file.read_text().split()[0])


def _cpu_of_tree(postmaster: int) -> float:
    """Seconds of the server and its backends, those that have ended included."""
    ticks = 0
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rsplit(")", 1)[1].split()
            except OSError:
                continue
            own, ended = int(fields[11]) + int(fields[12]), int(fields[13]) + int(fields[14])
            if int(entry.name) == postmaster:
                ticks += own + ended
            elif int(fields[1]) == postmaster:
                ticks += own
    return ticks / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    if sys.argv[1] == "answers":
        _write_answers(Path(sys.argv[2]))
    else:
        _round(sys.argv[2], Path(sys.argv[3]), sys.argv[4])
