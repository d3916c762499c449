"""What the checks of copy find and what they cost; how fast pictures and videos are made. One process, one core.

Recall and false alarms are of the half of the corpus that nothing was tuned on (benchmarks/corpus/README.md).
"""

import time
from collections import Counter
from collections.abc import Callable
from functools import partial

from benchmarks.corpus import CODES, Ad, ads, groundings
from benchmarks.figure import Figure, at_least, at_most, shown

_ROUNDS = 7


def measure() -> list[Figure]:
    """Score the held-out half, then time checks, pictures and a video."""
    held_out = ads("held out")
    missed, alarms, kinds = score(held_out)
    bad, good = sum(bool(ad.fault) for ad in held_out), sum(not ad.fault for ad in held_out)
    return [
        at_least("bad ads found for their fault, held-out half", 1 - len(missed) / bad, "share", 0.98),
        at_most("good ads found bad, held-out half", len(alarms) / good, "share", 0.02),
        shown("bad ads of the held-out half", bad, "count"),
        shown("good ads of the held-out half", good, "count"),
        shown("faults with a miss", len({ad.fault for ad in missed}), f"of {len(kinds)}"),
        at_least("lines checked, in whole sets", _lines_per_second(held_out), "1/s", 20_000),
        at_least("pictures drawn and encoded", _pictures_per_second(), "1/s", 8),
        *_videos(),
    ]


def score(some: list[Ad]) -> tuple[list[Ad], list[Ad], Counter[str]]:
    """(bad ads without a finding of their fault, good ads with a finding, how many bad ads each fault has)."""
    from zamc.creatives.copy_rules import check_content

    facts = groundings()
    found = {ad.id: {finding.code for finding in check_content(ad.platform, ad.content, facts[ad.brief])} for ad in some}
    missed = [ad for ad in some if ad.fault and not found[ad.id] & CODES[ad.fault]]
    alarms = [ad for ad in some if not ad.fault and found[ad.id]]
    return missed, alarms, Counter(ad.fault for ad in some if ad.fault)


def _lines_per_second(some: list[Ad]) -> float:
    from zamc.creatives.copy_rules import check_content

    facts = groundings()

    def check() -> None:
        for ad in some:
            check_content(ad.platform, ad.content, facts[ad.brief])

    return sum(ad.lines for ad in some) / _best(check)


def _best(work: Callable[[], object], rounds: int = _ROUNDS) -> float:
    """CPU seconds of the fastest of several rounds after one to warm up: others at work on the machine only add."""
    work()
    seconds = []
    for _ in range(rounds):
        started = time.process_time()
        work()
        seconds.append(time.process_time() - started)
    return min(seconds)


def _pictures_per_second() -> float:
    """Every size of both platforms, in Latin and Japanese letters, several variants."""
    from zamc.creatives.colours import fallback_brand_colours
    from zamc.creatives.layout import ImageSpec
    from zamc.creatives.pictures import render
    from zamc.creatives.sizes import PLACEMENTS

    primary, secondary = fallback_brand_colours("Bluebird")
    texts = {
        "en": ("Slow-fermented sourdough, baked every morning", "Order by 18:00, collect the next morning", "Order now"),
        "ja": ("毎日10分で学べる英会話アプリ「ことば」", "最初の14日間は無料。1回10分のレッスンです", "無料で始める"),
    }
    specs = [
        ImageSpec(placement, "Bluebird", *said, primary, secondary, language, variant)
        for placement in PLACEMENTS.values()
        for language, said in texts.items()
        for variant in range(2)
    ]

    def draw() -> None:
        for spec in specs:
            render(spec)

    return len(specs) / _best(draw, rounds=2)


def _videos() -> list[Figure]:
    from zamc.creatives.colours import fallback_brand_colours
    from zamc.creatives.sizes import VIDEO_PLACEMENTS
    from zamc.creatives.video import render_video
    from zamc.creatives.video_scenes import VideoSpec

    primary, secondary = fallback_brand_colours("Bluebird")
    captions = ("Slow-fermented sourdough, baked every morning", "Order by 18:00, collect the next morning")
    figures = []
    for name, placement in VIDEO_PLACEMENTS.items():
        spec = VideoSpec(placement, "Bluebird", captions, "Order now", primary, secondary, "en")
        seconds = _best(partial(render_video, spec), rounds=3)
        figures.append(at_most(f"a 6 s video, {name} ({placement.width} x {placement.height})", seconds, "s", 6))
    return figures
