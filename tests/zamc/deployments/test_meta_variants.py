"""Variants of copy by angle reach the platform: each format has another one, and the ad's name tells them apart."""

from dataclasses import replace

from tests.zamc.deployments.test_meta_tree import copy, source
from zamc.creatives.tables import Asset
from zamc.deployments.meta_tree import build_meta
from zamc.deployments.sources import copies_of
from zamc.deployments.tree import Copy, Wanted

TEXTS = ("Beans for less", "Roasted in Bremen", "Order now")


def built(one: Copy) -> dict[str, Wanted]:
    """Ads and creatives of the German ad set, by kind and format."""
    objects = build_meta(source(copies=(one, copy("en"))))
    return {f"{each.kind}/{each.local_ref}": each for each in objects if each.local_ref.startswith("de/")}


def test_each_format_says_another_thing_and_its_name_says_which() -> None:
    made = built(replace(copy("de"), primary_texts=TEXTS, angles=("offer", "proof", "action")))
    said = {
        name: (made[f"ad/de/{name}"].spec["name"], made[f"creative/de/{name}"].spec["message"]) for name in ("image", "carousel", "video")
    }
    assert said == {
        "image": ("Padaria | Spring | de | image | offer", "Beans for less"),
        "carousel": ("Padaria | Spring | de | carousel | proof", "Roasted in Bremen"),
        "video": ("Padaria | Spring | de | video | action", "Order now"),
    }
    assert [made[f"creative/de/{name}"].spec["headline"] for name in ("image", "carousel", "video")] == ["One", "Two", "Three"]
    assert [made[f"creative/de/{name}"].spec["description"] for name in ("image", "carousel", "video")] == ["First", "Second", "First"]


def test_fewer_texts_than_formats_are_said_again_and_no_angle_is_made_up() -> None:
    made = built(replace(copy("de"), primary_texts=TEXTS[:2], angles=("offer", "proof")))
    assert [made[f"creative/de/{name}"].spec["message"] for name in ("image", "carousel", "video")] == [*TEXTS[:2], TEXTS[0]]
    for angles in ((), ("offer",)):
        old = built(replace(copy("de"), primary_texts=TEXTS, angles=angles))
        assert [old[f"ad/de/{name}"].spec["name"] for name in ("image", "video")] == [
            "Padaria | Spring | de | image",
            "Padaria | Spring | de | video",
        ]


def test_angles_are_read_from_where_the_lines_come_from() -> None:
    lines = [
        {"field": "primary_texts[0]", "source": "brief.offer", "angle": "offer"},
        {"field": "primary_texts[1]", "source": "brief.claims[0]", "angle": "proof"},
        {"field": "headlines[0]", "source": "brief.product", "angle": "product"},
    ]
    content = {"primary_texts": list(TEXTS[:2]), "headlines": ["One"]}
    row = Asset(kind="copy", platform="meta_ads", language="de", content=content, provenance={"lines": lines})
    [read] = copies_of([row], "meta_ads")
    assert read.angles == ("offer", "proof")
    [old] = copies_of([Asset(kind="copy", platform="meta_ads", language="de", content=content, provenance={})], "meta_ads")
    assert old.angles == ()
