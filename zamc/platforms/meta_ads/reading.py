"""Reading objects back in bulk: lists by ids, several lists in one request, and one by one only what no list shows."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

from zamc.deployments import meta_money
from zamc.deployments.ports import Found, Item, Observed
from zamc.errors import GiveUp, InDoubt, OutsideError
from zamc.platforms.meta_ads import batch, videos
from zamc.platforms.meta_ads.batch import Call
from zamc.platforms.meta_ads.client import MetaClient

PAGE = 500
# Ids in one filter: some 3 kB of address.
_IDS = 100
STATUS = {"ACTIVE": "enabled", "PAUSED": "paused", "DELETED": "removed", "ARCHIVED": "removed"}
EDGES = {"campaign": "campaigns", "ad_set": "adsets", "ad": "ads", "creative": "adcreatives"}
FIELDS = {
    "campaign": "id,name,status,effective_status,daily_budget,issues_info",
    "ad_set": "id,name,status,effective_status,daily_budget,issues_info,learning_stage_info",
    "ad": "id,name,status,effective_status,issues_info,ad_review_feedback,creative{id,video_id}",
    "creative": "id,name",
    "video": "id,title,status,created_time",
}
_DETAILS = ("issues_info", "ad_review_feedback", "learning_stage_info")
# developers.facebook.com/docs/marketing-api/reference/ad-account: account_status.
ACCOUNT_STATUS = {
    1: "ACTIVE", 2: "DISABLED", 3: "UNSETTLED", 7: "PENDING_RISK_REVIEW", 8: "PENDING_SETTLEMENT", 9: "IN_GRACE_PERIOD",
    100: "PENDING_CLOSURE", 101: "CLOSED", 201: "ANY_ACTIVE", 202: "ANY_CLOSED",
}  # fmt: skip


class Reader:
    """One ad account."""

    def __init__(self, client: MetaClient, account: str, currency: str) -> None:
        self._client, self._account, self._currency = client, account, currency

    def read(self, items: Sequence[Item]) -> dict[UUID, Observed]:
        """The state of bound objects. A few requests whatever their number: 100 objects a call, 50 calls a request."""
        rows, standing = self._lists(items)
        creatives = [row["creative"] for row in rows.values() if isinstance(row.get("creative"), Mapping)]
        # What an ad shows is there; nothing needs to be asked about it.
        shown = {str(each.get(name)) for each in creatives for name in ("id", "video_id")}
        rows |= self._singles([item for item in items if item.kind != "image" and not self._known(item, rows, shown)])
        return {item.obj_key: self._observed(item, rows, shown, standing) for item in items}

    @staticmethod
    def _known(item: Item, rows: Mapping[str, Any], shown: set[str]) -> bool:
        return item.external_id is None or item.external_id in rows or (item.kind in ("creative", "video") and item.external_id in shown)

    def _lists(self, items: Sequence[Item]) -> tuple[dict[str, Mapping[str, Any]], dict[str, str]]:
        """Rows by id (pictures by hash), and how the account stands when a campaign is among the items."""
        calls = [
            self._by_ids(kind, ids)
            for kind in ("campaign", "ad_set", "ad")
            for ids in _chunks([item.external_id for item in items if item.kind == kind])
        ]
        hashes = sorted({item.external_id for item in items if item.kind == "image" and item.external_id})
        calls += [
            Call("GET", (self._account, "adimages"), {"fields": "hash", "hashes": some, "limit": len(some)}) for some in _chunks(hashes)
        ]
        ask_account = any(item.kind == "campaign" for item in items)
        if ask_account:
            calls.append(Call("GET", (self._account,), {"fields": "account_status,disable_reason"}))
        answers = batch.read(self._client, calls, account=self._account)
        standing = _standing(answers.pop()) if ask_account else {}
        rows: dict[str, Mapping[str, Any]] = {}
        for call, answer in zip(calls, answers, strict=False):
            for row in self.pages(call, answer):
                rows[str(row.get("hash") or row["id"])] = row
        return rows, standing

    def _by_ids(self, kind: str, ids: Sequence[str]) -> Call:
        chosen = [{"field": "id", "operator": "IN", "value": ids}]
        return Call("GET", (self._account, EDGES[kind]), {"fields": FIELDS[kind], "filtering": chosen, "limit": len(ids)})

    def _singles(self, items: Sequence[Item]) -> dict[str, Mapping[str, Any]]:
        """What a list leaves out (it was deleted, or is too new) can still be read by its id; what is nowhere is left out."""
        answers = batch.send(
            self._client,
            [Call("GET", (item.external_id or "",), {"fields": FIELDS[item.kind]}) for item in items],
            account=self._account,
            again=True,
        )
        rows = {}
        for item, answer in zip(items, answers, strict=True):
            if self.is_missing(answer):
                continue
            if isinstance(answer, OutsideError):
                raise answer
            rows[item.external_id or ""] = answer
        return rows

    @staticmethod
    def is_missing(answer: Any) -> bool:
        """Whether an answer says that there is no such object."""
        return isinstance(answer, GiveUp) and answer.code.startswith("100")

    def _observed(self, item: Item, rows: Mapping[str, Mapping[str, Any]], shown: set[str], standing: Mapping[str, str]) -> Observed:
        row = rows.get(item.external_id or "")
        if item.kind == "video":
            there = row is not None or item.external_id in shown
            # An id that is shown in an ad was ready when the ad was made.
            return Observed("enabled" if there else "missing", delivery=videos.state(row) if row else "ready" if there else "")
        if item.kind in ("creative", "image"):
            return Observed("enabled" if row is not None or item.external_id in shown else "missing")
        if row is None:
            return Observed("missing")
        details = details_of(row)
        return Observed(
            status=status_of(row),
            name=str(row.get("name", "")),
            delivery=str(row.get("effective_status", "")),
            budget_micros=meta_money.shown_micros(row.get("daily_budget"), self._currency),
            details={**details, **standing} if item.kind == "campaign" else details,
        )

    def with_marker(self, kind: str, text: str) -> Iterator[Found]:
        """Everything of a kind whose name holds a text, not removed."""
        call = self._by_name(kind, text)
        yield from self._found(kind, text, self.pages(call, self.ask(call)))

    def find(self, items: Sequence[Item]) -> dict[UUID, list[Found]]:
        """The same for many items in one request, by kind and marker, oldest first; videos by their whole title."""
        calls = [
            Call("GET", (self._account, "advideos"), {"fields": FIELDS["video"], "title": title(item), "limit": PAGE})
            if item.kind == "video"
            else self._by_name(item.kind, item.marker)
            for item in items
        ]
        answers = batch.read(self._client, calls, account=self._account)
        return {
            item.obj_key: sorted(self._found(item.kind, item.marker, self.pages(call, answer)), key=lambda each: each.order)
            for item, call, answer in zip(items, calls, answers, strict=True)
        }

    def _by_name(self, kind: str, text: str) -> Call:
        chosen = [{"field": "name", "operator": "CONTAIN", "value": text}]
        return Call(
            "GET",
            (self._account, EDGES[kind]),
            {"fields": "id,name" + (",status" * (kind != "creative")), "filtering": chosen, "limit": PAGE},
        )

    @staticmethod
    def _found(kind: str, text: str, rows: Iterator[Mapping[str, Any]]) -> Iterator[Found]:
        for row in rows:
            name = str(row.get("title" if kind == "video" else "name", ""))
            # A filter that a version ignores must not make strangers ours; half an upload is no video.
            if text in name and not (kind == "video" and videos.state(row) == "uploading"):
                status = "" if kind in ("video", "creative") else status_of(row)
                yield Found(str(row["id"]), kind, name, status, int(row["id"]))

    def ask(self, call: Call) -> Any:
        return self._client.call(call.method, call.path, call.params, account=self._account)

    def pages(self, call: Call, answer: Any) -> Iterator[Mapping[str, Any]]:
        """The rows of a list's answer, and of the pages behind it."""
        for rows in self.whole_pages(call, answer):
            yield from rows

    def whole_pages(self, call: Call, answer: Any) -> Iterator[Sequence[Mapping[str, Any]]]:
        while True:
            yield answer.get("data") or []
            paging = answer.get("paging") or {}
            after = (paging.get("cursors") or {}).get("after") if paging.get("next") else None
            if after is None:
                return
            answer = self.ask(Call(call.method, call.path, {**call.params, "after": after}))


