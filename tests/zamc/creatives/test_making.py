"""One member at a time: damaged rows are refused by name, and texts give way before a picture does."""

from hashlib import sha256

import pytest

from tests.zamc.creatives.copies import planned
from tests.zamc.strategies.briefs import brief
from zamc.creatives.making import DrawnImage, Order, draw_image, write_copy
from zamc.errors import InvalidInput
from zamc.storage.objects import StoredObject
from zamc.strategies.schema import Brief, Platform


class Shelf:
    """Keeps what it is given."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}

    def put(self, data: bytes, *, media_type: str) -> StoredObject:
        stored = StoredObject(sha256(data).hexdigest(), len(data), media_type)
        self.kept[stored.sha256] = data
        return stored

    def get(self, sha256: str, media_type: str) -> bytes:
        assert media_type == "image/png"
        return self.kept[sha256]


def draw(asked: Brief, name: str = "Bluebird", placement: str = "google_square") -> DrawnImage:
    plan = planned(asked, name)
    platform: Platform = "google_ads" if placement.startswith("google") else "meta_ads"
    order = Order(plan.model_dump(mode="json"), asked.model_dump(mode="json"), platform, asked.languages[0], placement)
    return draw_image(order, Shelf())


def test_a_plan_of_another_version_is_refused_by_name() -> None:
    stored = planned(brief(), "Bluebird").model_dump(mode="json") | {"mood": "happy"}
    with pytest.raises(InvalidInput, match="write the strategy again") as caught:
        write_copy(Order(stored, brief().model_dump(mode="json"), "google_ads", "en"))
    assert caught.value.field == "plan.mood"
    with pytest.raises(InvalidInput):
        write_copy(Order({}, {}, "google_ads", "en"))


@pytest.mark.parametrize("placement", ["google_landscape", "google_square", "meta_square", "meta_link", "meta_story"])
def test_words_that_are_too_long_give_way_to_shorter_ones(placement: str) -> None:
    endless = "Donaudampfschifffahrtsgesellschaftskapitänsmützenabzeichen"
    drawn = draw(brief(offer=f"{endless} ab Passau", claims=[endless, "Gute Mützen"], languages=["de"]), placement=placement)
    assert drawn.words.headline
    assert (drawn.width, drawn.height) != (0, 0)


def test_the_same_order_gives_the_same_picture() -> None:
    assert draw(brief()) == draw(brief())


def test_a_name_that_fits_no_picture_is_refused() -> None:
    with pytest.raises(InvalidInput):
        draw(brief(), name="Donaudampfschifffahrtsgesellschaft " * 5 + "AG")
