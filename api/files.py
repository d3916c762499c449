"""/files: creatives for whoever has a signed address. Videos are served in parts, as players ask for them."""

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request, Response
from fastapi.responses import StreamingResponse

from api.auth.parts import Wired
from api.errors import answers
from api.guards import guards_of
from zamc.bootstrap import Services
from zamc.storage.links import FileRequest
from zamc.storage.range_rules import NotThere, Part, wanted_part

router = APIRouter(tags=["files"])

_ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {"content": {"image/*": {}, "video/mp4": {}}, "description": "All of it."},
    206: {"description": "The part that was asked for."},
    304: {"description": "It is the same still."},
    416: {"description": "The part begins behind the end."},
    **answers(404),
}
_CHUNK = 256 * 1024
# Pictures and videos of ours are shown; what else there is, is saved.
_SHOWN = ("image/", "video/")
# Should a file ever be something else than it says, it may do nothing.
_POLICY = "default-src 'none'; sandbox"


@router.head("/files/{file}", include_in_schema=False)
@router.get("/files/{file}", responses=_ANSWERS, summary="A creative")
async def file(
    *,
    file: Annotated[str, Path(max_length=80)],
    request: Request,
    wired: Wired,
    expires: Annotated[int, Query(ge=0, le=2**40)],
    signature: Annotated[str, Query(max_length=64)],
    name: Annotated[str, Query(max_length=100)] = "file",
) -> Response:
    """An address comes from GraphQL and is good for an hour. One range is answered with 206."""
    wanted = wired.file_links.check(file, expires=expires, name=name, signature=signature)
    guards = guards_of(request)
    async with guards.files.place():
        with guards.storage.guard():
            size = await asyncio.to_thread(wired.objects.size, wanted.sha256, wanted.media_type)
    tag = f'"{wanted.sha256}"'
    headers = {
        "Accept-Ranges": "bytes",
        "ETag": tag,
        "Cache-Control": f"private, immutable, max-age={max(0, expires - int(wired.clock.now().timestamp()))}",
        "Content-Disposition": f'{"inline" if wanted.media_type.startswith(_SHOWN) else "attachment"}; filename="{wanted.name}"',
        "Content-Security-Policy": _POLICY,
    }
    if tag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    part = None
    if request.headers.get("if-range", tag) == tag:
        try:
            part = wanted_part(request.headers.get("range"), size)
        except NotThere:
            return Response(status_code=416, headers={**headers, "Content-Range": f"bytes */{size}"})
    if part is not None:
        headers["Content-Range"] = part.content_range
    whole = part or Part(0, size, size)
    headers["Content-Length"] = str(whole.end - whole.start)
    status = 206 if part is not None else 200
    if request.method == "HEAD":
        return Response(status_code=status, headers=headers, media_type=wanted.media_type)
    return StreamingResponse(_bytes(wired, wanted, whole), status, headers, wanted.media_type)


async def _bytes(wired: Services, wanted: FileRequest, part: Part) -> AsyncIterator[bytes]:
    for start in range(part.start, part.end, _CHUNK):
        end = min(start + _CHUNK, part.end)
        yield await asyncio.to_thread(wired.objects.part, wanted.sha256, wanted.media_type, start, end)
