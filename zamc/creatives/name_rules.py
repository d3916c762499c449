"""A name inside a phrase: where it begins with a common noun, Romance languages want its article ("Encomendar na Padaria da Mouraria").

Only names of two words or more whose first is listed here are taken for such; every other name stands as it is.
"""

_HEADS: dict[str, dict[str, str]] = {
    "pt": {
        "a": "padaria pastelaria confeitaria loja livraria farmácia clínica escola academia fundação associação casa quinta cervejaria "
        "oficina galeria universidade cooperativa",
        "o": "café restaurante hotel museu ginásio estúdio teatro clube instituto mercado banco jardim",
    },
    "es": {
        "la": "panadería pastelería tienda librería farmacia clínica escuela academia fundación asociación casa bodega galería universidad "
        "cooperativa",
        "el": "café restaurante hotel museo gimnasio estudio teatro club instituto mercado banco taller jardín",
    },
    "fr": {
        "la": "boulangerie pâtisserie librairie pharmacie clinique fondation maison brasserie galerie ferme coopérative fromagerie",
        "le": "café restaurant musée théâtre club marché jardin",
        "l'": "école association atelier hôtel institut université auberge épicerie",
    },
    "it": {
        "la": "panetteria pasticceria libreria farmacia clinica scuola fondazione casa bottega cantina galleria palestra cooperativa",
        "il": "panificio caffè ristorante museo teatro club mercato negozio laboratorio birrificio",
        "l'": "associazione hotel accademia università istituto osteria officina",
    },
}
_ARTICLES = {language: {noun: article for article, nouns in heads.items() for noun in nouns.split()} for language, heads in _HEADS.items()}
# A preposition and the article behind it, where the two become one word. "chez" is said of people, "à" of places.
_TOGETHER: dict[str, dict[tuple[str, str], str]] = {
    "pt": {
        ("em", "a"): "na", ("em", "o"): "no", ("de", "a"): "da", ("de", "o"): "do", ("a", "a"): "à", ("a", "o"): "ao",
    },
    "es": {("a", "el"): "al", ("de", "el"): "del"},
    "fr": {
        ("à", "le"): "au", ("de", "le"): "du", ("chez", "la"): "à la", ("chez", "le"): "au", ("chez", "l'"): "à l'",
    },
    "it": {
        (before, article): joined
        for before, forms in (("a", "al alla all'"), ("da", "dal dalla dall'"), ("di", "del della dell'"), ("su", "sul sulla sull'"))
        for article, joined in zip(("il", "la", "l'"), forms.split(), strict=True)
    },
}  # fmt: skip


def framed(pattern: str, name: str, language: str) -> str:
    """A phrase of zamc.creatives.phrases with the name in it."""
    article = _article(name, language)
    before, found, after = pattern.partition("{name}")
    if not article or not before or not found:
        return pattern.replace("{name}", name)
    rest, _, preposition = before.rstrip().rpartition(" ")
    joined = _TOGETHER[language].get((preposition, article))
    said = " ".join(filter(None, (rest, joined))) if joined else f"{before.rstrip()} {article}"
    return f"{said}{'' if said.endswith(chr(39)) else ' '}{name}{after}"


def _article(name: str, language: str) -> str:
    head, _, rest = name.partition(" ")
    return _ARTICLES.get(language, {}).get(head.lower(), "") if rest else ""
