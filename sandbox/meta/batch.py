"""Batch requests: up to 50 calls in one, each counted and answered on its own."""

import json
import re
from collections.abc import Callable, Mapping
from typing import Any, Final, Protocol
from urllib.parse import parse_qsl, urlsplit

from sandbox.meta.errors import GraphError, param
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


def run(params: Mapping[str, str], files: Mapping[str, Upload], one: Run) -> list[dict[str, Any] | None]:
    """Answers in the order of the calls; None for one whose answer never came."""
    answers: list[dict[str, Any] | None] = []
    by_name: dict[str, Any] = {}
    for call in parse(params):
        answer = _run_one(call, params, files, by_name, one=one)
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
