"""Specs of pictures for the example briefs, in each of their languages."""

from collections.abc import Iterator

from zamc.creatives.colours import fallback_brand_colours
from zamc.creatives.layout import ImageSpec
from zamc.creatives.sizes import META_SQUARE, PLACEMENTS, Placement

BLENDER = ("#EA7600", "#265787")
BAKERY, KOTOBA, WIKIMEDIA = map(fallback_brand_colours, ("Padaria da Mouraria", "Kotoba", "Wikimedia Foundation"))
# brand, language, headline, supporting line, call to action, colours
TEXTS: tuple[tuple[str, str, str, str, str, tuple[str, str]], ...] = (
    (
        "Blender Studio",
        "de",
        "Lerne an echten Filmproduktionen",
        "Trainings, Produktionsdateien und Filme – in einem Abo",
        "Mitglied werden",
        BLENDER,
    ),
    (
        "Blender Studio",
        "en",
        "Learn from complete film productions",
        "Training, production files and films in one subscription",
        "Sign up",
        BLENDER,
    ),
    (
        "Blender Studio",
        "fr",
        "Apprenez sur de vraies productions",
        "Formations, fichiers et films réalisés avec Blender : un seul abonnement !",
        "Découvrir l’offre",
        BLENDER,
    ),
    (
        "Blender Studio",
        "es",
        "Aprende con producciones completas",
        "¿Usas Blender? Cursos, archivos de producción y películas en una suscripción",
        "Suscribirse",
        BLENDER,
    ),
    (
        "Padaria da Mouraria",
        "pt",
        "Pão de fermentação lenta, cozido todas as manhãs",
        "Encomende até às 18:00 e levante na manhã seguinte",
        "Encomendar",
        BAKERY,
    ),
    (
        "Padaria da Mouraria",
        "en",
        "Slow-fermented sourdough, baked every morning",
        "Order by 18:00, collect the next morning from 07:30",
        "Order now",
        BAKERY,
    ),
    (
        "Kotoba",
        "ja",
        "毎日10分で学べる英会話アプリ「ことば」",
        "最初の14日間は無料。1回10分のレッスンです",
        "無料で始める",
        KOTOBA,
    ),
    (
        "Wikimedia Foundation",
        "en",
        "Keep Wikipedia free and independent",
        "Wikipedia is free, has no advertising and is written by volunteers",
        "Donate now",
        WIKIMEDIA,
    ),
)


def spec_of(index: int, placement: Placement, variant: int = 0) -> ImageSpec:
    brand, language, headline, supporting, call, (primary, secondary) = TEXTS[index]
    return ImageSpec(placement, brand, headline, supporting, call, primary, secondary, language, variant)


def every_spec(variants: range) -> Iterator[ImageSpec]:
    for index in range(len(TEXTS)):
        for placement in PLACEMENTS.values():
            for variant in variants:
                yield spec_of(index, placement, variant)


GERMAN = spec_of(0, META_SQUARE)
JAPANESE = spec_of(6, META_SQUARE)
