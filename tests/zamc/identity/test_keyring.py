"""Keys of the server: what they protect is bound to its purpose and subject, and keys rotate."""

import pytest

from zamc.errors import ConfigurationError
from zamc.identity.keyring import Keyring

OLD, NEW = "o" * 32, "n" * 32


def test_what_an_old_key_made_is_known_and_the_new_one_makes() -> None:
    old, both = Keyring(OLD), Keyring(f"{NEW}, {OLD}")
    assert old.mac("api key", b"x") in both.macs("api key", b"x")
    assert both.mac("api key", b"x") == Keyring(NEW).mac("api key", b"x") != old.mac("api key", b"x")
    assert both.is_mac("api key", b"x", old.mac("api key", b"x"))
    assert both.open("secret", "ana", old.seal("secret", "ana", b"plain")) == b"plain"
    assert Keyring(NEW).open("secret", "ana", both.seal("secret", "ana", b"plain")) == b"plain"


def test_a_mac_is_good_for_its_purpose_alone() -> None:
    keyring = Keyring(OLD)
    assert keyring.mac("file", b"x") != keyring.mac("session", b"x")
    assert not keyring.is_mac("session", b"x", keyring.mac("file", b"x"))
    assert not keyring.is_mac("file", b"x", "")


def test_a_sealed_text_is_bound_to_its_purpose_and_subject() -> None:
    keyring = Keyring(OLD)
    sealed = keyring.seal("second factor", "ana", b"plain")
    assert sealed != keyring.seal("second factor", "ana", b"plain"), "the same twice does not show"
    for purpose, subject in (("second factor", "eve"), ("signing key", "ana")):
        with pytest.raises(ConfigurationError, match="was changed"):
            keyring.open(purpose, subject, sealed)
    with pytest.raises(ConfigurationError, match="was changed"):
        keyring.open("second factor", "ana", sealed[:-4] + "AAA=")
    with pytest.raises(ConfigurationError, match="does not hold any more"):
        Keyring(NEW).open("second factor", "ana", sealed)


@pytest.mark.parametrize("keys", ["", ",", "short", f"{OLD},short"])
def test_short_keys_are_refused_and_not_repeated(keys: str) -> None:
    with pytest.raises(ConfigurationError, match="openssl rand -hex 32") as refused:
        Keyring(keys)
    assert OLD not in str(refused.value)
