"""The built dashboard at /: a page and the files that it names, under a policy that lets it talk to this server and to nothing else."""

from pathlib import Path

from fastapi import APIRouter
from fastapi.responses import FileResponse, PlainTextResponse, Response

BUILT = Path(__file__).parent.parent / "dashboard" / "dist"
HINT = "The API runs; its dashboard is not built yet. Build it with: make dashboard\n"

_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
# The name of a built file holds the hash of its content; the page names the newest ones.
_FOREVER = {"Cache-Control": "public, max-age=31536000, immutable"}
_ASK_EACH_TIME = {"Cache-Control": "no-cache"}


def router(built: Path = BUILT) -> APIRouter:
    """Looks at each request, so that a build made while the API runs is served at once. Without one: 404 and how to build it."""
    routes = APIRouter(include_in_schema=False)

    @routes.get("/")
    async def page() -> Response:
        return _file(built / "index.html", _ASK_EACH_TIME) or PlainTextResponse(HINT, 404, _HEADERS)

    @routes.get("/assets/{name}")
    async def asset(name: str) -> Response:
        return _file(built / "assets" / name, _FOREVER) or PlainTextResponse("There is no such file.\n", 404, _HEADERS)

    return routes


def _file(path: Path, caching: dict[str, str]) -> Response | None:
    return FileResponse(path, headers={**_HEADERS, **caching}) if path.is_file() else None
