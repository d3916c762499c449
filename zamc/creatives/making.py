"""The outside work of creatives: one member at a time, from what was read in the transaction of its claim, with no session open."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from pydantic import ValidationError

from zamc.creatives.copy import CopySet, compose_copy
from zamc.creatives.ports import BriefLogos, CopyWriter, Objects, Painter
from zamc.creatives.rules import PICTURE_ROOMS, PictureWords, card_words, picture_words
from zamc.creatives.sound import SILENCE, Sound
from zamc.creatives.source_rules import harmless
from zamc.creatives.video_rules import CAPTION_ROOMS, VideoWords, video_words
from zamc.creatives.written import NO_LOGO, NO_SCENE, OwnLogo, Scene, WrittenCopy
from zamc.errors import InvalidInput, Later
from zamc.storage.objects import StoredObject
from zamc.strategies.rules import check_brief
from zamc.strategies.schema import Brand, Brief, Plan, Platform


@dataclass(frozen=True)
class Order:
    """What a member is made of: the plan and brief of its strategy as JSON, and which member it is.

    language: "" for a logo. placement: of an image or a video. seconds: how long a video plays. variant: of what models are asked for.
    logo: SHA-256 and media type of the one that a person set for the brand, in object storage; it goes before the brief's.
    """

    plan: dict[str, Any]
    brief: dict[str, Any]
    platform: Platform
    language: str
    placement: str = ""
    seconds: int = 6
    project_id: UUID | None = None
    variant: int = 0
    logo: tuple[str, str] | None = None

    def read(self) -> tuple[Plan, Brief]:
        """Raises InvalidInput when what is stored is no plan or brief of this version."""
        try:
            return Plan.model_validate(self.plan), check_brief(self.brief)
        except ValidationError as error:
            first = error.errors(include_input=False, include_url=False)[0]
            raise InvalidInput(".".join(map(str, ("plan", *first["loc"]))), f"{first['msg']}; write the strategy again") from None


@dataclass(frozen=True)
class DrawnImage:
    """A picture in object storage, what it says, and the background that it was laid over. Lengths in pixels."""

    words: PictureWords
    width: int
    height: int
    stored: StoredObject
    scene: Scene = NO_SCENE
    logo: OwnLogo = NO_LOGO


@dataclass(frozen=True)
class MadeVideo:
    """A video in object storage, what it says and sounds like, and the background behind it. Lengths in pixels."""

    words: VideoWords
    width: int
    height: int
    seconds: int
    stored: StoredObject
    scene: Scene = NO_SCENE
    logo: OwnLogo = NO_LOGO
    sound: Sound = SILENCE


@dataclass(frozen=True)
class MadeCopy:
    """A set of copy, and the model's draft that it was made of."""

    copy: CopySet
    written: WrittenCopy


def write_copy(order: Order, writer: CopyWriter | None = None) -> MadeCopy:
    """Raises InvalidInput with the reasons when no set of copy can be made whole, and what CopyWriter.write_copy raises."""
    plan, brief = order.read()
    written = WrittenCopy()
    if writer is not None and order.project_id is not None:
        written = writer.write_copy(plan, brief, order.platform, order.language, project_id=order.project_id, variant=order.variant)
    return MadeCopy(compose_copy(plan, brief, order.platform, order.language, written), written)


def draw_image(order: Order, objects: Objects, painter: Painter | None = None, logos: BriefLogos | None = None) -> DrawnImage:
    """Draw and store one picture, with shorter texts where the first ones do not fit.

    Raises InvalidInput when nothing that may be said fits, Later when storage does not take it now.
    """
    from zamc.creatives.layout import ImageSpec
    from zamc.creatives.pictures import render
    from zamc.creatives.sizes import PLACEMENTS
    from zamc.creatives.typesetting import TextDoesNotFit

    plan, brief = order.read()
    placement = PLACEMENTS[order.placement]
    primary, secondary = _colours(plan)
    scene, logo = _scene(order, plan, painter), _logo(order, plan, logos)
    background, sign = _bytes(scene, objects), _bytes(logo, objects)
    refusal: InvalidInput | None = None
    for room in PICTURE_ROOMS:
        words = _words(order, plan, brief, room)
        spec = ImageSpec(
            placement=placement,
            brand=harmless(plan.brand_name),
            headline=words.headline,
            supporting=words.supporting,
            call_to_action=words.call_to_action,
            primary=primary,
            secondary=secondary,
            language=order.language or plan.flight.languages[0],
            variant=_card_number(order.placement),
            logo=sign,
            scene=background,
        )
        try:
            picture = render(spec)
        except TextDoesNotFit as error:
            refusal = error
            continue
        stored = objects.put(picture.data, media_type=picture.media_type)
        return DrawnImage(words, placement.width, placement.height, stored, scene, logo)
    raise refusal or InvalidInput("image", "has no room for any text")


