"""Thresholds, signatures and words, without anything around them."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zamc.errors import InvalidInput
from zamc.notifications.preference_rules import CHOSEN, Kind, Threshold, endpoint_thresholds, member_threshold, wants
from zamc.notifications.signing_rules import TOLERANCE_SECONDS, secret_of, signed_headers, verified
from zamc.notifications.words_rules import Letter, mail_text, one_line, slack_body, subject, webhook_body

SECRET = secret_of(b"s" * 32)


def letter(**values: str) -> Letter:
    said = {"kind": "alert", "severity": "warning", "project": "Padaria", "title": "t", "body": "b", "link": ""} | values
    return Letter(delivery_id="1", at="2026-11-20T12:00:00+00:00", about={"code": "spend-odd"}, **said)


@pytest.mark.parametrize("severity", ["info", "warning", "critical"])
def test_a_threshold_lets_through_what_is_as_severe_or_more(severity: str) -> None:
    order = ["info", "warning", "critical"]
    for threshold in Threshold:
        expected = threshold != "off" and order.index(severity) >= order.index(threshold)
        assert wants(threshold, severity) is expected


def test_every_role_has_a_default_for_all_that_can_be_chosen() -> None:
    for role in ("owner", "manager", "analyst", "viewer"):
        for kind in CHOSEN:
            assert member_threshold(role, kind, {}) in Threshold
            assert member_threshold(role, kind, {kind: Threshold.CRITICAL}) is Threshold.CRITICAL


@pytest.mark.parametrize("wrong", [{"alert": "loud"}, {"gossip": "info"}, {"test": "info"}])
def test_what_is_no_kind_or_threshold_is_refused(wrong: dict[str, str]) -> None:
    with pytest.raises(InvalidInput, match="thresholds off, info, warning, critical"):
        endpoint_thresholds(wrong)


def test_what_an_endpoint_was_not_asked_about_has_a_default() -> None:
    assert endpoint_thresholds({Kind.DIGEST: "info"}) == {"alert": "warning", "approval": "info", "digest": "info"}


def test_the_signature_is_that_of_the_specification() -> None:
    """The example of standardwebhooks.com."""
    body = b'{"test": 2432232314}'
    made = signed_headers("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek", body, at=1614265330)
    assert made["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@given(st.binary(max_size=300), st.integers(-TOLERANCE_SECONDS, TOLERANCE_SECONDS))
def test_what_we_sign_is_verified(body: bytes, late: int) -> None:
    headers = signed_headers(SECRET, "id", body, at=1_700_000_000)
    assert verified(SECRET, headers, body, now=1_700_000_000 + late)
    assert not verified(SECRET, headers, body + b"x", now=1_700_000_000)
    assert not verified(SECRET, {**headers, "webhook-id": "other"}, body, now=1_700_000_000)
    assert not verified(secret_of(b"t" * 32), headers, body, now=1_700_000_000)


@pytest.mark.parametrize("stamp", ["1699999699", "1700000301", "", "x", "-1", "\u0661\u0667", "9" * 40])
def test_what_is_old_or_has_no_time_is_refused(stamp: str) -> None:
    headers = {**signed_headers(SECRET, "id", b"", at=1_700_000_000), "webhook-timestamp": stamp}
    assert not verified(SECRET, headers, b"", now=1_700_000_000)


@given(st.text(max_size=500))
def test_a_title_is_one_line_that_can_be_seen(title: str) -> None:
    made = one_line(title)
    assert made.isprintable()
    assert len(made) <= 300
    assert "\n" not in subject(letter(title=title))


def test_slack_mentions_nobody_and_links_nowhere_on_anybodys_word() -> None:
    text = json.loads(slack_body(letter(title="<!channel> & <https://evil.example|Padaria>", body="<@U1>")))["text"]
    assert "<" not in text
    assert "&lt;!channel&gt; &amp;" in text


def test_a_webhooks_body_is_one_line_of_json() -> None:
    read = json.loads(webhook_body(letter(body="Größe\n北京")))
    assert read["text"] == "Größe\n北京"
    assert read["link"] is None


def test_a_mail_says_where_to_look() -> None:
    assert "https://zamc.example.org" in mail_text(letter(link="https://zamc.example.org"))
