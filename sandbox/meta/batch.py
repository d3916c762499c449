"""Batch requests: up to 50 calls in one, each counted and answered on its own."""

import json
import re
from collections.abc import Callable, Mapping
from typing import Any, Final, Protocol
from urllib.parse import parse_qsl, urlsplit

from sandbox.meta.errors import GraphError, param
from sandbox.meta.routes import Call
from sandbox.store import Store
from sandbox.web import Upload

LARGEST: Final = 50
REFERENCE: Final = re.compile(r"\{result=([A-Za-z0-9_-]+):\$\.([A-Za-z0-9_.]+)\}")


class Answer(Protocol):
    """Status, body and headers of one call."""

    @property
    def status(self) -> int: ...
    @property
    def body(self) -> Any: ...
    @property
    def headers(self) -> Mapping[str, str]: ...


Run = Callable[[str, str, Mapping[str, str], Mapping[str, Upload]], Answer | None]


def parse(params: Mapping[str, str]) -> list[dict[str, Any]]:
    """The calls of a batch. Raises GraphError 100."""
    try:
        calls = json.loads(params.get("batch", ""))
    except ValueError:
        raise param("Param batch must be an array", "batch") from None
    if not isinstance(calls, list) or not all(isinstance(c, dict) and "relative_url" in c for c in calls):
        raise param("Param batch must be an array of calls with a method and a relative_url", "batch")
    if len(calls) > LARGEST:
        raise GraphError(100, f"Too many requests in batch message. Maximum batch size is {LARGEST}", kind="GraphBatchException")
    return calls


class Campaigns:
    """Campaigns whose ad sets a batch has touched: a second ad set of one of them is refused."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._touched: dict[str, str] = {}

    def check(self, call: Call) -> None:
        """Raises GraphError 100."""
        campaign, adset = self._about(call)
        if campaign is None:
            return
        # A new ad set (no id yet) differs from every other; one and the same may be edited twice.
        if campaign in self._touched and (not adset or self._touched[campaign] != adset):
            raise param("Several ad sets of one campaign can't be created or edited in one batch request", "batch")
        self._touched[campaign] = adset

    def _about(self, call: Call) -> tuple[str | None, str]:
        if call.method != "POST" or not call.path:
            return None, ""
        if call.edge:
            return (call.params.get("campaign_id") if call.edge == "adsets" else None), ""
        with self._store.reading() as tx:
            obj = tx.locate("meta", call.path[0])
        return (obj.parent, obj.id) if obj is not None and obj.kind == "adset" else (None, "")


def run(params: Mapping[str, str], files: Mapping[str, Upload], one: Run, *, half: bool = False) -> list[dict[str, Any] | None]:
    """Answers in the order of the calls; None for one whose answer never came. With `half` that is half of them."""
    answers: list[dict[str, Any] | None] = []
    by_name: dict[str, Any] = {}
    calls = parse(params)
    for number, call in enumerate(calls):
        late = half and number >= (len(calls) + 1) // 2
        if late and number % 2:
            answers.append(None)
            continue
        answer = _run_one(call, params, files, by_name, one=one)
        if late:
            answer = None
        if call.get("name") and answer is not None:
            by_name[str(call["name"])] = answer.body
        answers.append(_shown(answer) if answer is not None else None)
    return answers


def _run_one(
    call: Mapping[str, Any], params: Mapping[str, str], files: Mapping[str, Upload], by_name: Mapping[str, Any], *, one: Run
) -> Answer | None:
    def fill(text: str) -> str:
        return REFERENCE.sub(lambda found: str(_dig(by_name.get(found.group(1)), found.group(2))), text)

    parts = urlsplit(fill(str(call["relative_url"])))
    given = dict(parse_qsl(parts.query, keep_blank_values=True))
    given.update(parse_qsl(fill(str(call.get("body", ""))), keep_blank_values=True))
    given.setdefault("access_token", params.get("access_token", ""))
    attached = {name: files[name] for name in str(call.get("attached_files", "")).split(",") if name in files}
    return one(str(call.get("method", "GET")).upper(), parts.path, given, attached)


def _dig(body: Any, path: str) -> Any:
    for key in path.split("."):
        body = body.get(key) if isinstance(body, dict) else None
    return body


def _shown(answer: Answer) -> dict[str, Any]:
    headers = [{"name": name, "value": value} for name, value in answer.headers.items()]
    headers.append({"name": "Content-Type", "value": "text/javascript; charset=UTF-8"})
    text = answer.body.decode() if isinstance(answer.body, bytes) else json.dumps(answer.body, ensure_ascii=False)
    return {"code": answer.status, "headers": headers, "body": text}
