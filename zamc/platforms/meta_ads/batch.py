"""Graph batch: up to 50 calls in one request, each with an answer, or a doubt, of its own.

developers.facebook.com/docs/graph-api/batch-requests: an answer may be null (the time was up before its turn or before its end), and
each call counts as one against the limits. Calls of one batch may be carried out in any order, so none may depend on another.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from zamc.deployments.ports import Guard
from zamc.errors import InDoubt, Later, OutsideError
from zamc.platforms.meta_ads.client import MetaClient

LARGEST = 50
# Of files in one request: more would not be through within a call's time limit on a slow line.
_BYTES = 8_000_000
_ROUNDS = 4
_SILENT = "no-answer"

Answer = Any
"""The parsed JSON of one call's answer, or the OutsideError that it means."""


@dataclass(frozen=True)
class Call:
    """One call of a batch. path: without version, e.g. ("act_1", "ads"). files: what is attached, by a name unique in the batch.

    apart: calls with the same word here never travel in one request (Meta takes no two changes of ad sets of one campaign).
    """

    method: str
    path: tuple[str, ...]
    params: Mapping[str, Any] = field(default_factory=dict)
    files: Mapping[str, tuple[str, bytes, str]] = field(default_factory=dict)
    apart: str = ""

    @property
    def size(self) -> int:
        return sum(len(content) for _, content, _ in self.files.values())

    @property
    def writes(self) -> bool:
        return self.method != "GET"


def send(client: MetaClient, calls: Sequence[Call], *, account: str, guard: Guard | None = None, again: bool = False) -> list[Answer]:
    """The answers, in the order of the calls. Nothing is raised: whatever happened to a request is the answer of each of its calls.

    again: calls that were not answered at all are sent again, at most three times: only for what is safe to repeat (reads, pauses).
    guard is asked before each request.
    """
    answers: list[Answer] = [None] * len(calls)
    # A request with more writes than the account takes in a second would always be refused in part.
    largest = min(LARGEST, client.writes_per_second) if any(each.writes for each in calls) else LARGEST
    open_calls = list(range(len(calls)))
    for _ in range(_ROUNDS if again else 1):
        for chosen in _requests(calls, open_calls, largest):
            for index, answer in zip(chosen, _one_request(client, [calls[i] for i in chosen], account, guard), strict=True):
                answers[index] = answer
        open_calls = [index for index in open_calls if isinstance(answers[index], OutsideError) and answers[index].code == _SILENT]
        if not open_calls:
            break
    return answers


def read(client: MetaClient, calls: Sequence[Call], *, account: str) -> list[Any]:
    """Like send, for reads of which each must succeed. Raises the first error."""
    answers = send(client, calls, account=account, again=True)
    for answer in answers:
        if isinstance(answer, OutsideError):
            raise answer
    return answers


def _requests(calls: Sequence[Call], indexes: Sequence[int], largest: int) -> list[list[int]]:
    """Which calls travel together, in their order as far as the limits allow."""
    requests: list[list[int]] = []
    sizes: list[int] = []
    words: list[set[str]] = []
    first_open = 0
    for index in indexes:
        call = calls[index]
        for number in range(first_open, len(requests)):
            fits = len(requests[number]) < largest and sizes[number] + call.size <= _BYTES
            if fits and not (call.apart and call.apart in words[number]):
                break
        else:
            number = len(requests)
            requests.append([])
            sizes.append(0)
            words.append(set())
        requests[number].append(index)
        sizes[number] += call.size
        words[number].add(call.apart)
        while first_open < len(requests) and len(requests[first_open]) == largest:
            first_open += 1
    return requests


def _one_request(client: MetaClient, calls: Sequence[Call], account: str, guard: Guard | None) -> Iterator[Answer]:
    scratch = client.api.new_batch()
    encoded = [scratch.add(each.method, each.path, params=dict(each.params), files=each.files) for each in calls]
    kind = "mutate" if any(each.writes for each in calls) else "read"
    files = {name: content for each in calls for name, content in each.files.items()}
    try:
        if guard is not None:
            guard()
        body = client.call("POST", (), {"batch": encoded}, account=account, files=files, kind=kind, calls=len(calls))
    except OutsideError as error:
        # The request as a whole is a POST; what only reads cannot be in doubt.
        yield from (error if each.writes or not isinstance(error, InDoubt) else _later(error) for each in calls)
        return
    items = body if isinstance(body, list) else []
    for index, each in enumerate(calls):
        yield _answer(client, each, items[index] if index < len(items) else None, account)


def _answer(client: MetaClient, call: Call, item: Any, account: str) -> Answer:
    if not isinstance(item, Mapping) or item.get("body") is None:
        kind = InDoubt if call.writes else Later
        return kind("Meta did not answer this call of a batch", code=_SILENT, outage=True)
    try:
        body = json.loads(item["body"])
    except (TypeError, ValueError):
        body = item["body"]
    headers = {
        str(header.get("name", "")).lower(): str(header.get("value", ""))
        for header in item.get("headers") or ()
        if isinstance(header, Mapping)
    }
    code = item.get("code")
    status = code if isinstance(code, int) else 500
    error = client.judge(status, body, headers, write=call.writes, account=account)
    return body if error is None else error


def _later(error: OutsideError) -> Later:
    return Later(str(error), code=error.code, request_id=error.request_id, outage=error.outage)
