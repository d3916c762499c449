"""Credentials at rest, and the texts that people bring them in."""

import json
from uuid import UUID, uuid4

import pytest

from tests.zamc.accounts.conftest import KEY
from zamc.accounts import credentials as forms
from zamc.accounts.credentials import GoogleRefreshToken, GoogleServiceAccount, MetaToken
from zamc.accounts.vault import Vault, key_id, key_of
from zamc.errors import ConfigurationError, InvalidInput

ONE = UUID(int=1)
GOOGLE = {"client_id": "c", "client_secret": "canary-client", "refresh_token": "canary-refresh"}


def test_what_is_sealed_opens_for_its_account_alone(vault: Vault) -> None:
    sealed = vault.seal(ONE, GOOGLE)
    assert "canary" not in sealed
    assert vault.open(ONE, sealed) == GOOGLE
    with pytest.raises(ConfigurationError, match="changed in the database"):
        vault.open(uuid4(), sealed)
    with pytest.raises(ConfigurationError, match="changed in the database"):
        vault.open(ONE, sealed[:-4] + "AAAA")


def test_keys_rotate_and_a_missing_one_is_named() -> None:
    old, new = "o" * 40, "n" * 40
    sealed = Vault(old).seal(ONE, GOOGLE)
    both = Vault(f"{new}, {old}")
    assert both.open(ONE, sealed) == GOOGLE
    assert key_of(sealed) == key_id(old)
    assert key_of(both.seal(ONE, GOOGLE)) == key_id(new) == both.newest
    with pytest.raises(ConfigurationError, match=key_id(old)) as said:
        Vault(new).open(ONE, sealed)
    assert sealed not in str(said.value)


@pytest.mark.parametrize("keys", ["", "short", f"{KEY},short", " , "])
def test_a_key_that_is_none_is_refused_without_being_told(keys: str) -> None:
    with pytest.raises(ConfigurationError, match="openssl rand") as said:
        Vault(keys)
    assert "short" not in str(said.value)


def test_every_form_that_people_bring_is_read_and_shows_no_secret() -> None:
    key = {"type": "service_account", "client_email": "a@b.c", "private_key": "canary-pem", "token_uri": "https://t"}
    found = [
        forms.read("google_ads", json.dumps(GOOGLE)),
        forms.read("google_ads", "client_id: c\nclient_secret: canary-client\nrefresh_token: canary-refresh\nlogin_customer_id: 123"),
        forms.read("google_ads", json.dumps(key)),
        forms.read("meta_ads", "canary-token\n"),
        forms.read("meta_ads", json.dumps({"access_token": "canary-token", "app_id": 7, "app_secret": "canary-app"})),
    ]
    assert [type(each) for each in found] == [GoogleRefreshToken, GoogleRefreshToken, GoogleServiceAccount, MetaToken, MetaToken]
    for each in found:
        assert "canary" not in repr(each) + str(each)
        assert forms.from_content(forms.content_of(each)) == each
        assert "canary" in json.dumps(forms.content_of(each))


@pytest.mark.parametrize(
    ("platform", "text"),
    [("google_ads", "{client_id: c, client_secret: canary}"), ("google_ads", "canary"), ("google_ads", "{{{canary"),
     ("meta_ads", '{"app_secret": "canary"}'), ("meta_ads", "[canary]"), ("google_ads", "[" * 9_000 + "canary"),
     # A few hundred bytes whose every line is nine times the one before.
     ("google_ads", "a0: &a0 [canary]\n" + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 12))),
     ("google_ads", "client_id: canary\nclient_id: canary"), ("meta_ads", "canary: 2026-02-30"), ("meta_ads", "!!binary canary")],
)  # fmt: skip
def test_a_text_that_lacks_something_says_what_and_never_what_it_held(platform: str, text: str) -> None:
    with pytest.raises(InvalidInput) as said:
        forms.read(platform, text)
    assert "canary" not in str(said.value)
