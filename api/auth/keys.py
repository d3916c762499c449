"""API keys of whoever is signed in."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Request, Response
from pydantic import AwareDatetime, BaseModel, Field

from api.auth.callers import known_callers
from api.auth.parts import NO_STORE, Body, Person, Wired
from api.auth.workers import on_thread
from api.errors import answers

router = APIRouter(prefix="/keys")


class KeyBody(Body):
    """scopes: the most that the key may be, per project; without it all that you may."""

    name: Annotated[str, Field(min_length=1, max_length=100)]
    scopes: Annotated[dict[UUID, str] | None, Field(max_length=1000)] = None
    expires_at: AwareDatetime | None = None


class NewKey(BaseModel):
    """Shown once."""

    key: str


class KnownKey(BaseModel):
    """prefix: its first characters, to know it by."""

    id: UUID
    name: str | None
    prefix: str
    scopes: dict[UUID, str] | None
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None


@router.get("", responses=answers(401), summary="One's API keys")
async def listed(caller: Person, response: Response, wired: Wired) -> list[KnownKey]:
    def read() -> list[KnownKey]:
        with wired.database.transaction() as session:
            return [KnownKey.model_validate(row, from_attributes=True) for row in wired.identity.service.keys(session, caller)]

    response.headers.update(NO_STORE)
    return await on_thread(read)


@router.post("", status_code=201, responses=answers(401, 404), summary="Make an API key")
async def make(body: KeyBody, caller: Person, response: Response, wired: Wired) -> NewKey:
    def work() -> str:
        with wired.database.transaction() as session:
            return wired.identity.service.make_key(session, caller, name=body.name, scopes=body.scopes, expires_at=body.expires_at)

    response.headers.update(NO_STORE)
    return NewKey(key=await on_thread(work))


@router.delete("/{key_id}", status_code=204, responses=answers(401, 404), summary="Revoke an API key")
async def revoke(key_id: Annotated[UUID, Path()], caller: Person, request: Request, wired: Wired) -> None:
    def work() -> None:
        with wired.database.transaction() as session:
            wired.identity.service.revoke_key(session, caller, key_id, now=wired.clock.now())

    await on_thread(work)
    known_callers(request).forget(caller.user_id)
