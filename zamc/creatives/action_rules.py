"""Which action an ad asks for: what the offer says, else what the goal implies."""

import re

from zamc.creatives.phrases import Action
from zamc.strategies.schema import Brief, Goal

# Words that name an action in an offer or a product, in the languages of copy. The first that is found wins.
_WORDS: tuple[tuple[Action, re.Pattern[str]], ...] = (
    ("donate", re.compile(r"\bdonat|\bspenden?\b|\bfaire un don\b|\bdonar\b|\bdoar\b|\bdonare\b|\bdoneren\b|\bwesprzyj|\bskänk|寄付")),
    ("join", re.compile(r"\bmember(?:ship)?s?\b|\bmitglied|\bmiembro|\bmembro|\badhésion|\blidmaatschap|\bczłonk|\bmedlem|会員")),
    ("subscribe", re.compile(r"\bsubscri|\babonn|\babbonament|\bsuscri|\bassinatura|\bsubskryp|\bprenumer|購読|定期")),
    (
        "download",
        re.compile(r"\bdownload|\bherunterlad|\btélécharg|\bdescarg|\bdescarreg|\bscarica\b|\bpobierz|\bladda ner\b|ダウンロード"),
    ),
    (
        "book",
        re.compile(
            r"\bbook (?:a|an|your|now|online)\b|\bbuchen\b|\bréserv|\breserv[ae]|\bprenot|\bboek(?:en)?\b|\b(?:za)?rezerw|\bboka\b|予約"
        ),
    ),
    (
        "order",
        re.compile(
            r"\border (?:by|online|now|your|before|today)\b|^order\b|\bbestell|\bcommand[eé]|\bencomend|\bordina\b|\bzamów|\bbeställ|注文"
        ),
    ),
)
_OF_GOAL: dict[Goal, Action] = {"awareness": "learn_more", "traffic": "learn_more", "leads": "sign_up", "sales": "shop"}


def action_of(brief: Brief) -> Action:
    """The offer's own verb, then the product's, then the goal's."""
    for text in (brief.offer.lower(), brief.product.lower()):
        for action, pattern in _WORDS:
            if pattern.search(text):
                return action
    return _OF_GOAL[brief.goal]
