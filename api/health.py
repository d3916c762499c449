"""Is the process alive, and can it serve?"""

import asyncio
from collections.abc import Awaitable, Callable

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse
from sqlalchemy import text

from zamc.bootstrap import Services
from zamc.errors import ZamcError

router = APIRouter(tags=["health"])
_LIMIT_SECONDS = 2.0


@router.get("/healthz")
async def alive() -> dict[str, str]:
    """200 while the process answers at all."""
    return {"status": "ok"}


@router.get("/readyz")
async def ready(request: Request) -> JSONResponse:
    """200 when PostgreSQL, NATS and Redis answer; 503 with the name of each that does not, and while the process is about to end."""
    if getattr(request.app.state, "draining", False):
        return JSONResponse({"status": "draining"}, status_code=503, headers={"Retry-After": "1"})
    wired: Services = request.app.state.services
    checks: dict[str, Callable[[], Awaitable[None]]] = {
        "postgres": lambda: asyncio.to_thread(_postgres, wired),
        "nats": lambda: _nats(wired),
        "redis": lambda: _redis(wired),
    }
    results = await asyncio.gather(*(_within_limit(check) for check in checks.values()))
    state = dict(zip(checks, results, strict=True))
    down = [name for name, well in state.items() if not well]
    return JSONResponse({name: "ok" if well else "down" for name, well in state.items()}, status_code=503 if down else 200)


async def _within_limit(check: Callable[[], Awaitable[None]]) -> bool:
    from redis.exceptions import RedisError
    from sqlalchemy.exc import SQLAlchemyError

    try:
        await asyncio.wait_for(check(), _LIMIT_SECONDS)
    except (TimeoutError, OSError, ZamcError, RedisError, SQLAlchemyError):
        return False
    return True


def _postgres(wired: Services) -> None:
    with wired.database.transaction() as session:
        session.execute(text("SELECT 1"))


async def _nats(wired: Services) -> None:
    from zamc.events.stream import connected

    async with connected(wired.settings.nats_url.get_secret_value(), name="zamc-readyz"):
        return


async def _redis(wired: Services) -> None:
    from redis.asyncio import Redis

    async with Redis.from_url(wired.settings.redis_url.get_secret_value()) as client:
        await client.ping()
