"""What PostgreSQL takes of a machine's memory."""

from pathlib import Path

import psycopg
import pytest

from cli.local import memory
from cli.local.client import LocalStack
from cli.local.memory import postgres_memory, usable_bytes

GIB = 1024**3


@pytest.mark.parametrize(
    ("usable", "buffers", "cache"),
    [
        (GIB // 4, "128MB", "128MB"),
        (GIB, "128MB", "512MB"),
        (8 * GIB, "1024MB", "4096MB"),
        (16 * GIB, "2048MB", "8192MB"),
        (512 * GIB, "2048MB", "262144MB"),
    ],
)
def test_it_is_an_eighth_within_bounds(usable: int, buffers: str, cache: str) -> None:
    settings = postgres_memory(usable)
    assert (settings["shared_buffers"], settings["effective_cache_size"]) == (buffers, cache)


def test_a_container_has_what_it_may_have(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "_LIMITS", ())
    machine = usable_bytes()
    (tmp_path / "none").write_text("max\n")
    (tmp_path / "some").write_text(f"{machine // 2}\n")
    # What cgroups 1 say for none.
    (tmp_path / "huge").write_text(f"{2**63 - 4096}\n")
    for named, expected in (("none", machine), ("some", machine // 2), ("huge", machine), ("missing", machine)):
        monkeypatch.setattr(memory, "_LIMITS", (tmp_path / named,))
        assert usable_bytes() == expected, named


def test_a_server_that_keeps_data_has_it_and_one_for_tests_is_small(tmp_path: Path) -> None:
    wanted = postgres_memory(usable_bytes())
    assert _setting(tmp_path, durable=True) == {name: wanted[name] for name in ("shared_buffers", "effective_cache_size")}
    assert _setting(tmp_path, durable=False)["shared_buffers"] == "128MB"


def _setting(home: Path, *, durable: bool) -> dict[str, str]:
    with (
        LocalStack.start(home=home, services={"postgres"}, durable=durable) as stack,
        psycopg.connect(stack.environment["ZAMC_DATABASE_URL"].replace("+psycopg", "")) as connection,
    ):
        rows = connection.execute("SELECT name, setting::bigint FROM pg_settings WHERE name IN ('shared_buffers', 'effective_cache_size')")
        return {name: f"{pages * 8 // 1024}MB" for name, pages in rows}
