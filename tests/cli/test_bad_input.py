"""Whatever is typed wrong about money: one line that says what to do next, an exit code that is not 0, and nothing has changed."""

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import text

import cli.main
import zamc.bootstrap
from tests.services import Database as DatabaseUrls
from tests.services import Services as Servers
from tests.zamc.deployments.conftest import Stage
from zamc.bootstrap import Services
from zamc.database.engine import Database
from zamc.projects.service import ProjectService
from zamc.settings import Settings

NOBODY = "00000000-0000-0000-0000-000000000000"
TABLES = "SELECT format('%I.%I', schemaname, tablename) FROM pg_tables WHERE schemaname IN ('public', 'auth', 'events') ORDER BY 1"
CHANGES = [
    (["--daily-budget", "abc"], "is not a plain positive decimal"),
    (["--daily-budget", "-5"], "is not a plain positive decimal"),
    (["--daily-budget", "1e9"], "is not a plain positive decimal"),
    (["--daily-budget", "70.001"], "more than the 2 decimals of EUR"),
    (["--daily-budget", "0"], "must be above 0"),
    (["--daily-budget", "0.01"], "below the platform's minimum"),
    (["--daily-budget", "999999999999"], "is out of range"),
    (["--daily-budget", "999999999999999"], "larger than any platform can bill"),
    (["--daily-budget", "900"], "above the"),
    (["--daily-budget", "60.00"], "nothing would change"),
    ([], "nothing would change"),
    (["--ends-on", "2020-01-01"], "`zamc end` ends a deployment now"),
    (["--ends-on", "2099-01-01"], "or earlier"),
    (["--ends-on", "tomorrow"], "does not match the format"),
    (["--ends-on", "2026-12-31", "--open-end"], "not both"),
    (["--set", "nonsense"], "is not KIND:REF.FIELD=JSON"),
    (["--set", "campaign:campaign.name=Spring"], "a text stands in double quotes"),
    (["--set", "campaign:campaign.name=" + "[" * 50_000], "is not JSON"),
    (["--set", 'campaign:campaign.name="A"', "--set", 'campaign:campaign.name="B"'], "names a field twice"),
    (["--set", 'campaign:other.name="A"'], "it has budget:budget"),
    (["--set", 'campaign:campaign.ends_on="2027-12-31"'], "end of the whole deployment"),
    (["--set", "budget:budget.amount_micros=1"], "is money"),
]


@dataclass
class Standing:
    """Two live deployments, and the whole wiring over them."""

    stage: Stage
    owner: Database

    def fingerprint(self) -> dict[str, str]:
        """Every row of every table."""
        with self.owner.transaction() as session:
            tables = session.scalars(text(TABLES)).all()
            rows = "SELECT md5(coalesce(string_agg(t::text, '|' ORDER BY t::text), '')) FROM {} t"
            return {each: str(session.scalar(text(rows.format(each)))) for each in tables}

    def id(self, platform: str = "google_ads") -> str:
        return str(self.stage.deployment(platform).id)


@pytest.fixture
def standing(
    stage: Stage, services: Servers, urls: DatabaseUrls, owner_database: Database, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Standing]:
    stage.allow(daily=300, monthly=8_000)
    stage.begin()
    stage.launch()
    stage.both_live_once()
    stage.service().watch()
    made = Services(
        Settings(
            database_url=urls.app_url, database_owner_url=urls.owner_url, nats_url=services.nats_url, redis_url=services.redis_url,
            objects_url=services.objects_url, credentials_key="canary-" + "k" * 40,
        )
    )  # fmt: skip
    vars(made)["deployments"] = stage.service()
    monkeypatch.setattr(zamc.bootstrap, "services", lambda: made)
    monkeypatch.setenv("COLUMNS", "400")
    yield Standing(stage, owner_database)
    made.database.close()
    made.owner_database.close()


