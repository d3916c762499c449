"""Briefs by the number: ten products in six languages, each with facts and figures of its own, so that no two requests are the same."""

import random
from dataclasses import dataclass
from typing import Any

from zamc.strategies.brief_rules import check_brief
from zamc.strategies.schema import Brief

# product, offer, claims; {a}, {b} and {c} are the figures that this brief, and no other text, may state.
_FACTS: dict[str, tuple[tuple[str, str, tuple[str, ...]], ...]] = {
    "en": (
        ("Harbour Lane sourdough bread", "Order {a} loaves and pay for {b}", ("Baked by hand in {c} ovens", "Flour from local mills")),
        ("Juniper Peak hiking tours", "Book a guided tour from {a} EUR", ("{b} marked trails to choose from", "Groups of {c} people")),
    ),
    "de": (
        ("Kaffee der Rösterei Seewind", "{a} Tage kostenlos testen", ("In {b} Sorten frisch geröstet", "Lieferung in {c} Werktagen")),
        ("Fahrradwerkstatt Radhaus", "Inspektion für {a} EUR", ("Reparatur in {b} Stunden", "Seit {c} Jahren im Viertel")),
    ),
    "fr": (
        ("Savons de la Maison Lavande", "{a} savons à {b} EUR", ("Fabriqués à la main en Provence", "Livraison en {c} jours")),
        ("Cours de piano Atelier Sonate", "Premier cours gratuit de {a} minutes", ("{b} professeurs diplômés", "{c} morceaux")),
    ),
    "es": (
        ("Aceite de oliva Finca Clara", "Llévate {a} botellas por {b} EUR", ("Prensado en frío en la finca", "Envío en {c} días")),
        ("Clases de Taller Arcilla", "Curso de {a} semanas por {b} EUR", ("Grupos de {c} personas", "Materiales incluidos")),
    ),
    "pt": (
        ("Conservas da Casa Marejada", "Caixa com {a} latas por {b} EUR", ("Peixe da costa portuguesa", "Entrega em {c} dias")),
        ("Aulas de surf Onda Lisa", "Aula de {a} minutos por {b} EUR", ("Grupos com {c} alunos", "Pranchas e fatos incluídos")),
    ),
    "it": (
        ("Pasta fresca Bottega Grano", "{a} formati di pasta per {b} EUR", ("Farina macinata a pietra", "Consegna in {c} giorni")),
        ("Corso di vela Vento Teso", "Corso di {a} lezioni per {b} EUR", ("Istruttori con licenza", "Barche da {c} posti")),
    ),
}  # fmt: skip
_REGION = {"en": "IE", "de": "DE", "fr": "FR", "es": "ES", "pt": "PT", "it": "IT"}


@dataclass(frozen=True)
class Asked:
    """A brief, and what alone it lets an ad state in figures."""

    brief: Brief
    figures: frozenset[str]


def asked(number: int, *, seed: int, starts: str) -> Asked:
    """The brief with this number: in turn of every language, product and platform. starts: the first day, ISO 8601."""
    dice = random.Random(f"{seed}/{number}")  # noqa: S311 - repeatable on purpose
    language = list(_FACTS)[number % len(_FACTS)]
    product, offer, claims = _FACTS[language][number // len(_FACTS) % 2]
    figures = dict(zip("abc", map(str, dice.sample(range(2, 99), 3)), strict=True))
    data: dict[str, Any] = {
        "name": f"Set {number}",
        "product": product.format(**figures),
        "offer": offer.format(**figures),
        "landing_page": "https://example.org/",
        "goal": "traffic",
        "audience": f"People who like such things, group {number}",
        "regions": [_REGION[language]],
        "languages": [language],
        "budget": {"monthly": "150.00", "currency": "EUR"},
        "start": starts,
        "end": None,
        "platforms": ["google_ads" if number // (2 * len(_FACTS)) % 2 else "meta_ads"],
        "tone": "plain",
        "claims": [claim.format(**figures) for claim in claims],
        "avoid": ["discount language"] if "EUR" not in offer else [],
    }
    return Asked(check_brief(data), frozenset(figures.values()))
