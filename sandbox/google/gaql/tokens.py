"""Tokens of a GAQL query, by the grammar at developers.google.com/google-ads/api/docs/query/grammar."""

import re
from dataclasses import dataclass
from enum import StrEnum

from sandbox.google.errors import AdsError


class Kind(StrEnum):
    WORD = "word"
    NUMBER = "number"
    STRING = "string"
    SYMBOL = "symbol"
    END = "end"


@dataclass(frozen=True)
class Token:
    """`text` is the word or number as written, the symbol, or the unescaped content of a string."""

    kind: Kind
    text: str
    position: int

    def is_word(self, *words: str) -> bool:
        """Keywords are not case sensitive."""
        return self.kind is Kind.WORD and self.text.upper() in words


_SPACE = re.compile(r"\s+")
_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_.]*")
_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?(?![A-Za-z0-9_.])")
_SYMBOL = re.compile(r"!=|>=|<=|[=<>(),]")
_ESCAPES = {"\\": "\\", "'": "'", '"': '"', "n": "\n", "t": "\t"}


def query_error(code: str, message: str, trigger: str | None = None) -> AdsError:
    """An error of the query itself, located at the request's `query`."""
    return AdsError("query_error", code, f"Error in query: {message}", ("query",), trigger=trigger)


def tokenize(query: str) -> list[Token]:
    """All tokens and an END. Raises AdsError BAD_SYMBOL, BAD_NUMBER, STRING_NOT_TERMINATED, BAD_ESCAPE_SEQUENCE."""
    tokens, at = [], 0
    while at < len(query):
        if space := _SPACE.match(query, at):
            at = space.end()
        elif query[at] in "'\"":
            text, end = _string(query, at)
            tokens.append(Token(Kind.STRING, text, at))
            at = end
        else:
            token = _plain(query, at)
            tokens.append(token)
            at += len(token.text)
    tokens.append(Token(Kind.END, "", len(query)))
    return tokens


def _plain(query: str, at: int) -> Token:
    for kind, pattern in ((Kind.WORD, _WORD), (Kind.NUMBER, _NUMBER), (Kind.SYMBOL, _SYMBOL)):
        if found := pattern.match(query, at):
            return Token(kind, found.group(), at)
    if query[at].isdigit() or query[at] == "-":
        raise query_error("BAD_NUMBER", f"invalid number at position {at}.", query[at : at + 20])
    raise query_error("BAD_SYMBOL", f"unexpected symbol {query[at]!r} at position {at}.", query[at])


def _string(query: str, start: int) -> tuple[str, int]:
    quote, at = query[start], start + 1
    out: list[str] = []
    while at < len(query):
        char = query[at]
        if char == quote:
            return "".join(out), at + 1
        if char == "\n":
            raise query_error("PROHIBITED_NEWLINE_IN_STRING", "a string may not span lines.")
        if char == "\\":
            if at + 1 >= len(query):
                break
            escaped = _ESCAPES.get(query[at + 1])
            if escaped is None:
                raise query_error("BAD_ESCAPE_SEQUENCE", f"unknown escape \\{query[at + 1]}.", query[at : at + 2])
            out.append(escaped)
            at += 2
        else:
            out.append(char)
            at += 1
    raise query_error("STRING_NOT_TERMINATED", f"the string at position {start} is not terminated.")
