"""What one mutate request shares among its operations: the transaction, the account, temporary resource names."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from sandbox.google import names
from sandbox.google.account import PLATFORM, Account
from sandbox.google.api import Api
from sandbox.google.errors import AdsError, Path
from sandbox.google.names import Name
from sandbox.store import Obj, Transaction


@dataclass(frozen=True)
class Final:
    """A check at the end of a request; `path` is where its errors point."""

    path: Path
    check: Callable[["Context"], Iterable[AdsError]]


@dataclass
class Context:
    """One mutate request.

    `temporary` maps a negative resource name to the object made for it, None if that failed; `ignorable_topics` are the
    policy topics that the operation under way asks to be exempted from; `step` is where that operation
    stands; `spoil` makes operations fail by position.
    """

    api: Api
    tx: Transaction
    account: Account
    temporary: dict[str, Obj | None] = field(default_factory=dict)
    temporary_ids: set[str] = field(default_factory=set)
    touched: set[str] = field(default_factory=set)
    ignorable_topics: frozenset[str] = frozenset()
    step: Path = ()
    spoil: Mapping[int, AdsError] = field(default_factory=dict)
    finals: dict[str, Final] = field(default_factory=dict)

    def at_the_end(self, key: str, check: Callable[["Context"], Iterable[AdsError]]) -> None:
        """Check what only the whole request can satisfy, once per `key`; errors point at the operation that asked first."""
        self.finals.setdefault(key, Final(self.step, check))

    def resolve(self, text: str, kind: str, path: Path) -> Obj:
        """The object that a resource name stands for, removed ones included.

        Raises AdsError RESOURCE_NAME_MISSING, RESOURCE_NAME_MALFORMED, RESOURCE_NOT_FOUND, TEMP_ID_RESOURCE_HAD_ERRORS.
        """
        name = names.parse(text, kind, path)
        if text in self.temporary:
            made = self.temporary[text]
            if made is None:
                message = "The temporary id was used by an operation that failed."
                raise AdsError("new_resource_creation_error", "TEMP_ID_RESOURCE_HAD_ERRORS", message, path, trigger=text)
            return made
        found = None
        if name.customer == self.account.id and not name.temporary:
            found = self._stored(name)
        if found is None:
            raise AdsError("mutate_error", "RESOURCE_NOT_FOUND", f"Resource was not found: {text}.", path, trigger=text)
        return found

    def _stored(self, name: Name) -> Obj | None:
        if name.kind == "ad":
            # An ad is kept with its place in an ad group.
            return self.tx.get(PLATFORM, self.account.id, "ad_group_ad", name.ids[-1])
        if name.kind in names.LINKS:
            return self.tx.get(PLATFORM, self.account.id, name.kind, "~".join(name.ids))
        if name.kind != "campaign_criterion":
            found = self.tx.get(PLATFORM, self.account.id, name.kind, name.ids[-1])
            return found if found is None or len(name.ids) == 1 or found.parent == name.ids[0] else None
        # A location has the same criterion id in every campaign, and is not removed for good.
        criteria = self.tx.find(PLATFORM, self.account.id, name.kind, parent=name.ids[0], removed=None)
        matching = [one for one in criteria if one.body["criterion_id"] == int(name.ids[1])]
        return min(matching, key=is_gone, default=None)

    def live(self, text: str, kind: str, path: Path) -> Obj:
        """As `resolve`, but a removed parent is refused with OPERATION_NOT_PERMITTED_FOR_REMOVED_RESOURCE."""
        obj = self.resolve(text, kind, path)
        if is_gone(obj):
            message = "The operation is not permitted because a parent resource is removed."
            raise AdsError("context_error", "OPERATION_NOT_PERMITTED_FOR_REMOVED_RESOURCE", message, path, trigger=text)
        return obj

    def real_name(self, obj: Obj) -> str:
        """The permanent resource name of an object."""
        return resource_name(obj)


def is_gone(obj: Obj) -> bool:
    """Removed through the API, or set to REMOVED by an edit outside it."""
    return obj.removed or obj.status == "REMOVED"


def resource_name(obj: Obj) -> str:
    """`customers/1/adGroupAds/2~3` for a stored object."""
    ids = obj.id
    if obj.kind in names.CHILDREN and obj.kind != "campaign_criterion":
        ids = f"{obj.parent}~{obj.id}"
    elif obj.kind == "campaign_criterion":
        ids = f"{obj.parent}~{obj.body['criterion_id']}"
    return f"customers/{obj.account}/{names.COLLECTIONS[obj.kind]}/{ids}"
