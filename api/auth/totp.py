"""The second factor of whoever is signed in."""

from typing import Annotated

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field

from api.auth.callers import known_callers
from api.auth.parts import NO_STORE, Body, Person, Wired, address_of
from api.auth.workers import on_thread
from api.errors import answers

router = APIRouter(prefix="/totp")

Code = Annotated[str, Field(min_length=1, max_length=40)]
Password = Annotated[str, Field(min_length=1, max_length=10_000)]


class BeginBody(Body):
    password: Password


class ConfirmBody(Body):
    code: Code


class RemoveBody(Body):
    password: Password
    code: Code


class Begun(BaseModel):
    """Shown once. uri is what a QR code holds."""

    secret: str
    uri: str


class Codes(BaseModel):
    """Each opens the account once when the phone is lost."""

    recovery_codes: list[str]


@router.post("/begin", responses=answers(401, 409), summary="Begin a second factor")
async def begin(body: BeginBody, caller: Person, request: Request, response: Response, wired: Wired) -> Begun:
    address = address_of(request)
    begun = await on_thread(lambda: wired.identity.sign_in.begin_second_factor(caller, body.password, address=address))
    response.headers.update(NO_STORE)
    return Begun(secret=begun.secret, uri=begun.uri)


@router.post("/confirm", responses=answers(401, 409), summary="Turn it on with a first code")
async def confirm(body: ConfirmBody, caller: Person, request: Request, response: Response, wired: Wired) -> Codes:
    """Ends every other session."""
    codes = await on_thread(lambda: wired.identity.sign_in.confirm_second_factor(caller, body.code))
    known_callers(request).forget(caller.user_id)
    response.headers.update(NO_STORE)
    return Codes(recovery_codes=codes)


@router.post("/remove", status_code=204, responses=answers(401), summary="Turn it off")
async def remove(body: RemoveBody, caller: Person, request: Request, wired: Wired) -> None:
    address = address_of(request)
    await on_thread(lambda: wired.identity.sign_in.remove_second_factor(caller, body.password, body.code, address=address))
