"""What a password must be."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zamc.errors import InvalidInput
from zamc.identity.common_passwords import is_common
from zamc.identity.password_rules import LONGEST, SHORTEST, check_password

EMAIL = "ana.silva@blender-studio.example"


def _check(password: str) -> str:
    return check_password(password, email=EMAIL, common=is_common)


@pytest.mark.parametrize(
    "password",
    [
        "seventeen hedgehogs cross the bridge",
        "correct horse battery staple",
        "sieben Igel laufen über Brücken",
        "七匹のハリネズミが橋を静かに渡っていく",
        "🦔🌉 seven tiny ones 🦔🌉",
        "xkV9q2LmT7wRzPd",
        "a" * 10 + "!" + "quite another thing" * 5,
    ],
)
def test_long_and_unexpected_ones_are_taken_as_they_are(password: str) -> None:
    assert _check(password) == password


@pytest.mark.parametrize(
    "password",
    [
        pytest.param("hedgehogs", id="short"),
        pytest.param("a" * (SHORTEST - 1), id="one too short"),
        pytest.param("x" * (LONGEST + 1), id="too long"),
        pytest.param("passwordpassword", id="one twice"),
        pytest.param("PasswordPassword123", id="one twice, capitals, digits"),
        pytest.param("password1234567890", id="one and a run"),
        pytest.param("123456789012345678", id="digits"),
        pytest.param("abcdefghijklmnopqrs", id="alphabet"),
        pytest.param("zyxwvutsrqponmlk", id="alphabet backwards"),
        pytest.param("aaaaaaaaaaaaaaaaaaaa", id="one letter"),
        pytest.param("abcabcabcabcabcabc", id="repetition"),
        pytest.param("iloveyousunshine", id="two common ones"),
        pytest.param("ana.silva@blender-studio.example", id="the address"),
        pytest.param("ana.silva-blender-studio", id="made of the address"),
        pytest.param("zamczamczamczamc", id="our name"),
        pytest.param("               ", id="spaces"),
        pytest.param("seventeen\nhedgehogs cross", id="line break"),
        pytest.param("seventeen\x00hedgehogs cross", id="nul"),
        pytest.param("seventeen \ud800 hedgehogs", id="surrogate"),
    ],
)
def test_what_guessers_try_first_is_refused_and_not_quoted(password: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        _check(password)
    assert refused.value.field == "password"
    assert password not in str(refused.value)


def test_the_list_knows_the_usual_ones_and_no_others() -> None:
    assert all(map(is_common, ("password", "123456", "qwerty", "iloveyou", "dragon", "letmein")))
    assert not any(map(is_common, ("hedgehogs cross", "xkV9q2LmT7wRzPd", "")))


@given(st.text(max_size=300))
def test_any_text_is_taken_or_refused_and_is_stable(password: str) -> None:
    try:
        ready = _check(password)
    except InvalidInput:
        return
    assert _check(ready) == ready
    assert len(ready) >= SHORTEST