def title(item: Item) -> str:
    return f"{item.spec['name']} [{item.marker}]"


def campaign_of(item: Item) -> str:
    """Of an ad set: Meta takes no two changes of ad sets of one campaign in a request."""
    return item.refs.get("campaign", "") if item.kind == "ad_set" else ""


def not_done(answer: Any) -> OutsideError | None:
    """Why an answer to a change does not say that it was done."""
    if isinstance(answer, OutsideError):
        return answer
    if not isinstance(answer, Mapping) or not answer.get("success"):
        return InDoubt("Meta's answer does not say that it was done", code="no-success")
    return None


def details_of(row: Mapping[str, Any]) -> dict[str, Any]:
    """What a row says beyond its status, for watching; a key is there when Meta says something.

    reasons: summaries of its issues. topics: what its review found, [{"topic": "Gambling", "type": "global", or a platform's name}].
    learning: LEARNING, SUCCESS or FAIL (an ad set's). issues_info, ad_review_feedback, learning_stage_info: Meta's own words in full.
    """
    details: dict[str, Any] = {name: row[name] for name in _DETAILS if row.get(name)}
    if isinstance(issues := row.get("issues_info"), list):
        details["reasons"] = [str(each.get("error_summary") or each.get("error_code")) for each in issues if isinstance(each, Mapping)]
    if isinstance(feedback := row.get("ad_review_feedback"), Mapping):
        details["topics"] = list(_topics(feedback))
    if isinstance(stage := row.get("learning_stage_info"), Mapping) and stage.get("status"):
        details["learning"] = str(stage["status"])
    return details


def _topics(feedback: Mapping[str, Any]) -> Iterator[dict[str, str]]:
    """What a review found everywhere ({"global": {TOPIC: words}}) and on single platforms ({"placement_specific": {"facebook": ...}})."""
    for where, found in feedback.items():
        topics = found if isinstance(found, Mapping) else {str(found): ""}
        for topic, words in topics.items():
            if isinstance(words, Mapping):
                yield from ({"topic": str(each), "type": str(topic)} for each in words)
            else:
                yield {"topic": str(topic), "type": str(where)}


def status_of(row: Mapping[str, Any]) -> str:
    """The object's own status in our words, in Meta's own word where it is none that we know."""
    word = str(row.get("status") or "")
    return STATUS.get(word, word.lower() or "missing")


def _standing(row: Any) -> dict[str, str]:
    if not isinstance(row, Mapping) or row.get("account_status") is None:
        return {}
    number = row["account_status"]
    standing = {"account_status": ACCOUNT_STATUS.get(number, str(number))}
    reason = row.get("disable_reason")
    return {**standing, "account_disable_reason": str(reason)} if reason else standing


def _chunks(ids: Sequence[str | None]) -> Iterator[list[str]]:
    bound = [each for each in ids if each]
    for start in range(0, len(bound), _IDS):
        yield bound[start : start + _IDS]
