"""/auth: everything that proves who somebody is."""

from fastapi import APIRouter

from api.auth import browsers, keys, links, oidc, tokens, totp


def router() -> APIRouter:
    routes = APIRouter(prefix="/auth", tags=["sign-in"])
    for part in (browsers, links, totp, tokens, keys, oidc):
        routes.include_router(part.router)
    return routes
