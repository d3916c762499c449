"""What an offer lists is said in other languages by a dictionary, or not at all."""

import pytest

from tests.zamc.creatives.copies import example_plans, planned
from tests.zamc.strategies.briefs import brief
from zamc.creatives.copy import compose_copy
from zamc.creatives.source_rules import facts_for, speaks
from zamc.creatives.thing_words import PRODUCTS, SOLD, THINGS, listed, product_of
from zamc.creatives.video_rules import video_words
from zamc.strategies.places import LANGUAGES
from zamc.strategies.schema import Brief, Plan

OFFER = "Training, production files and films made with Blender, in one subscription"


def blender() -> tuple[Plan, Brief]:
    return next(pair for pair in example_plans() if pair[0].brand_name == "Blender Studio")


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("de", "Training, Produktionsdateien und Filme im Abo"),
        ("fr", "Formations, fichiers de production et films sur abonnement"),
        ("es", "Formación, archivos de producción y películas por suscripción"),
        ("ja", "トレーニング、制作ファイル、映画のサブスクリプション"),
    ],
)
def test_a_list_is_said_in_another_language(language: str, said: str) -> None:
    assert listed(OFFER, "en", language) == said


def test_it_goes_from_every_language_to_every_other() -> None:
    assert listed("Kaffee und Tee", "de", "fr") == "Café et thé"
    assert listed("Pan y queso", "es", "sv") == "Bröd och ost"
    assert listed("コーヒー、お茶", "ja", "en") == "Coffee and tea"


@pytest.mark.parametrize(
    "line",
    [
        "No training", "Films for children", "Fresh coffee", "3 films", "Training only for members", "Coffee and conversation",
        "Books, if you order today", "Training and training", "", "Order by 18:00, collect the next morning",
    ],
)  # fmt: skip
def test_what_says_more_than_a_list_is_not_said(line: str) -> None:
    assert listed(line, "en", "de") is None


def test_a_product_is_a_name_and_what_it_is() -> None:
    assert product_of("Blender Studio membership", "Blender Studio", "en", "de") == "Mitgliedschaft bei Blender Studio"
    assert product_of("Blender Studio forum", "Blender Studio", "en", "de") is None
    assert product_of("Other membership", "Blender Studio", "en", "de") is None


def test_the_dictionary_is_whole() -> None:
    for row in (*THINGS, SOLD, *PRODUCTS):
        assert tuple(sorted(row)) == tuple(sorted(LANGUAGES))
        assert all(row.values())
    for language in LANGUAGES:
        names = [row[language].casefold() for row in THINGS]
        assert len(names) == len(set(names)), language


@pytest.mark.parametrize(("language", "said"), [("de", "Produktionsdateien"), ("fr", "fichiers de production"), ("es", "archivos")])
def test_an_ad_in_a_language_without_a_line_says_what_is_offered_and_nothing_in_english(language: str, said: str) -> None:
    plan, asked = blender()
    assert not speaks(asked, language)
    for copy in (compose_copy(plan, asked, "google_ads", language), compose_copy(plan, asked, "meta_ads", language)):
        assert said in str(copy.content)
        assert not any(word in str(copy.content) for word in ("Training, production", "Members get", "free and open"))
        assert not [note for note in copy.provenance if "translated" in note]
        named = [note for note in copy.provenance if note["change"] == "dictionary"]
        assert {"brief.offer", "brief.product"} <= {note["source"] for note in named}
    assert said in " ".join(video_words(plan, asked, language).captions)


def test_where_the_dictionary_lacks_a_thing_the_lines_stay_untranslated_and_say_so() -> None:
    asked = brief(languages=["de"], offer="Coffee and conversation", claims=["Roasted in Bremen every week"], product="Bluebird beans")
    assert {fact.language for fact in facts_for(asked, "de", "Bluebird")} == {"en"}
    notes = compose_copy(planned(asked, "Bluebird"), asked, "google_ads", "de").provenance
    assert [note for note in notes if note.get("translated") is False]
