"""The API: thin over the services of zamc/."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse

from api import dashboard, errors, exports, files, health, metrics, tasks
from api.auth.callers import known_callers_of
from api.auth.router import router as auth_router
from api.graphql.router import Graphql
from api.guards import Guards
from api.hearing import Hearing, Listener
from api.limits import BodyLimit
from api.live.route import Live
from api.observing import Observed
from api.quick import Quick, QuickAnswers
from api.security import CrossSiteGuard, SecurityHeaders, headers_of
from zamc import telemetry
from zamc.bootstrap import Services, services
from zamc.identity import rights_repository


def create_app(wired: Services | None = None) -> FastAPI:
    """The application; without services it wires those of its environment. Raises ConfigurationError when a variable is missing."""
    own = wired or services()
    hearing = Hearing(own.settings.database_url.get_secret_value().replace("postgresql+psycopg:", "postgresql:"))

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        listening = asyncio.create_task(hearing.listen())
        try:
            yield
        finally:
            await tasks.end(listening)
            if wired is None:
                own.database.close()
                # Here and no later: uvicorn ends by the signal that it was sent.
                telemetry.stop()

    settings = own.settings
    # Production tells nobody what it could be asked; pages that show it would load scripts from elsewhere.
    schema_url = None if settings.environment == "production" else "/openapi.json"
    app = FastAPI(title="ZAMC", version="0.1.0", lifespan=lifespan, docs_url=None, redoc_url=None, openapi_url=schema_url)
    app.state.services, app.state.hearing, app.state.guards = own, hearing, Guards()
    hearing.on(rights_repository.CHANNEL, _users(app))
    app.include_router(health.router)
    app.include_router(metrics.router(own))
    app.include_router(auth_router())
    app.include_router(files.router)
    app.include_router(exports.router)
    app.include_router(dashboard.router())
    graphql = Graphql.of(own, app.state)
    app.include_router(graphql.router())
    app.include_router(Live(own, hearing, graphql.documents, graphql.knowledge.rates).router())
    lines, tls = settings.log_level in ("DEBUG", "INFO"), settings.cookie_secure
    # GraphQL passes the same layers, and no table of routes.
    guarded = SecurityHeaders(CrossSiteGuard(BodyLimit(graphql.http), public_url=settings.public_url), tls=tls)
    # The last one is the outermost.
    app.add_middleware(BodyLimit)
    app.add_middleware(CrossSiteGuard, public_url=settings.public_url)
    app.add_middleware(SecurityHeaders, tls=tls)
    app.add_middleware(Observed, lines=lines)
    app.state.quick = Quick(graphql.endpoint, headers_of(tls=tls))
    app.add_middleware(QuickAnswers, quick=app.state.quick, long=Observed(guarded, lines=lines))
    errors.install(app)
    app.add_exception_handler(Exception, _masked)
    return app


def _users(app: FastAPI) -> Listener:
    return Listener(lambda user_id: known_callers_of(app.state).forget(UUID(user_id)), lambda: known_callers_of(app.state).clear())


async def _masked(_request: Request, _error: Exception) -> JSONResponse:
    # What went wrong is in the log; an error text may hold an address or a value that is not the caller's to see.
    body: dict[str, Any] = {"error": "Something went wrong on our side. Try again; if it stays, tell the operator the time."}
    return JSONResponse(body, status_code=500)
