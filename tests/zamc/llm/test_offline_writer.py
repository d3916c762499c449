"""The offline writer says only what the brief says, and says that it is offline."""

import re

import pytest

from tests.zamc.strategies.briefs import brief, examples
from zamc.creatives.source_rules import facts_for, speaks
from zamc.database.engine import Database
from zamc.errors import OutsideCallInTransaction
from zamc.llm.offline.audience_rules import ages, audiences
from zamc.llm.offline.keyword_rules import keywords, negative_keywords
from zamc.llm.offline.lexicon import TERMS, terms_in
from zamc.llm.offline.writer import OfflineWriter
from zamc.strategies.places import LANGUAGES
from zamc.strategies.rules import canonical


def test_it_says_who_wrote() -> None:
    file = examples()[0]
    written = OfflineWriter().write_pitch(file.brief, project_name=file.project)
    assert (written.provider, written.model, written.prompt_version) == ("offline", "rules", "offline-3")
    assert (written.input_tokens, written.output_tokens, written.cost_micros) == (0, 0, 0)
    assert "no model was asked" in written.notes[0]
    assert "no line in de, fr, es" in written.notes[1]
    assert written == OfflineWriter().write_pitch(file.brief, project_name=file.project)


def test_other_briefs_have_other_request_hashes() -> None:
    writer = OfflineWriter()
    hashes = {writer.write_pitch(asked, project_name="P").request_hash for asked in (brief(), brief(tone="loud"))}
    assert len(hashes) == 2


def test_every_message_names_its_line_and_says_no_more() -> None:
    for file in examples():
        pitch = OfflineWriter().write_pitch(file.brief, project_name=file.project).pitch
        stated = {"brief.offer": file.brief.offer, "brief.product": file.brief.product}
        stated |= {f"brief.claims[{index}]": claim for index, claim in enumerate(file.brief.claims)}
        assert {message.language for message in pitch.messages} == set(file.brief.languages)
        for message in pitch.messages:
            if message.source.startswith("brief."):
                own = {fact.source: fact.text for fact in facts_for(file.brief, message.language, file.project)}
                assert message.text == (stated[message.source] if speaks(file.brief, message.language) else own[message.source])
            else:
                assert message.source in {"phrases.named", "phrases.discover", "phrases.calls"}
        said = canonical(pitch.model_dump(mode="json", exclude={"messages": {"__all__": {"source"}}})).decode()
        known = canonical(file.model_dump(mode="json")).decode()
        ages_read = {str(age) for audience in pitch.audiences for age in (audience.age_min, audience.age_max)}
        claims_counted = {str(len(file.brief.claims))}
        assert set(re.findall(r"\d+", said)) <= set(re.findall(r"\d+", known)) | ages_read | claims_counted


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Artists, 18 to 45, who draw", (18, 45)), ("20代から40代の社会人", (20, 49)), ("30代", (30, 39)),
        ("Menschen von 25 bis 39", (25, 39)),
        ("hommes de 30 à 50 ans", (30, 50)), ("Adults over 40", (40, 65)), ("people aged 50+", (50, 65)), ("mayores de 35", (35, 65)),
        ("under 30", (18, 30)), ("13 to 17", (18, 18)), ("Adults", (18, 65)), ("within 10 to 20 km", (18, 65)), ("60 to 90", (60, 65)),
        ("45 to 18", (18, 65)), ("２０〜２９歳", (20, 29)),
    ],
)  # fmt: skip
def test_ages(text: str, expected: tuple[int, int]) -> None:
    assert ages(text) == expected


def test_audiences_have_names_that_head_a_column() -> None:
    names = [[each.name for each in audiences(file.brief) if each.platform == "meta_ads"] for file in examples()]
    assert names == [
        ["3D artists", "Hobbyists who follow open movies"],
        ["People who live or work within walking distance of Mouraria"],
        ["英語を学び直したい20代から40代の社会人"],
        ["Adults who use Wikipedia every week for study", "English speakers in the United States"],
    ]


def test_keywords_are_names_things_and_names_with_what_is_said_of_them() -> None:
    for file in examples():
        found = keywords(file.brief, file.project)
        assert {keyword.language for keyword in found} == set(file.brief.languages)
        assert len({(keyword.language, keyword.text, keyword.match_type) for keyword in found}) == len(found)
        assert not [keyword for keyword in found if re.search(r"[!@%^*()={}~`<>?\\|,;「」\"]", keyword.text)]
        assert all(len(keyword.text.split()) <= 10 for keyword in found)
        exact = [keyword.text for keyword in found if keyword.match_type == "EXACT"]
        assert file.project.lower() in exact
    english = [keyword.text for keyword in keywords(examples()[1].brief, "Padaria da Mouraria") if keyword.language == "en"]
    assert "sourdough bread lisbon" in english
    portuguese = [keyword.text for keyword in keywords(examples()[1].brief, "Padaria da Mouraria") if keyword.language == "pt"]
    assert "pão de fermentação natural" in portuguese


def test_general_words_are_only_searched_with_the_name() -> None:
    german = [keyword.text for keyword in keywords(examples()[0].brief, "Blender Studio") if keyword.language == "de"]
    assert "blender studio schulung" in german
    assert "schulung" not in german


def test_keywords_avoid_what_the_brief_avoids() -> None:
    found = keywords(brief(product="Fresh discount coffee", avoid=["discount language"]), "Bluebird")
    assert not [keyword for keyword in found if "discount" in keyword.text]


def test_negative_keywords_leave_out_words_of_the_brief() -> None:
    assert "jobs" in negative_keywords(brief())
    assert "jobs" not in negative_keywords(brief(product="Bluebird jobs board"))


def test_the_dictionary_is_whole() -> None:
    assert all(set(words) == set(LANGUAGES) for words in TERMS.values())
    assert terms_in("Frisches Sauerteigbrot") == ["sourdough bread"]
    assert terms_in("毎日10分で学べる英会話アプリ") == ["english conversation app"]


def test_risks_name_what_the_brief_lacks() -> None:
    lacking = brief(conversion_value=None, languages=["ja"], claims=["Roasted in Bremen"], audience="All")
    risks = " ".join(OfflineWriter().write_pitch(lacking, project_name="Bluebird").pitch.risks)
    assert all(part in risks for part in ("no conversion value", "No line of the brief is in ja", "Only 1 claim", "few words"))


def test_it_is_never_called_inside_a_transaction(database: Database) -> None:
    with database.transaction(), pytest.raises(OutsideCallInTransaction):
        OfflineWriter().write_pitch(brief(), project_name="Bluebird")
