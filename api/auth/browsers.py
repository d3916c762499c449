"""Signing in and out with a browser."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Request, Response
from pydantic import BaseModel, Field

from api.auth import cookies
from api.auth.callers import caller_of, known_callers
from api.auth.parts import NO_STORE, Body, Person, SessionBody, SignInBody, Wired, address_of, session_body
from api.auth.workers import on_thread
from api.errors import answers
from zamc.errors import NotFound
from zamc.identity import session_repository
from zamc.identity.service import Caller
from zamc.identity.sessions import SignedIn

router = APIRouter()


@router.post("/sign-in", responses=answers(401), summary="Sign in with a browser")
async def sign_in(body: SignInBody, request: Request, response: Response, wired: Wired) -> SessionBody:
    """Sets the session cookie: a fresh one each time, whatever the browser had. 401 with error "second_factor" asks for `code`."""
    before = await caller_of(request)
    replaces = before.session_id if before and before.via == "session" else None
    begun = await on_thread(lambda: wired.identity.sign_in.to_session(body.credentials(request), replaces=replaces))
    return await seat(response, request, wired, begun)


@router.post("/sign-out", status_code=204, responses=answers(), summary="Sign out here")
async def sign_out(request: Request, response: Response, wired: Wired) -> None:
    """Whoever is not signed in is signed out already."""
    caller = await caller_of(request)
    token = cookies.session_token(request, wired.settings) or ""
    if caller is not None and caller.session_id is not None:
        session_id, user_id = caller.session_id, caller.user_id
        await on_thread(lambda: wired.identity.sign_in.end(session_id, token))
        known_callers(request).forget(user_id)
    response.headers.update(NO_STORE)
    cookies.clear_session(response, wired.settings)


@router.post("/sign-out-everywhere", status_code=204, responses=answers(401), summary="Sign out everywhere")
async def sign_out_everywhere(caller: Person, request: Request, response: Response, wired: Wired) -> None:
    """Ends every session and every token of the caller, this one too. API keys stay; revoke them one by one."""
    await on_thread(lambda: wired.identity.sign_in.end_everywhere(caller.user_id))
    known_callers(request).forget(caller.user_id)
    response.headers.update(NO_STORE)
    cookies.clear_session(response, wired.settings)


@router.get("/session", responses=answers(), summary="Who is signed in")
async def session(request: Request, response: Response) -> SessionBody:
    """Also for keys and tokens; nobody is no error."""
    response.headers.update(NO_STORE)
    return session_body(await caller_of(request))


class OpenSession(BaseModel):
    """kind: browser, or tokens of another client. agent: what it calls itself."""

    id: UUID
    kind: str
    agent: str | None
    created_at: datetime
    expires_at: datetime
    current: bool


@router.get("/sessions", responses=answers(401), summary="Where the caller is signed in")
async def sessions(caller: Person, response: Response, wired: Wired) -> list[OpenSession]:
    """Newest first."""

    def read() -> list[OpenSession]:
        with wired.database.transaction() as opened:
            return [
                OpenSession(
                    id=row.id, kind=row.kind, agent=row.agent, created_at=row.created_at, expires_at=row.expires_at,
                    current=row.id == caller.session_id,
                )
                for row in session_repository.open_of(opened, caller.user_id, now=wired.clock.now())
            ]  # fmt: skip

    response.headers.update(NO_STORE)
    return await on_thread(read)


@router.delete("/sessions/{session_id}", status_code=204, responses=answers(401, 404), summary="Sign out one of them")
async def end_session(session_id: Annotated[UUID, Path()], caller: Person, request: Request, wired: Wired) -> None:
    def end() -> None:
        with wired.database.transaction() as opened:
            if session_id not in {row.id for row in session_repository.open_of(opened, caller.user_id, now=wired.clock.now())}:
                raise NotFound(f"you are not signed in as {session_id}")
            wired.identity.sessions.end(opened, session_id, why="sign-out")

    await on_thread(end)
    known_callers(request).forget(caller.user_id)


class PasswordBody(Body):
    old: Annotated[str, Field(min_length=1, max_length=10_000)]
    new: Annotated[str, Field(min_length=1, max_length=10_000)]


@router.post("/password", status_code=204, responses=answers(401), summary="Change one's password")
async def change_password(body: PasswordBody, caller: Person, request: Request, wired: Wired) -> None:
    """Ends every other session. The new one needs 15 characters and must not be one that guessers try first."""
    address = address_of(request)
    await on_thread(lambda: wired.identity.sign_in.change_password(caller, old=body.old, new=body.new, address=address))
    known_callers(request).forget(caller.user_id)


async def seat(response: Response, request: Request, wired: Wired, begun: SignedIn) -> SessionBody:
    """Give the browser its cookie, and say who it is now."""

    def read() -> Caller | None:
        with wired.database.transaction() as opened:
            return wired.identity.sessions.caller(opened, begun.session_id)

    caller = await on_thread(read)
    response.headers.update(NO_STORE)
    cookies.set_session(response, wired.settings, begun.token)
    known_callers(request).forget(begun.user_id)
    return session_body(caller)
