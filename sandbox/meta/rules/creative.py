"""Creatives: a page, an image that exists, texts that fit, a link that leads somewhere."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final
from urllib.parse import urlsplit

from sandbox.meta import reviews, videos
from sandbox.meta.errors import invalid, param
from sandbox.meta.rules import Draft
from sandbox.meta.rules.common import check_editable, check_name
from sandbox.meta.schema import check_struct, enum
from sandbox.meta.view import View
from sandbox.store import Obj

NAME_LIMIT: Final = 100
TEXT_LIMITS: Final = {"message": 1024, "name": 255, "title": 255, "description": 255, "caption": 255, "link_description": 255}
# Of a feed: at most so many of each, and 30 in all.
FEED_LIMITS: Final = {"images": 10, "videos": 10, "bodies": 5, "titles": 5, "descriptions": 5, "call_to_action_types": 5, "ad_formats": 1}
FEED_TEXTS: Final = {"bodies": 1024, "titles": 255, "descriptions": 255}
FEWEST_CARDS, MOST_CARDS = 2, 10
CARD_LIMITS: Final = {"name": 255, "description": 255, "caption": 255}
STORIES: Final = ("link_data", "photo_data", "video_data", "template_data", "text_data")


def create(view: View, account: Obj, values: dict[str, Any]) -> Draft:
    """A creative of the account. Raises GraphError."""
    if "name" in values:
        check_name(values["name"], NAME_LIMIT)
    story, feed = values.get("object_story_spec"), values.get("asset_feed_spec")
    if not (story or feed or values.get("object_story_id") or values.get("source_instagram_media_id")):
        raise invalid(
            "object_story_spec",
            title="Creative Has No Content",
            message="A creative needs object_story_spec, asset_feed_spec or object_story_id.",
            subcode=1815166,
        )
    if story:
        _check_story(view, account, story, has_feed=bool(feed))
    if feed:
        values["asset_feed_spec"] = _check_feed(view, account, feed)
    for key in ("image_hash",):
        if values.get(key):
            _check_image(view, account, str(values[key]), key)
    body = {k: v for k, v in values.items() if k not in ("name", "status", "execution_options")}
    body["object_type"] = "VIDEO" if story and story.get("video_data") else "SHARE"
    if story:
        data: dict[str, Any] = next((story[key] for key in STORIES if story.get(key)), {})
        shown = {
            "image_hash": data.get("image_hash"),
            "video_id": data.get("video_id"),
            "thumbnail_url": data.get("image_url"),
            "title": data.get("name") or data.get("title"),
            "body": data.get("message"),
        }
        body = {**{k: v for k, v in shown.items() if v}, **body}
        body["call_to_action_type"] = (data.get("call_to_action") or {}).get("type")
        body["effective_object_story_id"] = f"{story['page_id']}_{view.tx.next_id()}"
        link = data.get("link") or ((data.get("call_to_action") or {}).get("value") or {}).get("link")
        body["linked"] = bool(link or (feed or {}).get("link_urls") or story.get("photo_data") or story.get("template_data"))
    if touched := reviews.topics(story, feed):
        body["policy_topics"] = touched
    return Draft(body, values.get("name") or f"Creative {view.now:%Y-%m-%d}-{view.tx.next_id()}", "ACTIVE")


def update(_: View, __: Obj, obj: Obj, values: dict[str, Any]) -> Draft:
    """Only the name, labels and status change: other content is a new creative."""
    check_editable(obj, values)
    if "name" in values:
        check_name(values["name"], NAME_LIMIT)
    body = {**obj.body, **{k: v for k, v in values.items() if k == "adlabels"}}
    return Draft(body, values.get("name", obj.name), values.get("status", obj.status))


def _check_story(view: View, account: Obj, story: Mapping[str, Any], *, has_feed: bool) -> None:
    page = str(story.get("page_id") or "")
    if not page or view.get(account.id, "page", page) is None:
        raise invalid(
            "object_story_spec",
            title="Page Not Available",
            message=f"object_story_spec[page_id] must be a page of this account; {page or 'nothing'} is none.",
            subcode=1487202,
        )
    given = [key for key in STORIES if story.get(key)]
    if len(given) != 1 and not (has_feed and not given):
        raise param(f"object_story_spec needs exactly one of {', '.join(STORIES)}", "object_story_spec")
    for key in given:
        _check_data(view, account, key, story[key])


def _check_data(view: View, account: Obj, key: str, data: Mapping[str, Any]) -> None:
    where = f"object_story_spec[{key}]"
    if key in ("link_data", "template_data"):
        check_link(where, data.get("link"))
        _check_cards(view, account, f"{where}[child_attachments]", data.get("child_attachments"))
    if key in ("link_data", "photo_data") and not (
        data.get("image_hash") or data.get("picture") or data.get("url") or data.get("child_attachments")
    ):
        raise invalid("object_story_spec", title="Image Required", message=f"{where} needs an image_hash.", subcode=1885252)
    if key == "video_data":
        _check_video(view, account, where, data)
    if data.get("image_hash"):
        _check_image(view, account, str(data["image_hash"]), where)
    for name, limit in TEXT_LIMITS.items():
        _check_text(f"{where}[{name}]", data.get(name), limit)
    _check_action(where, data.get("call_to_action"))


def _check_video(view: View, account: Obj, where: str, data: Mapping[str, Any]) -> None:
    if not data.get("video_id"):
        raise invalid("object_story_spec", title="Video Required", message=f"{where} needs a video_id.", subcode=1885252)
    if not (data.get("image_hash") or data.get("image_url")):
        raise invalid(
            "object_story_spec",
            title="Your Ad Needs A Video Thumbnail",
            message="Please specify one of image_hash or image_url in the video_data field of object_story_spec.",
            subcode=1443226,
        )
    if data.get("image_url"):
        check_link(f"{where}[image_url]", data["image_url"])
    videos.check_usable(view, account, data["video_id"], where)


def _check_cards(view: View, account: Obj, where: str, cards: Sequence[Mapping[str, Any]] | None) -> None:
    """A carousel: two to ten cards, each with a link of its own and a picture or a video."""
    if cards is None:
        return
    if not FEWEST_CARDS <= len(cards) <= MOST_CARDS:
        raise invalid(
            "object_story_spec",
            title="Invalid Number Of Cards",
            message=f"{where} must hold {FEWEST_CARDS} to {MOST_CARDS} cards; it holds {len(cards)}.",
            subcode=1815147,
        )
    for number, card in enumerate(cards):
        place = f"{where}[{number}]"
        check_link(place, card.get("link"))
        if not (card.get("image_hash") or card.get("picture") or card.get("video_id")):
            raise invalid("object_story_spec", title="Image Required", message=f"{place} needs an image_hash.", subcode=1885252)
        if card.get("image_hash"):
            _check_image(view, account, str(card["image_hash"]), place)
        if card.get("video_id"):
            videos.check_usable(view, account, card["video_id"], place)
        for name, limit in CARD_LIMITS.items():
            _check_text(f"{place}[{name}]", card.get(name), limit)
        _check_action(place, card.get("call_to_action"))


def _check_action(where: str, action: Any) -> None:
    if action is None:
        return
    if not isinstance(action, dict) or action.get("type") not in enum("call_to_action_type"):
        raise param(f"{where}[call_to_action][type] must be one of the known types, for example LEARN_MORE", "object_story_spec")
    link = (action.get("value") or {}).get("link")
    if link is not None:
        check_link(f"{where}[call_to_action]", link)


def check_link(where: str, link: Any) -> None:
    """A web address with a host."""
    parts = urlsplit(str(link or ""))
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise invalid(
            "object_story_spec",
            title="Website URL Required",
            message=f"{where}[link] must be a full http or https address; it is {link!r}.",
            subcode=1487851,
        )


def _check_image(view: View, account: Obj, image_hash: str, where: str) -> None:
    if view.get(account.id, "adimage", f"{account.id.removeprefix('act_')}:{image_hash}") is None:
        raise invalid(
            "object_story_spec",
            title="Image Not Found",
            message=f"{where}: this account has no image with the hash {image_hash}.",
            subcode=1487242,
        )


def _check_text(where: str, text: Any, limit: int) -> None:
    if text is not None and len(str(text)) > limit:
        raise invalid(
            "object_story_spec",
            title="Text Is Too Long",
            message=f"{where} has {len(str(text))} characters; {limit} are allowed.",
            subcode=1487106,
        )


def _texts(feed: Mapping[str, Any]) -> Iterator[tuple[str, Any, int]]:
    for key, limit in FEED_TEXTS.items():
        for number, item in enumerate(feed.get(key, ())):
            yield f"asset_feed_spec[{key}][{number}]", item.get("text"), limit


def _check_feed(view: View, account: Obj, given: Any) -> dict[str, Any]:
    if not isinstance(given, dict):
        raise param("Param asset_feed_spec must be an object", "asset_feed_spec")
    feed = check_struct("asset_feed_spec", "AdAssetFeedSpec", given)
    for key, limit in FEED_LIMITS.items():
        if len(feed.get(key, ())) > limit:
            raise invalid("asset_feed_spec", title="Too Many Assets", message=f"{key} can hold {limit}.", subcode=1885396)
    if sum(len(feed.get(key, ())) for key in FEED_LIMITS) > 30:
        raise invalid("asset_feed_spec", title="Too Many Assets", message="A feed can hold 30 assets in all.", subcode=1885396)
    for image in feed.get("images", ()):
        _check_image(view, account, str(image.get("hash")), "asset_feed_spec[images]")
    for video in feed.get("videos", ()):
        where = "asset_feed_spec[videos]"
        if not (video.get("thumbnail_hash") or video.get("thumbnail_url")):
            raise invalid("asset_feed_spec", title="Your Ad Needs A Video Thumbnail", message=f"{where} needs one.", subcode=1443226)
        videos.check_usable(view, account, video.get("video_id"), where)
    for link in feed.get("link_urls", ()):
        check_link("asset_feed_spec[link_urls]", link.get("website_url"))
    for where, text, limit in _texts(feed):
        _check_text(where, text, limit)
    return feed
