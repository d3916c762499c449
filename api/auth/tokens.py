"""Tokens for clients that are no browsers, and the keys that prove them."""

from typing import Any, Literal

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel

from api.auth.parts import NO_STORE, Body, SignInBody, Text, Wired, address_of
from api.auth.workers import on_thread
from api.errors import answers
from zamc.identity.errors import SignInRefused
from zamc.identity.tokens import Pair

router = APIRouter()


class TokenPair(BaseModel):
    """access_token: for `Authorization: Bearer`. refresh_token: good once, for the next pair. expires_in: seconds of the access token."""

    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105 - a type, no secret
    access_token: str
    refresh_token: str
    expires_in: int


class RefreshBody(Body):
    refresh_token: Text


@router.post("/token", responses=answers(401), summary="Sign in without a browser")
async def token(body: SignInBody, request: Request, response: Response, wired: Wired) -> TokenPair:
    """An access token for some minutes, and a refresh token for the next pair."""
    pair = await on_thread(lambda: wired.identity.sign_in.to_tokens(body.credentials(request)))
    return _pair(response, pair)


@router.post("/refresh", responses=answers(401), summary="The next pair of tokens")
async def refresh(body: RefreshBody, request: Request, response: Response, wired: Wired) -> TokenPair:
    """A refresh token is good once. Showing it again ends the whole family: either you or a thief has an old one."""
    address = address_of(request)

    def work() -> Pair | None:
        wired.identity.throttle.token(address)
        with wired.database.transaction() as session:
            return wired.identity.tokens.refresh(session, body.refresh_token)

    # The end of a family is committed before it is answered.
    pair = await on_thread(work)
    if pair is None:
        raise SignInRefused("session", "the refresh token is not good any more; sign in again")
    return _pair(response, pair)


@router.post("/revoke", status_code=204, responses=answers(), summary="End a family of tokens")
async def revoke(body: RefreshBody, request: Request, wired: Wired) -> None:
    """The same answer for a token that nobody knows."""
    address = address_of(request)

    def work() -> None:
        wired.identity.throttle.token(address)
        with wired.database.transaction() as session:
            wired.identity.tokens.revoke(session, body.refresh_token)

    await on_thread(work)


@router.get("/jwks.json", responses=answers(), summary="Keys that prove access tokens")
async def jwks(response: Response, wired: Wired) -> dict[str, Any]:
    """RFC 7517. A key is published two days longer than it signs."""
    response.headers["Cache-Control"] = "public, max-age=300"
    return {**await on_thread(wired.identity.signing_keys.jwks)}


def _pair(response: Response, pair: Pair) -> TokenPair:
    response.headers.update(NO_STORE)
    return TokenPair(access_token=pair.access_token, refresh_token=pair.refresh_token, expires_in=pair.expires_in)
