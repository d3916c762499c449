"""Pictures as the platform takes them in: decoded for good, so that what is stored is what they are."""

import hashlib
import io
from typing import Final

from sandbox.google.bodies import Body
from sandbox.google.errors import AdsError, Path
from sandbox.google.rules.kind import Check

# developers.google.com/google-ads/api/performance-max/asset-requirements: 5120 KB.
LARGEST_BYTES: Final = 5120 * 1024
# Above this, decoding alone would cost the sandbox more than an upload may.
_MOST_PIXELS: Final = 100_000_000
_MIMES: Final = {"PNG": "IMAGE_PNG", "JPEG": "IMAGE_JPEG", "GIF": "IMAGE_GIF"}


def take_in(image: Body) -> None:
    """Replace the bytes by what the platform keeps of them: digest, size in bytes and pixels, type; `broken` where that failed."""
    data = image.pop("data", None)
    if data is None:
        return
    image["sha256"] = hashlib.sha256(data).hexdigest()
    image["file_size"] = len(data)
    if len(data) <= LARGEST_BYTES:
        image.update(_decoded(data))


def _decoded(data: bytes) -> Body:
    from PIL import Image, UnidentifiedImageError

    try:
        with Image.open(io.BytesIO(data)) as picture:
            kind, mode = picture.format or "", picture.mode
            width, height = picture.size
            if width * height > _MOST_PIXELS:
                return {"broken": "IMAGE_DATA_TOO_LARGE"}
            frames = getattr(picture, "n_frames", 1)
            picture.load()
    except (UnidentifiedImageError, Image.DecompressionBombError, OSError, ValueError, SyntaxError):
        return {"broken": "INVALID_IMAGE"}
    if kind not in _MIMES:
        return {"broken": "FORMAT_NOT_ALLOWED"}
    if kind == "JPEG" and mode == "CMYK":
        return {"broken": "CMYK_JPEG_NOT_ALLOWED"}
    size: Body = {"full_size": {"width_pixels": width, "height_pixels": height}, "mime_type": _MIMES[kind]}
    return {**size, "animated": True} if frames > 1 else size


_WORDS: Final = {
    "IMAGE_DATA_TOO_LARGE": "The image has too many pixels.",
    "INVALID_IMAGE": "The image cannot be decoded.",
    "FORMAT_NOT_ALLOWED": "The image is not PNG, JPEG or GIF.",
    "CMYK_JPEG_NOT_ALLOWED": "A JPEG in CMYK is not allowed.",
}


def errors(image: Body, path: Path) -> Check:
    """What is wrong with an image as such; where it may stand is another question (fields.py)."""
    if "sha256" not in image:
        yield AdsError("asset_error", "ASSET_DATA_IS_MISSING", "The asset has no data.", path)
    elif image["file_size"] > LARGEST_BYTES:
        yield AdsError("image_error", "FILE_TOO_LARGE", "The image is above 5120 KB.", path, trigger=str(image["file_size"]))
    elif code := image.get("broken"):
        yield AdsError("image_error", code, _WORDS[code], path)
