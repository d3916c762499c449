"""Sets of creatives: every text with the line of the brief behind it, every check, and where the files are."""

from datetime import datetime
from enum import Enum
from typing import Self
from uuid import UUID

import strawberry
from strawberry.scalars import JSON

from api.graphql.context import Info
from zamc.creatives.set_pages import SetLine
from zamc.creatives.views import MemberView, SaidView, set_view
from zamc.errors import ConfigurationError


@strawberry.enum
class CreativeSetStatus(Enum):
    """How far a set is."""

    REQUESTED = "requested"
    READY = "ready"
    APPROVED = "approved"
    REJECTED = "rejected"
    FAILED = "failed"


@strawberry.type
class CreativeText:
    """One text of a creative, where in the brief it comes from, and the words that stand there. angle: of copy, what it says first."""

    field: str
    text: str
    source: str
    grounds: list[str]
    change: str
    angle: str

    @classmethod
    def of(cls, view: SaidView) -> Self:
        return cls(field=view.field, text=view.text, source=view.source, grounds=list(view.grounds), change=view.change, angle=view.angle)


@strawberry.type
class CreativeFile:
    """A picture or video by its content: SHA-256 and media type."""

    sha256: str
    media_type: str
    name: strawberry.Private[str]

    @strawberry.field
    async def url(self, info: Info) -> str | None:
        """A path on this server that is good for an hour, for an image or a player; null where ZAMC_IDENTITY_KEY is not set."""
        try:
            return info.context.services.file_links.path(self.sha256, self.media_type, name=self.name)
        except ConfigurationError:
            return None


@strawberry.type
class Creative:
    """A member of a set: copy, an image or a video. ref names it within its set."""

    ref: str
    kind: str
    status: str
    texts: list[CreativeText]
    checks: list[JSON]
    size: str
    file: CreativeFile | None
    error: str | None

    @classmethod
    def of(cls, view: MemberView) -> Self:
        return cls(
            ref=view.local_ref,
            kind=view.kind,
            status=view.status,
            texts=[CreativeText.of(text) for text in view.texts],
            checks=[JSON(check) for check in view.checks],
            size=view.size,
            file=CreativeFile(sha256=view.file[0], media_type=view.file[1], name=view.local_ref) if view.file else None,
            error=view.error,
        )


@strawberry.type
class MemberCount:
    """How many members of a set are in a state."""

    status: str
    count: int


@strawberry.type(name="CreativeSet")
class CreativeSetType:
    """The creatives of one plan. setHash is what an approval must name; it is null until the set is ready."""

    id: UUID
    project_id: UUID
    strategy_id: UUID
    strategy: str
    version: int
    status: str
    set_hash: str | None
    approved_by: str | None
    error: str | None
    created_at: datetime
    counts: list[MemberCount]

    @classmethod
    def of(cls, line: SetLine) -> Self:
        shared = {name: value for name, value in vars(line).items() if name in cls.__annotations__}
        return cls(**shared, counts=[MemberCount(status=status, count=count) for status, count in sorted(line.members.items())])

    @strawberry.field
    async def creatives(self, info: Info) -> list[Creative]:
        """Every member with its texts and checks."""
        found = await info.context.in_transaction(lambda session: set_view(session, self.id))
        return [Creative.of(member) for member in found.members]
