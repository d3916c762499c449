"""Numbers are exact or refused, and one event is counted once."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zamc.analytics.rules import META_FAMILIES, BadReport, conversions, meta_actions, meta_counted, micros, whole


@given(st.decimals(min_value=0, max_value=Decimal("9e12"), places=2))
def test_an_amount_in_text_becomes_exactly_its_micros(amount: Decimal) -> None:
    assert Decimal(micros(str(amount), currency="EUR", what="spend")) == amount * 1_000_000


@pytest.mark.parametrize("text", ["NaN", "-NaN", "Infinity", "", "12,5", "1e40", None, "0x10", "9" * 20])
def test_what_is_no_amount_is_refused(text: object) -> None:
    with pytest.raises(BadReport, match="spend"):
        micros(text, currency="JPY", what="spend")


@pytest.mark.parametrize("text", ["1.5", "NaN", "9" * 19, "many", None])
def test_what_is_no_count_is_refused(text: object) -> None:
    with pytest.raises(BadReport, match="clicks"):
        whole(text, what="clicks")


@pytest.mark.parametrize(("text", "count"), [("12", 12), ("12.0", 12), (7, 7), ("-3", -3)])
def test_counts_keep_their_sign_so_that_a_negative_one_can_be_refused_with_its_object(text: object, count: int) -> None:
    assert whole(text, what="clicks") == count


@pytest.mark.parametrize(("raw", "exact"), [(0.1 + 0.2, "0.300000"), (1 / 3, "0.333333"), ("2", "2.000000")])
def test_shared_credit_is_kept_to_six_decimals(raw: object, exact: str) -> None:
    assert conversions(raw, what="metrics.conversions") == Decimal(exact)


@pytest.mark.parametrize("raw", [float("nan"), float("inf"), 1e12])
def test_a_number_of_conversions_that_cannot_be_is_refused(raw: float) -> None:
    with pytest.raises(BadReport, match=r"metrics\.conversions"):
        conversions(raw, what="metrics.conversions")


@given(st.sets(st.sampled_from(sorted({name for names in META_FAMILIES.values() for name in names}))))
def test_one_event_under_many_names_is_one_action(names: set[str]) -> None:
    found = meta_actions(sorted(names))
    assert set(found.values()) <= names
    assert found.keys() == {action for action, family in META_FAMILIES.items() if names & set(family)}


def test_no_name_belongs_to_two_actions() -> None:
    names = [name for family in META_FAMILIES.values() for name in family]
    assert len(names) == len(set(names))


def test_custom_conversions_keep_their_name_and_engagement_is_none() -> None:
    present = ["offsite_conversion.custom.42", "link_click", "post_engagement", "omni_purchase", "purchase"]
    assert meta_actions(present) == {"purchase": "omni_purchase", "offsite_conversion.custom.42": "offsite_conversion.custom.42"}


@pytest.mark.parametrize(
    ("action", "conversion_action", "counted"),
    [
        ("purchase", None, True),
        ("lead", None, True),
        ("add_to_cart", None, False),
        ("lead", "PURCHASE", False),
        ("purchase", "PURCHASE", True),
        ("subscribe", "subscribe", True),
        ("offsite_conversion.custom.42", "offsite_conversion.custom.42", True),
        ("lead", "something that Meta does not know", True),
    ],
)
def test_an_account_counts_its_own_action_or_purchases_and_leads(action: str, conversion_action: str | None, counted: bool) -> None:
    assert meta_counted(action, conversion_action) is counted
