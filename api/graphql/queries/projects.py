"""Queries of projects: the workspace, its accounts, what it may be billed, and who did what."""

from uuid import UUID

import strawberry

from api.graphql import subjects
from api.graphql.context import Info
from api.graphql.pages import Connection, connection, key_of, size_of
from api.graphql.queries.reading import list_of, page_of, thing
from api.graphql.types.projects import AccountType, AuditEntryType, ProjectType, SpendPolicyType
from zamc.projects import views


@strawberry.type
class ProjectQueries:
    """Queries of projects."""

    @strawberry.field
    async def projects(self, info: Info, first: int = 100, after: str | None = None) -> Connection[ProjectType]:
        """The caller's projects, by name."""
        caller = info.context.caller
        key, size = key_of(views.BY_NAME, after), size_of(first)
        found = await info.context.in_transaction(
            lambda session: views.project_page(session, caller.projects("project"), after=key, limit=size)
        )
        return connection(found, views.BY_NAME, after, lambda view: ProjectType.of(view, caller.roles[view.id]))

    @strawberry.field
    async def project(self, info: Info, id: UUID) -> ProjectType | None:  # noqa: A002 - what clients call it
        """One project."""
        view = await thing(info, subjects.project(id), lambda session: views.projects(session, [id]).get(id))
        return ProjectType.of(view, info.context.caller.roles[id]) if view else None

    @strawberry.field
    async def accounts(self, info: Info, project_id: UUID, removed: bool = False) -> list[AccountType]:
        """A project's ad accounts, oldest first; removed: those too that are used for nothing new."""
        return await list_of(info, project_id, lambda session: views.accounts(session, project_id, removed=removed), AccountType.of)

    @strawberry.field
    async def spend_policies(self, info: Info, project_id: UUID) -> list[SpendPolicyType]:
        """What a project may be billed at worst, by currency. Without a policy nothing is launched."""
        return await list_of(info, project_id, lambda session: views.policies(session, project_id), SpendPolicyType.of)

    @strawberry.field
    async def audit(
        self,
        info: Info,
        *,
        project_id: UUID,
        action: str | None = None,
        subject_id: UUID | None = None,
        first: int = 25,
        after: str | None = None,
    ) -> Connection[AuditEntryType]:
        """Who did what, newest first; for owners, managers and analysts."""
        return await page_of(
            info,
            project_id,
            lambda session, key, size: views.audit_page(session, project_id, action=action, subject_id=subject_id, after=key, limit=size),
            order=views.AUDIT_NEWEST,
            first=first,
            after=after,
            node=AuditEntryType.of,
        )