def _typed(words: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    """Exit code and standard error of the command, as a shell would have them."""
    monkeypatch.setattr(sys, "argv", ["zamc", *words])
    with pytest.raises(SystemExit) as ended:
        cli.main.main()
    return int(ended.value.code or 0), capsys.readouterr().err


def _flat(told: str) -> str:
    """Without the box that a wrong command line is told in."""
    return " ".join(told.replace("│", " ").split())


@pytest.mark.parametrize(("words", "said"), CHANGES)
def test_a_change_that_cannot_be(
    standing: Standing, words: list[str], said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    # What is only too dear is a plan that a person may look at: it is remembered as one, and can never be applied.
    kept = standing.fingerprint()
    code, told = _typed(["plan", standing.id(), *words], monkeypatch, capsys)
    now = standing.fingerprint()
    assert code in (1, 2), told
    assert said in _flat(told)
    assert "Traceback" not in told
    assert [line for line in told.splitlines() if line.startswith("zamc: ")] == told.splitlines() or code == 2
    assert {table for table in now if now[table] != kept[table]} <= ({"public.deployment_changes"} if said == "above the" else set())
    assert "update" not in [method for method, _ in standing.stage.google.calls]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["plan", NOBODY, "--daily-budget", "70"], "`zamc deployments list` shows them"),
        (["plan", "not-an-id", "--daily-budget", "70"], "should be a valid UUID"),
        (["apply", "ID", "--hash", "0" * 64], "`zamc plan` shows one"),
        (["apply", NOBODY, "--hash", "0" * 64], "`zamc plan` shows one"),
        (["apply", "ID"], "Missing option '--hash'"),
        (["approve", NOBODY, "--hash", "x", "--by", "ana"], "`zamc deployments list` shows them"),
        (["approve", "ID", "--hash", "x", "--by", "ana"], "the plan has changed since it was shown"),
        (["approve", "ID", "--hash", "PLAN", "--by", "ana"], "only a requested one waits for approval"),
        (["pause"], "name one deployment, or say --project NAME or --all"),
        (["pause", NOBODY], "`zamc deployments list` shows them"),
        (["pause", "--project", "padaria"], "capital letters count"),
        (["pause", "--all", "--wait-seconds", "-1"], "should be greater than or equal to"),
        (["resume", NOBODY], "`zamc deployments list` shows them"),
        (["end", NOBODY], "`zamc deployments list` shows them"),
        (["deployments", "list", "--project", "Nowhere"], "no project is called 'Nowhere'"),
        (["deployments", "list", "--status", "lively"], "'lively' is not one of"),
        (["deployments", "list", "--limit", "0"], "should be greater than or equal to"),
        (["deployments", "show", NOBODY], "`zamc deployments list` shows them"),
        (["drift", "accept", NOBODY], "`zamc drift list` shows them"),
        (["drift", "revert", NOBODY], "`zamc drift list` shows them"),
        (["drift", "policy", "Nowhere", "--rule", "name=accept"], "no project is called 'Nowhere'"),
        (["drift", "policy", "Padaria", "--rule", "name"], "is not WHAT=ANSWER"),
        (["drift", "policy", "Padaria", "--rule", "name=accept", "--rule", "name=revert"], "the same thing twice"),
        (["drift", "policy", "Padaria", "--rule", "moon=accept"], "is not one of budget_raise"),
        (["drift", "policy", "Padaria", "--rule", "name=shrug"], "must be one of ask, accept, revert"),
        (["drift", "policy", "Padaria", "--rule", "removed=revert"], "launch anew"),
        (["adopt"], "`zamc hold on` first"),
        (["hold", "maybe"], "is not one of 'on', 'off', 'status'"),
        (["kill-switch", "perhaps"], "is not one of 'on', 'off'"),
        (["reconcile", "everything"], "unexpected extra argument"),
        (["dead-letters", "list", "--kind", "love"], "is not one of"),
        (["dead-letters", "show", NOBODY], "`zamc dead-letters list --state all` shows every one"),
        (["dead-letters", "replay", NOBODY], "`zamc dead-letters list --state all` shows every one"),
        (["dead-letters", "drop", NOBODY, "--reason", "nobody needs it"], "`zamc dead-letters list --state all` shows every one"),
        (["dead-letters", "drop", NOBODY, "--reason", " "], "say in a few words why"),
        (["accounts", "check", "999"], "`zamc accounts list` shows them"),
        (["accounts", "remove", "999"], "`zamc accounts list` shows them"),
        (["accounts", "list", "--project", "Nowhere"], "no project is called 'Nowhere'"),
    ],
)
def test_an_order_that_cannot_be_followed(
    standing: Standing, words: list[str], said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    of = {"ID": standing.id(), "PLAN": standing.stage.deployment("google_ads").plan_hash}
    kept = standing.fingerprint()
    code, told = _typed([of.get(word, word) for word in words], monkeypatch, capsys)
    assert code == (1 if told.startswith("zamc: ") else 2), told
    assert said in _flat(told)
    assert "Traceback" not in told
    assert code == 2 or len(told.splitlines()) == 1
    assert standing.fingerprint() == kept
    assert standing.stage.statuses() == {"google_ads": "live", "meta_ads": "live"}


ACCOUNT = {
    "--platform": "google_ads", "--external-id": "5678901234", "--currency": "EUR", "--time-zone": "Europe/Berlin",
}  # fmt: skip


@pytest.mark.parametrize(
    ("changed", "content", "said"),
    [
        ({"--external-id": "123-456-7890"}, None, "must be digits without dashes for Google Ads"),
        ({"--external-id": "act_5"}, None, "must be digits without dashes for Google Ads"),
        ({"--external-id": "٣٤٥"}, None, "must be digits without dashes for Google Ads"),
        ({"--external-id": "9" * 400}, None, "must be digits without dashes for Google Ads"),
        ({"--platform": "tiktok"}, None, "is not one of 'google_ads', 'meta_ads'"),
        ({"--currency": "eur"}, None, "is not an ISO 4217 code"),
        ({"--time-zone": "Berlin"}, None, "is not an IANA time zone"),
        ({"--time-zone": "../../etc/passwd"}, None, "is not an IANA time zone"),
        ({"--external-id": "1234567890", "--currency": "USD"}, None, "neither ever changes"),
        ({}, "", "a file with named values is needed"),
        ({}, "client_id: [", "is neither plain YAML nor JSON"),
        ({}, "access_token: abc", "is missing or of the wrong form"),
    ],
)
def test_an_account_that_cannot_be_added(
    standing: Standing,
    changed: dict[str, str],
    content: str | None,
    said: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    words = [word for pair in {**ACCOUNT, **changed}.items() for word in pair]
    if content is not None:
        (tmp_path / "keys.yaml").write_text(content)
        words += ["--credentials", str(tmp_path / "keys.yaml")]
    kept = standing.fingerprint()
    code, told = _typed(["accounts", "add", "Padaria", *words], monkeypatch, capsys)
    assert (code, "Traceback" in told) == (2 if "tiktok" in words else 1, False), told
    assert said in told
    assert standing.fingerprint() == kept


def test_an_account_of_nobody_or_with_keys_that_are_not_there(
    standing: Standing, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    words = [word for pair in ACCOUNT.items() for word in pair]
    kept = standing.fingerprint()
    for project, keys in (
        ("Nowhere", []),
        ("Padaria", ["--credentials", str(tmp_path / "gone.yaml")]),
        ("Padaria", ["--credentials", "/"]),
    ):
        code, told = _typed(["accounts", "add", project, *words, *keys], monkeypatch, capsys)
        assert (code, len(told.splitlines())) == (1, 1), told
        assert "`zamc projects create" in told or "cannot be read" in told
    assert standing.fingerprint() == kept


def test_an_account_of_two_projects_is_taken_from_the_one_that_is_named(
    standing: Standing, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    projects = ProjectService(standing.stage.clock)
    with standing.stage.database.transaction() as session:
        second = projects.create_project(session, "Pastelaria", by="ben")
        where = {"platform": "google_ads", "external_id": "1234567890", "currency": "EUR", "time_zone": "Europe/Berlin"}
        added = projects.add_account(session, second.id, **where, by="ben")
    kept = standing.fingerprint()
    code, told = _typed(["accounts", "remove", "1234567890"], monkeypatch, capsys)
    assert (code, len(told.splitlines())) == (1, 1)
    assert told.startswith("zamc: 2 projects use 1234567890; name one of ")
    assert str(added.id) in told
    assert standing.fingerprint() == kept
    assert _typed(["accounts", "remove", str(added.id)], monkeypatch, capsys) == (0, "")
    assert _typed(["accounts", "remove", str(added.id)], monkeypatch, capsys)[0] == 1


def test_what_is_off_for_good_is_said_as_it_is(
    standing: Standing, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    key = standing.id()
    assert _typed(["end", key], monkeypatch, capsys) == (0, "")
    for words in (["resume", key], ["plan", key, "--daily-budget", "70"]):
        code, told = _typed(words, monkeypatch, capsys)
        assert code == 1
        assert told.startswith("zamc: the deployment is ended; only a ")


def test_a_database_that_is_away_is_one_line_without_its_password(
    services: Servers, urls: DatabaseUrls, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    url = "postgresql+psycopg://zamc_app:canary-password@127.0.0.1:1/zamc"
    away = Services(Settings(database_url=url, nats_url=services.nats_url, redis_url=services.redis_url, objects_url=services.objects_url))
    monkeypatch.setattr(zamc.bootstrap, "services", lambda: away)
    for words in (["pause", "--all"], ["deployments", "list"], ["reconcile"]):
        code, told = _typed(words, monkeypatch, capsys)
        assert (code, len(told.splitlines())) == (1, 1), told
        assert told.startswith("zamc: the database does not answer (")
        assert "ZAMC_DATABASE_URL" in told
        assert "canary-password" not in told