def make_video(order: Order, objects: Objects, painter: Painter | None = None, logos: BriefLogos | None = None) -> MadeVideo:
    """Draw, encode and store one video, with shorter captions where the first ones do not fit.

    Raises InvalidInput when nothing that may be said fits, Later when the machine or the storage cannot do it now.
    """
    from av import FFmpegError

    from zamc.creatives.sizes import VIDEO_PLACEMENTS
    from zamc.creatives.typesetting import TextDoesNotFit
    from zamc.creatives.video import render_video
    from zamc.creatives.video_scenes import VideoSpec

    plan, brief = order.read()
    placement = VIDEO_PLACEMENTS[order.placement]
    primary, secondary = _colours(plan)
    scene, logo = _scene(order, plan, painter), _logo(order, plan, logos)
    background, sign = _bytes(scene, objects), _bytes(logo, objects)
    refusal: InvalidInput | None = None
    for room in CAPTION_ROOMS:
        words = video_words(plan, brief, order.language, seconds=order.seconds, room=room)
        spec = VideoSpec(
            placement=placement,
            brand=harmless(plan.brand_name),
            captions=words.captions,
            call_to_action=words.call_to_action,
            primary=primary,
            secondary=secondary,
            language=order.language,
            seconds=order.seconds,
            logo=sign,
            scene=background,
            sound=plan.brand.sound,
        )
        try:
            video = render_video(spec)
        except TextDoesNotFit as error:
            refusal = error
            continue
        except (FFmpegError, OSError) as error:  # no room for the file, no memory for the encoder
            raise Later(f"the video could not be encoded: {error}") from error
        stored = objects.put(video.data, media_type=video.media_type)
        return MadeVideo(words, video.width, video.height, video.seconds, stored, scene, logo, video.sound)
    raise refusal or InvalidInput("video", "has no room for any caption")


def _scene(order: Order, plan: Plan, painter: Painter | None) -> Scene:
    """One background for all adverts of a set. Logos have none, and cards differ by their own motifs."""
    if painter is None or order.project_id is None or not order.language or _card_number(order.placement):
        return NO_SCENE
    return painter.scene(plan, project_id=order.project_id)


def _logo(order: Order, plan: Plan, logos: BriefLogos | None) -> OwnLogo:
    """The one that a person set, else the one that the brief names."""
    if order.logo:
        return OwnLogo(*order.logo)
    if logos is None or order.project_id is None or not plan.brand.logo:
        return NO_LOGO
    return logos.of(order.project_id, plan.brand.logo)


def _bytes(kept: Scene | OwnLogo, objects: Objects) -> bytes:
    return objects.get(kept.sha256, kept.media_type) if kept.sha256 else b""


def _colours(plan: Plan) -> tuple[str, str]:
    from zamc.creatives.colours import fallback_brand_colours

    own, unset = (plan.brand.primary, plan.brand.secondary), (Brand().primary, Brand().secondary)
    return own if own != unset else fallback_brand_colours(plan.brand_name)


def _words(order: Order, plan: Plan, brief: Brief, room: tuple[int, int]) -> PictureWords:
    if not order.language:  # a logo says the brand and nothing else
        return PictureWords("", "", "", {"brand": "project.name"})
    number = _card_number(order.placement)
    return card_words(plan, brief, order.language, number, room) if number else picture_words(plan, brief, order.language, room)


def _card_number(placement: str) -> int:
    """1 and up for the cards of a carousel, 0 for every other picture."""
    return int(placement.rsplit("_", 1)[1]) if placement.startswith("meta_card_") else 0
