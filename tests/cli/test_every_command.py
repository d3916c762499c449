"""Every command explains itself with an example that is its own, and a wrong command line changes nothing and ends with 2."""

from collections.abc import Iterator
from typing import cast

import click
import pytest
import typer.main
from typer.testing import CliRunner

import cli.main

# What issues and runbooks tell people to type when money is concerned.
OF_MONEY = {
    "plan", "apply", "approve", "pause", "resume", "end", "kill-switch", "reconcile", "hold", "adopt", "projects policy",
    "drift list", "drift accept", "drift revert", "drift policy", "deployments list", "deployments show",
    "dead-letters list", "dead-letters show", "dead-letters replay", "dead-letters drop",
    "accounts add", "accounts list", "accounts check", "accounts remove", "accounts encrypt-anew",
}  # fmt: skip


def _commands(group: click.Group, above: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    for name, command in sorted(group.commands.items()):
        path = (*above, name)
        # typer brings a click of its own: what holds commands is a group, whatever its class is called.
        if hasattr(command, "commands"):
            yield from _commands(cast("click.Group", command), path)
        else:
            yield path, command


ALL = dict(_commands(typer.main.get_command(cli.main.app)))  # type: ignore[arg-type]  # typer's own copy of click


def test_the_commands_that_money_hangs_on_are_there() -> None:
    assert OF_MONEY - {" ".join(path) for path in ALL} == set()


@pytest.mark.parametrize("path", [path for path in ALL if " ".join(path) in OF_MONEY], ids=" ".join)
def test_a_command_says_what_it_does_with_an_example_of_its_own(path: tuple[str, ...]) -> None:
    said = " ".join((ALL[path].help or "").split())
    assert f"Example: zamc {' '.join(path)}" in said
    assert said.index("Example:") > 20, "and a sentence before it"


@pytest.mark.parametrize("path", [path for path in ALL if " ".join(path) in OF_MONEY], ids=" ".join)
def test_a_wrong_command_line_ends_with_2(path: tuple[str, ...]) -> None:
    answer = CliRunner().invoke(cli.main.app, [*path, "--no-such-option"])
    assert answer.exit_code == 2
    assert "No such option" in answer.output
