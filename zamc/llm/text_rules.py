"""Text of strangers on its way into a prompt: data, whatever it says. Pure.

It travels as JSON between two marks that it cannot write itself: they end in a hash of it. What cannot be seen is taken out, and what
chat templates read as a change of speaker is spelt so that it is none.
"""

import hashlib
import json
import re
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any

_KEPT_JOINERS = re.compile(r"(?<=[\u0600-\u06FF\u0750-\u077F\u0900-\u0DFF\u1000-\u109F])[\u200c\u200d]")
# Marks of chat templates that hold no angle bracket: Llama 2, Alpaca, ChatML in plain words.
_TEMPLATE = re.compile(r"\[(/?)(INST|SYS|SYSTEM|ASSISTANT|USER|TOOL_CALLS|AVAILABLE_TOOLS)\]", re.IGNORECASE)
_HEADING = re.compile(r"#{2,}(?=\s*(?:system|assistant|user|human|instruction|response))", re.IGNORECASE)
_SPEAKER = re.compile(r"(?:^|(?<=\s))(system|assistant|human|user|developer)\s*:", re.IGNORECASE)
# Whole, with what they name: a model that repeats "user.email" would say what nobody wrote to be read.
_MACRO = re.compile(r"\{\{[^{}]*\}\}|\{%[^{}]*%\}|\{\{|\}\}|\{%|%\}")
# Formatting characters are dropped by category; these look like brackets and would be folded into them by a later hand.
_LOOKALIKES = str.maketrans({"＜": "<", "＞": ">", "﹤": "<", "﹥": ">", "‹": "<", "›": ">"})


def neutral(text: str) -> str:
    """One line: no control, zero-width, direction or tag characters, no tags, no speaker marks, no macros."""
    kept = "".join(
        character
        if _KEPT_JOINERS.match(text, index) or unicodedata.category(character) not in {"Cc", "Cf", "Cn", "Co", "Cs"}
        else " "
        if character in "\t\n\r\x0b\x0c\x85"
        else ""
        for index, character in enumerate(text)
    )
    kept = unicodedata.normalize("NFC", kept).translate(_LOOKALIKES)
    kept = _TEMPLATE.sub(r"(\1\2)", kept)
    kept = _HEADING.sub("", kept)
    kept = _SPEAKER.sub(r"\1 -", kept)
    kept = _MACRO.sub(" ", kept)
    return " ".join(kept.split())


def neutral_data(data: Any) -> Any:
    """The same for every text of plain data."""
    if isinstance(data, str):
        return neutral(data)
    if isinstance(data, Mapping):
        return {str(key): neutral_data(value) for key, value in data.items()}
    if isinstance(data, Sequence):
        return [neutral_data(value) for value in data]
    return data


def delimited(name: str, data: Any) -> str:
    """Neutral data as JSON between two marks. No angle bracket of the data survives, and the marks carry a hash of the data."""
    body = json.dumps(neutral_data(data), ensure_ascii=False, sort_keys=True, indent=1)
    body = body.replace("<", "\\u003c").replace(">", "\\u003e")
    mark = f"{name}-{hashlib.sha256(body.encode()).hexdigest()[:12]}"
    return f"<{mark}>\n{body}\n</{mark}>"
