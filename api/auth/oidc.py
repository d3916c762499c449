"""Signing in with an OpenID provider."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import RedirectResponse
from pydantic import BaseModel

from api.auth import cookies
from api.auth.parts import NO_STORE, Wired, address_of, agent_of
from api.auth.workers import on_thread
from api.errors import answers
from zamc.errors import NotFound
from zamc.identity.errors import SignInRefused
from zamc.identity.oidc import Oidc

router = APIRouter(prefix="/oidc")

_MOVED: dict[int | str, dict[str, Any]] = {303: {"description": "Go on there."}}


class Ways(BaseModel):
    """How people may sign in here. oidc: what the provider is called; None: there is none."""

    password: bool = True
    oidc: str | None = None


@router.get("", responses=answers(), summary="Whether there is a provider")
async def ways(wired: Wired) -> Ways:
    return Ways(oidc=wired.settings.oidc_name if wired.identity.oidc else None)


@router.get("/start", status_code=303, response_class=RedirectResponse, responses={**_MOVED, **answers(404)}, summary="Go to the provider")
async def start(request: Request, wired: Wired, return_to: Annotated[str, Query(max_length=500)] = "/") -> RedirectResponse:
    """return_to: a path on this server; anything else is the first page."""
    provider = _provider(wired)

    def work() -> tuple[str, str]:
        wired.identity.throttle.token(address_of(request))
        begun = provider.begin(return_to=return_to)
        return begun.url, begun.browser

    url, browser = await on_thread(work)
    answer = RedirectResponse(url, 303, NO_STORE)
    cookies.set_oidc_browser(answer, wired.settings, browser)
    return answer


@router.get(
    "/callback",
    status_code=303,
    response_class=RedirectResponse,
    responses={**_MOVED, **answers(401, 404)},
    summary="Back from the provider",
)
async def callback(
    request: Request,
    wired: Wired,
    state: Annotated[str, Query(max_length=200)] = "",
    code: Annotated[str, Query(max_length=4096)] = "",
    iss: Annotated[str | None, Query(max_length=500)] = None,
) -> RedirectResponse:
    """Sets the session cookie and goes to where the person began. What the provider says about an error is not repeated."""
    provider = _provider(wired)
    browser, agent, address = cookies.oidc_browser(request, wired.settings), agent_of(request), address_of(request)
    if browser is None:
        raise SignInRefused("credentials", "the sign-in did not begin in this browser, or too long ago; begin again")

    def work() -> tuple[str, str]:
        wired.identity.throttle.token(address)
        user_id, return_to = provider.finish(code=code, state=state, browser=browser, issuer=iss)
        begun = wired.identity.sign_in.begin(user_id, agent=agent)
        return begun.token, return_to

    token, return_to = await on_thread(work)
    answer = RedirectResponse(return_to, 303, NO_STORE)
    cookies.set_oidc_browser(answer, wired.settings, "")
    cookies.set_session(answer, wired.settings, token)
    return answer


def _provider(wired: Wired) -> Oidc:
    found = wired.identity.oidc
    if found is None:
        raise NotFound("no OpenID provider is set up")
    return found
