"""Whatever is wrong with a brief ends in one error that names the field and says what is allowed."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.zamc.strategies.briefs import EXAMPLES, brief, data, examples
from zamc.errors import InvalidInput
from zamc.strategies.rules import check_brief, check_file, read_brief
from zamc.strategies.yaml_reader import MOST_BYTES, read_yaml


def refused(**changes: Any) -> InvalidInput:
    with pytest.raises(InvalidInput) as caught:
        check_brief(data(**changes))
    return caught.value


def test_the_examples_are_read_as_they_are() -> None:
    assert [file.project for file in examples()] == ["Blender Studio", "Padaria da Mouraria", "Kotoba", "Wikimedia Foundation"]


def test_a_brief_survives_its_own_json() -> None:
    for file in examples():
        assert check_brief(json.loads(file.brief.model_dump_json())) == file.brief
        assert check_brief(file.brief) == file.brief


@pytest.mark.parametrize(
    ("changes", "field", "part"),
    [
        ({"budgets": 1}, "brief.budgets", "did you mean 'budget'"),
        ({"budget": {"total": "1.00", "currency": "EUR", "spend": "2"}}, "brief.budget.spend", "currency, monthly, total"),
        ({"product": ...}, "brief.product", "missing"),
        ({"product": "   "}, "brief.product", "empty"),
        ({"product": 7}, "brief.product", "must be text"),
        ({"product": "x" * 201}, "brief.product", "200 characters"),
        ({"goal": "fame"}, "brief.goal", "'awareness', 'traffic', 'leads' or 'sales'"),
        ({"platforms": []}, "brief.platforms", "at least one"),
        ({"platforms": ["tiktok"]}, "brief.platforms[0]", "'google_ads' or 'meta_ads'"),
        ({"platforms": ["meta_ads", "meta_ads"]}, "brief.platforms[1]", "twice"),
        ({"regions": ["XX"]}, "brief.regions[0]", "ISO 3166-1"),
        ({"regions": ["de"]}, "brief.regions[0]", "two capital letters"),
        ({"regions": ["DE", "IR"]}, "brief.regions[1]", "IR is not a country"),
        ({"languages": ["xx"]}, "brief.languages[0]", "supported are de, en"),
        ({"languages": ["de-AT"]}, "brief.languages[0]", "two small letters"),
        ({"languages": ["en", "en"]}, "brief.languages[1]", "twice"),
        ({"start": "2027-02-30"}, "brief.start", "a date that exists"),
        ({"start": "tomorrow"}, "brief.start", "2027-03-01"),
        ({"end": "2027-02-28"}, "brief.end", "before the start"),
        ({"end": "2099-01-01"}, "brief.end", "1096 days"),
        ({"end": None}, "brief.end", "monthly"),
        ({"budget": {"currency": "EUR"}}, "brief.budget", "neither"),
        ({"budget": {"total": "100.00", "monthly": "100.00", "currency": "EUR"}}, "brief.budget", "both"),
        ({"budget": {"total": "0", "currency": "EUR"}}, "brief.budget.total", "more than zero"),
        ({"budget": {"total": "-5", "currency": "EUR"}}, "brief.budget.total", "plain positive decimal"),
        ({"budget": {"total": "NaN", "currency": "EUR"}}, "brief.budget.total", "plain positive decimal"),
        ({"budget": {"total": "1e9", "currency": "EUR"}}, "brief.budget.total", "plain positive decimal"),
        ({"budget": {"total": float("nan"), "currency": "EUR"}}, "brief.budget.total", "not a number"),
        ({"budget": {"total": float("inf"), "currency": "EUR"}}, "brief.budget.total", "not a number"),
        ({"budget": {"total": 100.5, "currency": "EUR"}}, "brief.budget.total", "in quotes"),
        ({"budget": {"total": 100, "currency": "EUR"}}, "brief.budget.total", "in quotes"),
        ({"budget": {"total": "10.005", "currency": "EUR"}}, "brief.budget.total", "2 decimals"),
        ({"budget": {"total": "10.5", "currency": "JPY"}, "conversion_value": None}, "brief.budget.total", "0 decimals"),
        ({"budget": {"total": "100.00", "currency": "EUX"}}, "brief.budget.currency", "ISO 4217"),
        ({"budget": {"total": "100.00", "currency": "euro"}}, "brief.budget.currency", "three capital letters"),
        ({"budget": {"total": "5.00", "currency": "EUR"}}, "brief.budget.total", "at least"),
        ({"budget": {"monthly": "5.00", "currency": "EUR"}, "end": None}, "brief.budget.monthly", "at least"),
        ({"conversion_value": {"amount": "20.00", "currency": "USD"}}, "brief.conversion_value.currency", "use one"),
        ({"conversion_value": {"amount": "0.00", "currency": "EUR"}}, "brief.conversion_value.amount", "more than zero"),
        ({"geo_targets": [{"name": "Bremen", "radius_km": 0}]}, "brief.geo_targets[0].radius_km", "greater than 0"),
        ({"geo_targets": [{"name": "Bremen", "radius_km": True}]}, "brief.geo_targets[0].radius_km", "true or false"),
        ({"brand": {"primary": "orange"}}, "brief.brand.primary", "#1F3A5F"),
        ({"claims": []}, "brief.claims", "at least one"),
        ({"claims": ["a"] * 21}, "brief.claims", "20 entries"),
        ({"claims": ["Same", "Same"]}, "brief.claims[1]", "twice"),
        ({"claims": "Roasted in Bremen"}, "brief.claims", "a list"),
        ({"product": "Coffee\u202e"}, "brief.product", "U+202E"),
        ({"product": "Cof\u200bfee"}, "brief.product", "U+200B at position 4"),
        ({"product": "Coffee\x00"}, "brief.product", "U+0000"),
        ({"product": "Coffee\ud800"}, "brief.product", "U+D800"),
        ({"product": "Coffee\U000e0041"}, "brief.product", "U+E0041"),
        ({"product": "C\u0301\u0301\u0301\u0301\u0301"}, "brief.product", "stacks"),
        ({"avoid": ["health\u2066"]}, "brief.avoid[0]", "U+2066"),
    ],
)
def test_each_fault_is_named(changes: dict[str, Any], field: str, part: str) -> None:
    error = refused(**changes)
    assert error.field == field
    assert part in error.sentence


@pytest.mark.parametrize(
    "page",
    [
        "ftp://example.org/", "javascript:alert(1)", "example.org", "https://", "https://user@example.org/", "https://user:pass@example.org/",
        "https://example.org\\@evil.org/", "https://example.org/\r\nX: y", "https://127.0.0.1/", "https://[::1]/", "https://localhost/",
        "https://2130706433/", "https://0x7f.1/", "https://printer.local/", "https://bücher.example/", "https://example.org/{lpurl}",
        "https://example.org/?a={{campaign.id}}", "https://example.org:99999/", "https://exa mple.org/", "https://-a.org/", "data:,hi",
    ],
)  # fmt: skip
def test_a_landing_page_that_an_ad_cannot_lead_to_is_refused(page: str) -> None:
    assert refused(landing_page=page).field == "brief.landing_page"


@pytest.mark.parametrize(
    "page", ["http://example.org", "https://example.org/a?b=c&d=%C3%A9#e", "https://xn--bcher-kva.example:84/x", "HTTPS://Example.org/"]
)
def test_public_landing_pages_are_taken(page: str) -> None:
    assert brief(landing_page=page).landing_page == page


def test_text_is_normalised_where_it_looks_the_same() -> None:
    checked = brief(product="Cafe\u0301\u00a0 au  lait", audience="Adults\nwho read\tslowly")
    assert checked.product == "Café au lait"
    assert checked.audience == "Adults who read slowly"
    assert brief(claims=["نان\u200cها تازه"]).claims == ["نان\u200cها تازه"]  # a joiner that Persian needs


def test_norway_and_times_of_day_stay_what_was_written() -> None:
    assert read_yaml("[NO, on, 18:00, 1_000, 0o7, 2027-03-01x]") == ["NO", "on", "18:00", "1_000", "0o7", "2027-03-01x"]


@pytest.mark.parametrize(
    ("text", "field", "part"),
    [
        ("a: &x [1]\nb: *x", "file", "line 2: aliases"),
        ("a: 1\na: 2", "a", "given twice"),
        ("a: [1", "file", "line"),
        ("? [a]\n: 1", "file", "plain word"),
        ("[" * 40, "file", "nested deeper"),
        ("a: !!python/object/apply:os.system ['true']", "file", "could not determine a constructor"),
        ("a: 1\n---\nb: 2", "file", "line 2"),
        ("\x00", "file", "not YAML"),
        ("brief: {name: x", "file", "line"),
        ("just text", "file", "group of fields"),
        ("", "file", "group of fields"),
        ("project: P\nbrief: 7", "brief", "group of fields"),
        ("project: P\nbrief:\n  budget: {total: .nan, currency: EUR}", "brief.budget.total", "not a number"),
        ("project: P\nbrief:\n  budget: {total: 9000.00, currency: EUR}", "brief.budget.total", "in quotes"),
        ("project: P\nbrief: {}\nproject: Q", "project", "given twice"),
        ("project: [P]\nbrief: {}", "project", "must be text"),
    ],
)
def test_each_fault_of_a_file_is_named(text: str, field: str, part: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        read_brief(text)
    assert caught.value.field == field
    assert part in caught.value.sentence


def test_a_megabyte_is_refused_before_it_is_parsed() -> None:
    with pytest.raises(InvalidInput, match="bytes; a brief has at most 65,536"):
        read_brief("{" * 1_000_000)
    text = (EXAMPLES / "lisbon-bakery-local.yaml").read_text("utf-8")
    padded = text + "# " + "x" * (MOST_BYTES - len(text.encode()) - 2)
    assert read_brief(padded).project == "Padaria da Mouraria"
    with pytest.raises(InvalidInput):
        read_brief(padded + "x")


def test_a_byte_order_mark_is_no_fault() -> None:
    text = (EXAMPLES / "tokyo-language-app.yaml").read_text("utf-8")
    assert read_brief("\ufeff" + text) == read_brief(text)


def test_fields_of_a_file_are_named_from_the_outside() -> None:
    with pytest.raises(InvalidInput) as caught:
        check_file({"project": "P", "brief": data(goal="fame")})
    assert caught.value.field == "brief.goal"


plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(st.sampled_from(sorted(data())), plain, max_size=4))
def test_no_json_brings_anything_but_a_brief_or_one_named_error(changes: dict[str, Any]) -> None:
    try:
        checked = check_brief(data(**changes))
    except InvalidInput as error:
        assert (error.field.split(".")[0], bool(error.sentence)) == ("brief", True)  # noqa: PT017 - either outcome is right
    else:
        assert check_brief(checked) == checked


@given(st.text(max_size=300))
def test_no_text_brings_anything_but_a_named_error(text: str) -> None:
    with pytest.raises(InvalidInput):
        read_brief(text)
