"""What must stand in no log line and no span: secrets of every kind that passes through here, and e-mail addresses. Pure.

Two nets. The values of this process's own secrets are known and taken out literally; whatever is not known is told by its form, or by the
name that it stands under.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any

SECRET, MAIL = "[secret]", "[e-mail]"
# A shorter value would also be found where it is none.
SHORTEST = 6
_DEEPEST = 6
_NAMES = (
    r"password|passwd|passphrase|secret|token(?!s\b|_count)|authorization|cookie|api[_-]?key|private[_-]?key|access[_-]?key"
    r"|signature|credential(?!s?[_-]?expire)|appsecret_proof|otp"
)
_NAME = re.compile(_NAMES, re.IGNORECASE)
# An address with a user: the scheme stays, so that a reader knows what did not answer.
_USER = re.compile(r"\b([a-z][a-z0-9+.-]{1,30}://)[^\s/?#\"'<>]*@", re.IGNORECASE)
# Each begins with something fixed, so that looking for it costs little.
_FORMS = re.compile(
    r"""
    -----BEGIN[ ][A-Z ]*PRIVATE[ ]KEY-----.*?(?:-----END[ ][A-Z ]*PRIVATE[ ]KEY-----|\Z)
    | \b(?:Bearer|Basic)\s+[\w.~+/=:-]{6,}
    | \beyJ[\w-]{8,}\.[\w-]{4,}(?:\.[\w-]*)?             # JSON web tokens
    | \bEAA[A-Za-z0-9]{16,}                              # Meta
    | \bya29\.[\w.-]{10,} | \b1//[\w-]{16,} | \bGOCSPX-[\w-]{10,} | \bAIza[\w-]{20,}   # Google
    | \bsk-[\w-]{12,} | \bhf_[A-Za-z0-9]{12,}            # model providers
    | \bzamc_(?:key_)?[A-Za-z0-9_-]{40,}                 # our own API keys
    | \b(?:AKIA|ASIA)[0-9A-Z]{16}\b | \bgh[pousr]_[A-Za-z0-9]{20,} | \bxox[a-z]-[\w-]{10,}
    | \$argon2id?\$[^\s"']+
    | \b(?:https?://)?hooks\.slack\.com/[^\s"']+
    | \b__Host-[\w-]+=[^\s;"']+
    """,
    re.VERBOSE | re.DOTALL,
)
# Every repetition has an end: a stranger's text must not make us slow.
_PAIRS = re.compile(
    rf"""((?:{_NAMES})[\w-]{{0,40}}["']?\s{{0,3}}[=:]\s{{0,3}}["']?)"""
    r"""(?!\[secret\]|\d+\b|(?:None|null|true|false)\b)[^\s"'&,;{}\])]+""",
    re.IGNORECASE,
)
_MAIL = re.compile(r"[\w.+%'-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}")
LONGEST = 32_768
_PLAIN = (int, float, type(None))


class Redactor:
    """Threads may share it. known: secrets of this process, whatever their form."""

    def __init__(self, known: Iterable[str] = ()) -> None:
        longest_first = sorted({each for each in known if len(each) >= SHORTEST}, key=lambda each: (-len(each), each))
        self._known = re.compile("|".join(map(re.escape, longest_first))) if longest_first else None

    def text(self, said: str) -> str:
        """The same without what is secret or personal."""
        if len(said) < SHORTEST:
            return said
        if len(said) > LONGEST:
            said = said[:LONGEST] + "..."
        if self._known is not None:
            said = self._known.sub(SECRET, said)
        if "://" in said and "@" in said:
            said = _USER.sub(rf"\1{SECRET}@", said)
        said = _FORMS.sub(SECRET, said)
        if "=" in said or ":" in said:
            said = _PAIRS.sub(rf"\1{SECRET}", said)
        return _MAIL.sub(MAIL, said) if "@" in said else said

    def value(self, said: Any, *, depth: int = 0) -> Any:
        """Of anything that a line may hold: structures are gone through, other objects become what they say of themselves."""
        if isinstance(said, _PLAIN) or depth >= _DEEPEST:
            return said if isinstance(said, _PLAIN) else "..."
        if isinstance(said, Mapping):
            return {self.text(str(name)): self.field(str(name), value, depth=depth + 1) for name, value in said.items()}
        if isinstance(said, list | tuple | set | frozenset):
            return [self.value(each, depth=depth + 1) for each in said]
        return self.text(said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said))

    def field(self, name: str, value: Any, *, depth: int = 0) -> Any:
        """A value under a name: one that names a secret hides text whatever its form."""
        if isinstance(value, str | bytes) and value and _NAME.search(name):
            return SECRET
        return self.value(value, depth=depth)
