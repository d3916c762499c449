"""What must not be written down is found by its value, by its form, or by the name that it stands under; the rest stays readable."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from zamc.settings import Settings
from zamc.telemetry.process import known_secrets
from zamc.telemetry.redaction_rules import LONGEST, MAIL, SECRET, Redactor

RSA = "-----BEGIN RSA PRIVATE KEY-----\nMIIEowIBAAKCAQEA\nu1SU1LfVLPHCozMxH2Mo\n-----END RSA PRIVATE KEY-----"
# By what it is: how it may turn up in a line, and the part of it that must not.
FORMS = {
    "address of a database": ("postgresql+psycopg://zamc_app:s3cr3tpw@db:5432/zamc is down", "s3cr3tpw"),
    "address with a user alone": ("nats://tokenasuser@nats:4222", "tokenasuser"),
    "password with an at sign": ("redis://:pa@ssword@valkey:6379/0", "ssword"),
    "bearer token": ("Authorization: Bearer abcdef0123456789", "abcdef0123456789"),
    "basic credentials": ("sent Basic dXNlcjpwYXNzd29yZA== there", "dXNlcjpwYXNzd29yZA"),
    "JSON web token": ("got eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl back", "eyJzdWIiOiIxIn0"),
    "Meta's token": ("GET /me?fields=id EAABsbCS1iHgBAOZCkq7 said no", "EAABsbCS1iHgBAOZCkq7"),
    "Google's access token": ("ya29.a0AfH6SMBxyz-123_456 expired", "a0AfH6SMBxyz"),
    "Google's refresh token": ("with 1//0gAbCdEfGhIjKlMnOp", "0gAbCdEfGhIjKlMnOp"),
    "Google's client secret": ("GOCSPX-abcdefghij1234567890", "abcdefghij1234567890"),
    "Google's API key": ("AIzaSyA-1234567890abcdefghijklmnopqrstu", "SyA-1234567890"),
    "private key": (f"key: {RSA} end", "u1SU1LfVLPHCozMxH2Mo"),
    "private key that was cut": (RSA[:60], "MIIEowIBAAKCAQEA"),
    "OpenAI's key": ("Incorrect API key provided: sk-proj-abcdefghijklmnop", "proj-abcdefghijklmnop"),
    "Anthropic's key": ("x sk-ant-api03-abcdefghijklmnop y", "ant-api03"),
    "Hugging Face's token": ("hf_abcdefghijklmnopqrst", "abcdefghijklmnopqrst"),
    "our API key": ("zamc_key_" + "A1b2C3d4E5" * 4 + "F6g7H8", "A1b2C3d4E5"),
    "our older API key": ("zamc_" + "A1b2C3d4E5_-" * 3 + "F6g7H8i", "A1b2C3d4E5"),
    "AWS key": ("AKIAIOSFODNN7EXAMPLE", "IOSFODNN7"),
    "Slack's webhook": ("POST https://hooks.slack.com/services/T000/B000/XXXXXXXX failed", "XXXXXXXX"),
    "hash of a password": ("$argon2id$v=19$m=65536,t=3,p=4$c2FsdA$aGFzaA", "c2FsdA"),
    "cookie": ("Cookie: __Host-zamc=0123456789abcdef; a=b", "0123456789abcdef"),
    "access token in a query": ("url: /act_1/ads?access_token=abc.def-123&limit=5", "abc.def-123"),
    "proof of an app's secret": ("appsecret_proof=0a1b2c3d4e5f", "0a1b2c3d4e5f"),
    "signed address": ("/files/ab.png?expires=1&signature=QWxhZGRpbg", "QWxhZGRpbg"),
    "password in JSON": ('{"email": 1, "password": "correct horse", "x": 1}', "correct"),
    "link in a mail": ("https://zamc.example/sign-in#token=Zx81k2", "Zx81k2"),
    "second factor": ("otpauth://totp/ZAMC?secret=JBSWY3DPEHPK3PXP", "JBSWY3DPEHPK3PXP"),
    "developer token in YAML": ("developer_token: AbCdEfGhIjKlMnOpQrStUv", "AbCdEfGhIjKlMnOpQrStUv"),
    "e-mail address": ("no mail for ana.maria+x@mail.example.org today", "ana.maria"),
    "e-mail address of elsewhere": ("用户@例子.广告 said so", "用户"),
}
REDACTOR = Redactor()


@pytest.mark.parametrize("what", FORMS)
def test_a_secret_is_known_by_its_form(what: str) -> None:
    line, part = FORMS[what]
    assert part in line
    assert part not in REDACTOR.text(line)
    assert part not in str(REDACTOR.value({"a": [{"b": (line, line.encode())}]}))


@pytest.mark.parametrize(
    "line",
    [
        "relay.outage",
        "google_ads:1234567890 did not answer several times in a row; it is left alone for a while",
        "input_tokens=523 output_tokens=1201 cost=0.002",
        "token_revoked",
        "process 4711 works on it, its output is in /var/lib/zamc/logs/runs/3f1c.log",
        "https://example.org/padaria?utm_source=zamc&page=2",
        "zamc.deployment.requested 0193f2d4-7c1e-7a3b-9f00-1234567890ab",
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    ],
)
def test_what_is_no_secret_stays(line: str) -> None:
    assert REDACTOR.text(line) == line


@pytest.mark.parametrize("name", ["password", "api_key", "Authorization", "set-cookie", "refresh_token", "clientSecret", "private_key"])
def test_a_name_hides_its_value_whatever_that_looks_like(name: str) -> None:
    assert REDACTOR.value({name: "plain"}) == {name: SECRET}


def test_a_number_under_a_telling_name_is_a_number() -> None:
    assert REDACTOR.value({"input_tokens": 12, "token_count": 3, "credentials_expire_at": "2027-01-01"}) == {
        "input_tokens": 12, "token_count": 3, "credentials_expire_at": "2027-01-01",
    }  # fmt: skip


def _settings_full_of_canaries() -> tuple[Settings, dict[str, str]]:
    """Every secret that there is a setting for, with a value that no form gives away."""
    secrets = {name for name, field in Settings.model_fields.items() if "SecretStr" in str(field.annotation)}
    canaries = {name: f"canary {number:02d} of {name}" for number, name in enumerate(sorted(secrets))}
    quoted = {name: value.replace(" ", "%20") for name, value in canaries.items()}
    wrapped = {name: f"scheme://user:{quoted[name]}@host/x" if name.endswith("_url") else value for name, value in canaries.items()}
    values: dict[str, Any] = {name: SecretStr(value) for name, value in wrapped.items()}
    return Settings(**values, objects_url="file:///x"), canaries


def test_every_secret_of_the_settings_is_taken_out_wherever_it_stands() -> None:
    settings, canaries = _settings_full_of_canaries()
    assert {"database_url", "metrics_token", "otlp_headers", "openai_api_key"} <= canaries.keys()
    redactor = Redactor(known_secrets(settings))
    for name, canary in canaries.items():
        assert canary not in redactor.text(f"before {canary} after"), name
        assert canary.replace(" ", "%20") not in redactor.text(f"before {canary.replace(' ', '%20')} after"), name


def test_each_of_several_keys_in_one_setting_is_known() -> None:
    settings, _ = _settings_full_of_canaries()
    several = settings.model_copy(update={"identity_key": SecretStr("newest-key-of-all, oldest-key-of-all")})
    redactor = Redactor(known_secrets(several))
    assert redactor.text("x oldest-key-of-all x newest-key-of-all") == f"x {SECRET} x {SECRET}"


@given(st.text(max_size=200), st.sampled_from(["", "zamc:", "token=", "mail a@"]))
def test_any_text_can_be_read_and_twice_is_as_once(text: str, before: str) -> None:
    once = REDACTOR.text(before + text)
    assert REDACTOR.text(once) == once


def test_a_strangers_long_text_is_cut() -> None:
    for text in ("token-" * 100_000, "a.b" * 100_000 + "@", "a://" * 100_000 + "@"):
        assert len(REDACTOR.text(text)) <= 2 * LONGEST


def test_an_address_leaves_a_word_behind() -> None:
    assert REDACTOR.text("mail to ana@example.org") == f"mail to {MAIL}"
