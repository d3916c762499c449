"""What docs/how-to/stop.md tells an operator to type does what it says."""

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from uuid import UUID

from graphql import parse, validate
from sqlalchemy import text

from api.graphql.schema import make_schema
from tests.services import Database as DatabaseUrls
from tests.services import Services
from zamc.database.engine import Database

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "stop.md"


def _block(start: str) -> str:
    """The indented block of the page that begins with `start`, without its indentation."""
    blocks = ["\n".join(line[4:] for line in found.splitlines()) for found in re.findall(r"(?:^ {4}.*\n)+", PAGE.read_text(), re.MULTILINE)]
    [found] = [block for block in blocks if block.startswith(start)]
    return found


def test_the_mutation_is_one_that_the_api_knows() -> None:
    words = shlex.split(_block("curl"))
    document = json.loads(words[words.index("-d") + 1])["query"].replace('"ID"', f'"{UUID(int=0)}"')
    # The schema underneath is the only place that can check a document without a server; strawberry names it privately.
    schema = make_schema()._schema
    assert "pauseProject" in document
    assert validate(schema, parse(document)) == []


def test_the_kill_switch_turns(services: Services, urls: DatabaseUrls, database: Database) -> None:
    words = shlex.split(_block(".venv/bin/zamc kill-switch").splitlines()[0])
    environment = {**os.environ, **services.environment_for(urls)}
    subprocess.run([sys.executable, "-m", "cli.main", *words[1:]], check=True, env=environment, cwd=PAGE.parents[2], timeout=120)
    with database.transaction() as session:
        assert session.scalar(text("SELECT value FROM feature_flags WHERE name = 'kill_switch'")) == "on"
        assert session.scalar(text("SELECT actor FROM audit_log WHERE action = 'kill_switch.on'")) == "ana"
