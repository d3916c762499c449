"""Lines that speak to a machine instead of to people: what a model repeats when it obeys, or echoes, what it has read. Pure.

No list finds every order, and none has to: what costs or aims has no field that a model could fill in, and each line rests on the brief.
This only keeps the usual ones out of what people read, also where a brief's own line carries them and so seems to support them.
"""

import re

from zamc.creatives.grounding_rules import fold

# To do away with (one group) what somebody was told (the other), in the languages of our ads; beginnings of words, folded.
_AWAY = re.compile(
    r"\b(?:ignor|disregard|forget|overrid|bypass|neglect|vergiss|vergess|missacht|überschreib|oubli|n[ée]glig|olvid|omit[ae]\b|dimentic"
    r"|trascur|esque[cç]|desconsider|negeer|vergeet|zignor|pomi[jń]|zapomnij|bortse|glöm)|無視|忘れ"
)
_TOLD = re.compile(
    r"\b(?:instruc|instruk|istruz|instruç|prompt|anweis|vorgabe|befehl|consigne|directive|directric|órdenes|ordenes|ordini\b|ordens\b"
    r"|aanwijz|opdracht|polece|wytyczn|anvisning|guideline|orders\b)|指示|命令|プロンプト"
)
_TO_A_MACHINE = re.compile(
    r"\bsystem (?:prompt|message|role)\b|\byou are now\b|\bdo anything now\b|\bjailbreak|\bas an ai\b|\b(?:developer|assistant|system) ?:"
    r"|\b(?:new|neue|nouvelles?|nuevas?|nuove|novas?|nieuwe|nowe|nya) (?:orders|instruc|instruk|anweis|consignes|órdenes|istruz|polece)"
)


def orders(text: str) -> bool:
    """Whether a line is an order to whoever wrote it."""
    folded = fold(text)
    return bool((_AWAY.search(folded) and _TOLD.search(folded)) or _TO_A_MACHINE.search(folded))
