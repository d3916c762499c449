"""What a stranger types where a text, an amount, a day or an id belongs: refused in words or taken as text, never a fault of ours."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pytest
from graphql import GraphQLInputObjectType, get_named_type

from tests.api.installation import Installation, installation
from tests.api.operations import Operation, operations
from tests.api.test_graphql import REQUEST, _brief

__all__ = ["installation"]

# NUL and halves of pairs never get so far (test_attacks).
TEXTS = (
    "", " ", "\t\n", "\x1b[31mred", "a\r\nX-Header: 1", "\u202eevil", "a\u200bb", "\U000e0041", "\ufeff", "e" + "\u0301" * 500,
    "\U0001f469\u200d\U0001f469\u200d\U0001f467" * 40, "'; DROP TABLE projects; --", "%_%\\", "${jndi:ldap://x}", "{{7*7}}",
    "<script>alert(1)</script>",
    "=cmd|' /C calc'!A0", "../../../etc/passwd", "x" * 200_000, "[" * 9_000, "{" * 9_000 + "}" * 9_000, "- " * 9_000, "? " * 5_000,
    "&a [*a]", "a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]", "!!python/object/apply:os.system ['true']", "!!binary zzz",
    "a: 1\na: 2", "<<: 5",
    "? [a]\n: b", "---\na\n---\nb", "0x" + "f" * 4_000, "9" * 6_000, "1e309", "2026-02-30", "\N{BELL}", "null", "{}", "[]",
)  # fmt: skip
MONEY = (
    "0", "-0", "-1", "+1", "0.005", "0.0000001", "NaN", "Infinity", "-Infinity", "1e309", "1e3", "1,000.00", "1.000,00",
    "\u0661\u0662", "0x10", "1_000",
    " 5", "5 ", "", "9" * 13, "9" * 19, "9223372036854.775808", "9" * 5_000, "5.", ".5",
)  # fmt: skip
# What is not there, in another notation, or of another currency than the account.
CURRENCIES = ("", "eur", "EURO", "XXX", "USD", "JPY", "KWD", "\u20acUR", "EUR ", "BTC")
DAYS = (
    "2026-02-30", "0000-00-00", "0001-01-01", "9999-12-31", "10000-01-01", "-001-01-01", "2026-W01-1", "20261101",
    "2026-11-01T00:00:00Z", "now", "",
    "2028-02-29", "1e9", 20261101,
)  # fmt: skip
EXPECTED = {"BAD_REQUEST", "INVALID_INPUT", "NOT_FOUND", "CONFLICT", "SPEND_REFUSED", "UNAVAILABLE", "FORBIDDEN", "TOO_COSTLY"}


@dataclass(frozen=True)
class Place:
    """Where a value goes: of which argument, and below it."""

    operation: Operation
    path: tuple[str, ...]
    kind: str

    def __str__(self) -> str:
        return ".".join((self.operation.field, *self.path))

    def document(self) -> str:
        """As of the operation, with the argument even if it may be left out."""
        name = self.path[0]
        if name in self.operation.needed:
            return self.operation.document()
        kind = str(self.operation.definition.args[name].type)
        head, _, rest = self.operation.document().partition(self.operation.field)
        declared = head.rstrip("{ ").removesuffix(")")
        declared += f"{', ' if '(' in declared else '('}${name}: {kind})"
        given = rest.removeprefix("(") if rest.startswith("(") else f") {rest}"
        more = f"{name}: ${name}{', ' if rest.startswith('(') else ''}"
        return f"{declared} {{ {self.operation.field}({more}{given}"

    def variables(self, ids: Mapping[str, Any], value: Any) -> dict[str, Any]:
        found = dict(self.operation.variables(ids))
        here: dict[str, Any] = found
        for name in self.path[:-1]:
            here[name] = dict(here.get(name) or _STARTS.get(name, {}))
            here = here[name]
        here[self.path[-1]] = value
        return found


_STARTS: Mapping[str, Mapping[str, Any]] = {"dailyBudget": {"amount": "10.00", "currency": "EUR"}}


def _places(*kinds: str) -> list[Place]:
    return [place for operation in operations() for place in _below(operation, operation.definition.args, ()) if place.kind in kinds]


def _below(operation: Operation, fields: Mapping[str, Any], path: tuple[str, ...]) -> Iterator[Place]:
    for name, field in fields.items():
        named = get_named_type(field.type)
        if isinstance(named, GraphQLInputObjectType):
            if not str(field.type).startswith("["):
                yield from _below(operation, named.fields, (*path, name))
        else:
            yield Place(operation, (*path, name), named.name)


def _tried(installation: Installation, key: str, place: Place, values: tuple[Any, ...]) -> list[tuple[str, Any]]:
    """Those that were answered otherwise than in words."""
    odd = []
    for value in values:
        answer = installation.send(place.document(), place.variables(installation.mine.arguments(), value), key)
        try:
            read = answer.json()
        except json.JSONDecodeError:
            odd.append((str(value)[:40], answer.text[:200]))
            continue
        codes = {error.get("extensions", {}).get("code") for error in read.get("errors", ())}
        if answer.status_code >= 500 or codes - EXPECTED or "Traceback" in answer.text:
            odd.append((str(value)[:40], answer.text[:200]))
    return odd


@pytest.fixture(scope="module")
def owner(installation: Installation) -> str:
    return installation.key("olga@example.org", mine="owner")


@pytest.mark.parametrize("place", _places("String"), ids=str)
def test_a_text_is_taken_or_refused(installation: Installation, owner: str, place: Place) -> None:
    assert _tried(installation, owner, place, TEXTS) == []


@pytest.mark.parametrize("place", _places("Date", "DateTime"), ids=str)
def test_a_day_that_is_none_is_refused(installation: Installation, owner: str, place: Place) -> None:
    assert _tried(installation, owner, place, DAYS) == []


def test_there_are_texts_and_days_to_be_tried() -> None:
    names = {str(place) for place in _places("String", "Date")}
    assert {"requestStrategy.briefYaml", "editStrategy.words", "planChange.wanted.dailyBudget.amount", "performance.range.first"} <= names
    assert {"addAccount.account.timeZone", "audit.action", "performance.currency", "strategies.after"} <= names


@pytest.mark.parametrize("amount", MONEY)
def test_an_amount_that_is_none_changes_nothing(installation: Installation, owner: str, amount: str) -> None:
    (place,) = (each for each in _places("String") if str(each) == "planChange.wanted.dailyBudget.amount")
    before = installation.traces()
    answer = installation.send(place.document(), place.variables(installation.mine.arguments(), amount), owner).json()
    assert answer["data"]["planChange"]["code"] == "INVALID_INPUT", answer
    brief = _brief(budget={"total": amount, "currency": "EUR"})
    asked = installation.send(REQUEST, {"project": str(installation.mine.project), "brief": brief}, owner).json()["data"]["requestStrategy"]
    assert (asked["__typename"], asked["field"]) == ("InvalidInputError", "brief.budget.total"), asked
    assert installation.traces() == before


@pytest.mark.parametrize("currency", CURRENCIES)
def test_a_currency_that_is_not_the_accounts_changes_nothing(installation: Installation, owner: str, currency: str) -> None:
    (place,) = (each for each in _places("String") if str(each) == "planChange.wanted.dailyBudget.currency")
    before = installation.traces()
    answer = installation.send(place.document(), place.variables(installation.mine.arguments(), currency), owner).json()
    assert answer["data"]["planChange"]["code"] == "INVALID_INPUT", answer
    assert installation.traces() == before


@pytest.mark.parametrize(
    "more",
    [
        {"status": "approved"}, {"approved_by": "olga@example.org"}, {"project_id": "00000000-0000-7000-8000-000000000000"}, {"id": 5},
        {"start": "2027-03-31", "end": "2027-03-01"}, {"start": "2027-02-29"}, {"end": "2099-12-31"}, {"gates": {"launch": "auto"}},
        {"landing_page": "http://169.254.169.254/latest"}, {"landing_page": "https://user@evil.example/"},
        {"landing_page": "javascript:alert(1)"},
    ],
    ids=lambda more: next(iter(more)),
)  # fmt: skip
def test_a_brief_says_nothing_that_is_not_its_to_say(installation: Installation, owner: str, more: dict[str, Any]) -> None:
    """Approvals, owners, gates and ids are nobody's to hand over, and days must be days."""
    before = installation.traces()
    sent = {"project": str(installation.mine.project), "brief": _brief(**more)}
    asked = installation.send(REQUEST, sent, owner).json()["data"]["requestStrategy"]
    assert asked["__typename"] == "InvalidInputError", asked
    assert asked["field"].startswith("brief."), asked
    assert installation.traces() == before
