"""Each check finds its fault and leaves good lines alone."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.zamc.strategies.briefs import brief
from zamc.creatives.copy_rules import check_content, check_line, near_duplicate
from zamc.creatives.grounding_rules import Grounding, grounding_of
from zamc.creatives.limits import field_of
from zamc.creatives.shorten_rules import fitted
from zamc.creatives.source_rules import harmless, subject_of
from zamc.creatives.width_rules import display_width

HEADLINE = field_of("google_ads", "headlines")
DESCRIPTION = field_of("google_ads", "descriptions")


def grounding(**changes: Any) -> Grounding:
    return grounding_of(brief(**changes), "Bluebird")


def codes(text: str, **changes: Any) -> set[str]:
    return {finding.code for finding in check_line(text, DESCRIPTION, grounding(**changes))}


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("x" * 91, "too_wide"), ("あ" * 46, "too_wide"),
        ("...", "empty"), ("Coffee!!", "punctuation"), ("Coffee, , beans", "punctuation"),
        ("Coffee! Beans!", "punctuation"), ("C.O.F.F.E.E", "punctuation"), ("Coffee ★ beans", "symbols"), ("Coffee ☕ 🚀", "symbols"),
        ("ｺｰﾋｰ", "symbols"), ("Buy c0ffee here", "symbols"), ("Coffee , beans", "spacing"), ("Coffee,beans", "spacing"),
        ("Coffee and", "unfinished"), ("Coffee,", "unfinished"), ("BUY COFFEE", "capitals"), ("Fresh COFFEE", "capitals"),
        ("Fresh fresh coffee", "repetition"), ("Call 0171 234 5678", "contact"), ("Visit www.coffee.example", "contact"),
        ("Mail me@coffee.example", "contact"), ("{KeyWord:Coffee}", "macro"), ("Coffee {{name}}", "macro"), ("Beans in 5 days", "number"),
        ("Save 20%", "number"), ("Only €5", "number"), ("Founded 1998", "number"), ("The best coffee", "superlative"),
        ("Der beste Kaffee", "superlative"), ("Le meilleur café", "superlative"), ("世界一のコーヒー", "superlative"),
        ("Guaranteed fresh", "promise"), ("Free coffee", "price"), ("コーヒー無料", "price"), ("Last chance", "urgency"),
        ("Nur heute frisch", "urgency"), ("Loved by millions", "magnitude"), ("Ready by Christmas", "date"), ("Healthy coffee", "avoided"),
    ],
)  # fmt: skip
def test_each_fault_is_found(text: str, code: str) -> None:
    assert code in codes(text)


@pytest.mark.parametrize(
    "text",
    [
        "Bluebird coffee is roasted in Bremen", "Beans arrive within 3 days", "Order fresh coffee beans online.",
        "Coffee, beans and Bremen",
        "Fresh coffee: roasted in Bremen", "Jetzt bestellen", "Découvrir Bluebird", "S'abonner à Bluebird", "今すぐ注文",
        "「ことば」を見る。", "Mehr über Bluebird – jetzt entdecken", "Coffee (from Bremen)", "¿Café? Descubrir Bluebird", "Order now!",
    ],
)  # fmt: skip
def test_good_lines_pass(text: str) -> None:
    assert codes(text) == set()


def test_headlines_take_no_exclamation_mark() -> None:
    assert {finding.code for finding in check_line("Order now!", HEADLINE, grounding())} == {"punctuation"}


@pytest.mark.parametrize(
    ("claim", "good", "bad"),
    [
        ("Now 20% off", "20 % off", "20 coffees"),
        ("From 1,200.00 EUR", "From €1.200", "From 1.20 EUR"),
        ("Open until 18:00", "Until 18:00", "Until 19:00"),
        ("毎日10分", "10分", "10%"),
        ("１４日間無料", "14日間", "15日間"),
        ("Free for 14 days", "Kostenlos", "Guaranteed"),
        ("The best beans of Bremen", "The best beans", "The cheapest beans"),
    ],
)
def test_what_the_brief_states_may_be_said_and_no_more(claim: str, good: str, bad: str) -> None:
    assert codes(good, claims=[claim], avoid=[]) == set()
    assert codes(bad, claims=[claim], avoid=[])


@pytest.mark.parametrize(
    ("avoid", "bad", "good"),
    [
        ('the word "artisanal"', "Artisanal bread", "Bread of artisans"),
        ("discount language", "Coffee discounts", "Coffee of Bremen"),
        ("上達を保証する表現", "上達を保証します", "毎日のコーヒー"),
        ("comparisons with named competitors", "Better than others", "Better mornings"),
        ("guilt", "Feel the guilt", "Feel the morning"),
        ("Nespresso", "Like Nespresso", "Like espresso"),
        ("any claim about the number of readers or donors", "Thousands of donors", "Our donors"),
    ],
)
def test_what_the_brief_avoids_is_avoided(avoid: str, bad: str, good: str) -> None:
    assert "avoided" in codes(bad, avoid=[avoid])
    assert "avoided" not in codes(good, avoid=[avoid])


def test_what_no_rule_understands_is_named() -> None:
    assert grounding(avoid=["anything that our founder would find embarrassing"]).banned.unchecked == (
        "anything that our founder would find embarrassing",
    )


def test_counts_duplicates_and_paths() -> None:
    content = {"headlines": ["Order now", "Order now.", "Coffee"], "descriptions": ["Coffee"], "long_headlines": ["Fresh"], "path2": "a b"}
    found = {(finding.field, finding.code) for finding in check_content("google_ads", content, grounding())}
    assert found == {("headlines[1]", "duplicate"), ("descriptions", "too_few"), ("path2", "path")}
    many = {
        "headlines": [f"Coffee {word}" for word in "abcdefghijklmnop"],
        "descriptions": ["Coffee", "Beans"],
        "long_headlines": ["Fresh"],
    }
    assert "too_many" in {finding.code for finding in check_content("google_ads", many, grounding())}


def test_near_duplicates() -> None:
    assert near_duplicate("Order fresh beans", ["Coffee", "Order fresh bean"]) == "Order fresh bean"
    assert near_duplicate("今すぐ登録", ["今すぐ購入"]) is None


@pytest.mark.parametrize(
    ("text", "width", "language", "expected"),
    [
        ("Wikipedia is free and has no advertising", 30, "en", "Wikipedia is free"),
        ("Wikipedia is written by volunteers", 30, "en", "Written by volunteers"),
        ("Order by 18:00, collect the next morning", 30, "en", "Order by 18:00"),
        ("Training, production files and films made with Blender", 30, "en", "Training and production files"),
        ("Free delivery, on orders over 50 EUR", 30, "en", None),
        ("Free delivery, 14 days", 15, "en", None),
        ("Free returns, terms and conditions apply", 30, "en", None),
        ("Choose between coffee and freshly made tea", 30, "en", None),
        ("Available for members and other subscribed people", 30, "en", "Available for members"),
        ("Gratis Versand, nur am ersten Tag", 30, "de", None),
        ("Aus Bremen, frisch geröstet und gemahlen", 30, "de", "Aus Bremen und frisch geröstet"),
        ("毎日10分で学べる英会話アプリ「ことば」", 30, "ja", "英会話アプリ「ことば」"),
        ("最初の14日間は無料、ただし条件あり、詳細はこちら", 30, "ja", None),
        ("Antidisestablishmentarianismically", 30, "en", None),
    ],
)
def test_shortening_keeps_what_is_said(text: str, width: int, language: str, expected: str | None) -> None:
    assert fitted(text, width, language, ("Wikipedia",)) == expected


@given(st.text(max_size=200), st.integers(1, 90), st.sampled_from(["en", "de", "ja"]))
def test_a_fitted_line_fits_and_has_no_new_words(text: str, width: int, language: str) -> None:
    short = fitted(text, width, language)
    if short is not None:
        assert display_width(short) <= width
        assert {word.strip(",.;:").casefold() for word in short.split()} <= {word.strip(",.;:").casefold() for word in text.split()} | {
            "and",
            "und",
        } or language == "ja"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{KeyWord:Fresh beans} here", "Fresh beans here"), ("{keyword: x}{lpurl}", "x"), ("Hi {{first_name}}!", "Hi !"),
        ("{=IF(device=mobile,text):other}", "other"), ("{=COUNTDOWN(1)}", ""), ("a }{ b", "a b"), ("%%url%% [[x]]", ""), ("plain", "plain"),
    ],
)  # fmt: skip
def test_macros_are_made_harmless(text: str, expected: str) -> None:
    assert harmless(text) == expected


@given(st.text(alphabet="{}ab:= %[]", max_size=60))
def test_nothing_is_left_that_a_platform_would_replace(text: str) -> None:
    assert not set("{}") & set(harmless(text))


def test_subjects() -> None:
    assert subject_of(brief(product="Wikipedia, free", offer="Keep Wikipedia free"), "Foundation", "en") == "Wikipedia"
    assert subject_of(brief(product="Kaffee「ことば」"), "Kotoba", "ja") == "「ことば」"
    assert subject_of(brief(), "Bluebird", "en") == "Bluebird"


@pytest.mark.parametrize(("text", "width"), [("abc", 3), ("日本", 4), ("ｱ", 1), ("é", 1), ("🚀", 2), ("「a」", 5), ("", 0)])
def test_display_width(text: str, width: int) -> None:
    assert display_width(text) == width
