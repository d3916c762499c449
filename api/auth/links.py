"""Links that are good once: address, password, invitation, an operator's way in."""

from typing import Annotated

from fastapi import APIRouter, BackgroundTasks, Request, Response
from pydantic import BaseModel, Field

from api.auth.browsers import seat
from api.auth.callers import known_callers
from api.auth.parts import NO_STORE, Body, Person, SessionBody, Text, Wired, address_of, agent_of
from api.auth.workers import on_thread
from api.errors import answers

router = APIRouter()


class EmailBody(Body):
    email: Annotated[str, Field(min_length=1, max_length=320, examples=["ana@example.org"])]


class TokenBody(Body):
    token: Text


class ChooseBody(Body):
    token: Text
    password: Annotated[str, Field(min_length=1, max_length=10_000)]


class Asked(BaseModel):
    """The same for every address."""

    message: str = "If there is such a user, a mail is on its way."


@router.post("/reset", status_code=202, responses=answers(), summary="Ask for a new password")
async def ask_reset(body: EmailBody, request: Request, response: Response, wired: Wired, later: BackgroundTasks) -> Asked:
    """Answers before it looks, so that neither words nor time tell who is a user."""
    recovery = wired.identity.recovery
    await on_thread(lambda: recovery.may_ask(body.email, address_of(request)))
    later.add_task(recovery.ask_reset, body.email)
    response.headers.update(NO_STORE)
    return Asked()


@router.post("/reset/password", status_code=204, responses=answers(400), summary="Choose a password with a link")
async def choose_password(body: ChooseBody, request: Request, wired: Wired) -> None:
    """With the link of a reset or an invitation. Ends every session of the user; sign in afterwards."""
    address = address_of(request)
    user_id = await on_thread(lambda: wired.identity.recovery.choose_password(body.token, body.password, address=address))
    known_callers(request).forget(user_id)


@router.post("/verify/send", status_code=202, responses=answers(401), summary="Ask for a mail that confirms one's address")
async def ask_verification(caller: Person, request: Request, wired: Wired, later: BackgroundTasks) -> Asked:
    recovery = wired.identity.recovery
    await on_thread(lambda: recovery.may_ask(caller.email, address_of(request)))
    later.add_task(recovery.ask_verification, caller.email)
    return Asked()


@router.post("/verify", status_code=204, responses=answers(400), summary="Confirm an address with a link")
async def verify(body: TokenBody, request: Request, wired: Wired) -> None:
    await on_thread(lambda: wired.identity.recovery.verify(body.token, address=address_of(request)))


@router.post("/link", responses=answers(400), summary="Sign in with an operator's link")
async def redeem(body: TokenBody, request: Request, response: Response, wired: Wired) -> SessionBody:
    """Once; sets the session cookie."""
    address, agent = address_of(request), agent_of(request)
    user_id = await on_thread(lambda: wired.identity.recovery.redeem(body.token, address=address))
    begun = await on_thread(lambda: wired.identity.sign_in.begin(user_id, agent=agent))
    return await seat(response, request, wired, begun)
