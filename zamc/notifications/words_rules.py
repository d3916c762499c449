"""What people and programs read of a piece of news: pure, plain text, in English."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

_LONGEST_TITLE = 300
_LONGEST_SLACK = 3_500
_SLACK = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})


@dataclass(frozen=True)
class News:
    """One piece of news before it has recipients; fields as in delivery_tables.Notification."""

    key: str
    project_id: UUID | None
    kind: str
    severity: str
    title: str
    body: str
    about: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Letter:
    """News as it is delivered. project: its name, empty for the whole installation; link: where people look, empty when it is not known."""

    delivery_id: str
    kind: str
    severity: str
    project: str
    title: str
    body: str
    at: str
    link: str
    about: Mapping[str, Any]


def one_line(text: str, longest: int = _LONGEST_TITLE) -> str:
    """Without line breaks and what cannot be seen: what becomes a subject must not become a header."""
    kept = " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())
    return kept if len(kept) <= longest else kept[: longest - 1] + "\N{HORIZONTAL ELLIPSIS}"


def subject(letter: Letter) -> str:
    """Of a mail: how urgent, whose, what."""
    urgent = "" if letter.severity == "info" else f"[{letter.severity}] "
    return one_line(f"{urgent}{letter.project + ': ' if letter.project else ''}{letter.title}")


def mail_text(letter: Letter) -> str:
    """The body, where to look, and how to hear less."""
    parts = [letter.body.strip()]
    if letter.link:
        parts.append(f"Open ZAMC: {letter.link}")
    parts.append("You can choose what you are told: see docs/how-to/notifications.md, or ask an owner of the project.")
    return "\n\n".join(part for part in parts if part) + "\n"


def slack_body(letter: Letter) -> bytes:
    """For an incoming webhook: text with its three special letters escaped, so that nobody is mentioned and no link is made up."""
    lines = [f"*{subject(letter).translate(_SLACK)}*", letter.body.strip()[:_LONGEST_SLACK].translate(_SLACK)]
    text = "\n".join(line for line in lines if line)
    if letter.link:
        text += f"\n<{letter.link}|Open ZAMC>"
    return json.dumps({"text": text, "unfurl_links": False}, ensure_ascii=False).encode()


def webhook_body(letter: Letter) -> bytes:
    """For a program: the same fields as the API shows. Compact and in one order, for its bytes are what is signed."""
    data = {
        "id": letter.delivery_id, "type": f"zamc.notification.{letter.kind}", "time": letter.at, "kind": letter.kind,
        "severity": letter.severity, "project": letter.project or None, "title": letter.title, "text": letter.body,
        "link": letter.link or None, "about": dict(letter.about),
    }  # fmt: skip
    return json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode()
