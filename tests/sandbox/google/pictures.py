"""Pictures of a given size, drawn once."""

import io
from functools import cache


@cache
def picture(width: int, height: int, *, kind: str = "PNG", mode: str = "RGB", colour: str = "navy") -> bytes:
    """The bytes of a picture in one colour."""
    from PIL import Image

    out = io.BytesIO()
    Image.new(mode, (width, height), colour).save(out, kind)
    return out.getvalue()


@cache
def animation(width: int, height: int) -> bytes:
    """A GIF of two frames."""
    from PIL import Image

    out = io.BytesIO()
    frames = [Image.new("RGB", (width, height), colour) for colour in ("red", "blue")]
    frames[0].save(out, "GIF", save_all=True, append_images=frames[1:])
    return out.getvalue()
