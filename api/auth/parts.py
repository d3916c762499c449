"""What the routes of signing in share: who asks, from where, and models of what they send."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Request
from pydantic import BaseModel, ConfigDict, Field

from api.auth.callers import caller_of
from zamc.bootstrap import Services
from zamc.identity.errors import SignInRefused
from zamc.identity.service import Caller
from zamc.identity.sign_in import Credentials

NO_STORE = {"Cache-Control": "no-store"}
_AGENT_LENGTH = 200


def services_of(request: Request) -> Services:
    found: Services = request.app.state.services
    return found


async def signed_in(request: Request) -> Caller:
    """Raises SignInRefused."""
    caller = await caller_of(request)
    if caller is None:
        raise SignInRefused("session", "sign in first")
    return caller


async def signed_in_person(request: Request) -> Caller:
    """Not a key: what a person decides about their own account, no script of theirs does. Raises SignInRefused."""
    caller = await signed_in(request)
    if caller.via == "key":
        raise SignInRefused("session", "an API key may not do this; sign in with your password")
    return caller


Wired = Annotated[Services, Depends(services_of)]
SignedIn = Annotated[Caller, Depends(signed_in)]
Person = Annotated[Caller, Depends(signed_in_person)]


def address_of(request: Request) -> str:
    """Of the client, as the server knows it: uvicorn believes a proxy's header from addresses in FORWARDED_ALLOW_IPS alone."""
    return request.client.host if request.client else ""


def agent_of(request: Request) -> str:
    """What the client calls itself, made harmless to read."""
    said = request.headers.get("user-agent", "")[:_AGENT_LENGTH]
    return "".join(character if character.isprintable() else " " for character in said)


class Body(BaseModel):
    """What is not asked for is a mistake: nobody sets a field by adding it."""

    model_config = ConfigDict(extra="forbid")


Text = Annotated[str, Field(min_length=1, max_length=1024)]


class SignInBody(Body):
    email: Annotated[str, Field(min_length=1, max_length=320, examples=["ana@example.org"])]
    password: Annotated[str, Field(min_length=1, max_length=10_000)]
    code: Annotated[str | None, Field(max_length=40, description="Of the second factor, or a recovery code.")] = None

    def credentials(self, request: Request) -> Credentials:
        return Credentials(self.email, self.password, self.code, address_of(request), agent_of(request))


class ProjectRole(BaseModel):
    id: UUID
    role: str


class SessionBody(BaseModel):
    """Who is signed in. via: session, token or key."""

    signed_in: bool
    email: str | None = None
    via: str | None = None
    expires_at: datetime | None = None
    projects: list[ProjectRole] = []


def session_body(caller: Caller | None) -> SessionBody:
    if caller is None:
        return SessionBody(signed_in=False)
    roles = [ProjectRole(id=project_id, role=role) for project_id, role in caller.roles.items()]
    return SessionBody(signed_in=True, email=caller.email, via=caller.via, expires_at=caller.expires_at, projects=roles)
