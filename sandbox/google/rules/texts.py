"""Lists of texts in an ad: how few, how many, how wide, none empty and none twice."""

from dataclasses import dataclass

from sandbox.google.bodies import Body
from sandbox.google.errors import AdsError, Path
from sandbox.google.rules.kind import Check, text_error
from sandbox.google.rules.policy import finding
from sandbox.google.rules.text import display_width


@dataclass(frozen=True)
class Limits:
    """`width` in columns of each text."""

    fewest: int
    most: int
    width: int


def list_errors(entries: list[Body], limits: Limits, path: Path) -> Check:
    """What is wrong with the AdTextAssets of the repeated field at `path`."""
    *inner, name = path
    texts = [entry.get("text", "") for entry in entries]
    yield from size_errors(len(texts), limits.fewest, limits.most, path)
    for index, text in enumerate(texts):
        at: Path = (*inner, (str(name), index), "text")
        if found := list(one_errors(text, limits.width, at)):
            yield from found
        elif text in texts[:index]:
            yield AdsError("asset_error", "DUPLICATE_ASSET", "The same text is used twice.", at, trigger=text)


def one_errors(text: str, width: int, path: Path) -> Check:
    """What is wrong with one text."""
    if not text.strip():
        yield text_error("EMPTY", path, text)
    elif display_width(text) > width:
        yield text_error("TOO_LONG", path, text)


def size_errors(number: int, fewest: int, most: int, path: Path) -> Check:
    """CollectionSizeError where there are too few or too many."""
    if not fewest <= number <= most:
        code = "TOO_FEW" if number < fewest else "TOO_MANY"
        yield AdsError("collection_size_error", code, f"Too {code[4:].lower()}.", path, trigger=str(number))


def policy_errors(entries: list[Body], path: Path, ignorable: frozenset[str]) -> Check:
    """Policy findings of the texts at `path`."""
    *inner, name = path
    for index, entry in enumerate(entries):
        if error := finding(entry["text"], (*inner, (str(name), index), "text"), ignorable):
            yield error
