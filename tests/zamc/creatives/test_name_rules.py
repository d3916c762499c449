"""A name in a phrase has the article that its language wants, and no other name changes."""

import pytest

from zamc.creatives.name_rules import framed
from zamc.creatives.phrases import PHRASES


@pytest.mark.parametrize(
    ("language", "pattern", "name", "said"),
    [
        ("pt", "Encomendar em {name}", "Padaria da Mouraria", "Encomendar na Padaria da Mouraria"),
        ("pt", "Doar a {name}", "Museu do Azulejo", "Doar ao Museu do Azulejo"),
        ("pt", "Descobrir {name}", "Padaria da Mouraria", "Descobrir a Padaria da Mouraria"),
        ("pt", "Ver o site de {name}", "Café Luso", "Ver o site do Café Luso"),
        ("es", "Donar a {name}", "Café Central", "Donar al Café Central"),
        ("es", "Pedir en {name}", "Panadería Sol", "Pedir en la Panadería Sol"),
        ("fr", "Commander chez {name}", "Boulangerie Dupont", "Commander à la Boulangerie Dupont"),
        ("fr", "Voir le site de {name}", "Musée Rodin", "Voir le site du Musée Rodin"),
        ("fr", "Faire un don à {name}", "École Ducasse", "Faire un don à l'École Ducasse"),
        ("it", "Ordina da {name}", "Osteria Blu", "Ordina dall'Osteria Blu"),
        ("it", "Prenota con {name}", "Ristorante Roma", "Prenota con il Ristorante Roma"),
    ],
)
def test_a_name_that_begins_with_a_common_noun_has_its_article(language: str, pattern: str, name: str, said: str) -> None:
    assert framed(pattern, name, language) == said


@pytest.mark.parametrize("name", ["Blender Studio", "Casa", "padariafoo bar", "Bluebird"])
@pytest.mark.parametrize("language", sorted(PHRASES))
def test_every_other_name_stands_as_it_is(language: str, name: str) -> None:
    phrases = PHRASES[language]
    for pattern in (*phrases.named.values(), phrases.discover, phrases.about, phrases.website):
        assert framed(pattern, name, language) == pattern.replace("{name}", name)


def test_a_pattern_without_a_name_and_one_that_begins_with_it_stay() -> None:
    assert framed("Saber mais", "Padaria da Mouraria", "pt") == "Saber mais"
    assert framed("{name}: saber mais", "Padaria da Mouraria", "pt") == "Padaria da Mouraria: saber mais"
