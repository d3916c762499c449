"""What a request asks for, read with suspicion: a JSON object, never a list of them, with texts that the database can keep."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from fastapi import Request

from api.graphql.documents import check_text

MOST_VALUES = 2_000
DEEPEST_VALUE = 12
_LONGEST_NAME = 200


@dataclass(frozen=True)
class Asked:
    """A document by text or by id, which of its operations, and its variables."""

    text: str | None
    document_id: str | None
    operation_name: str | None
    variables: Mapping[str, Any]


class BadRequest(Exception):
    """It cannot be read. status: 400, 405 or 415; allow: methods that would do."""

    def __init__(self, status: int, message: str, *, allow: str = "") -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.allow = allow


async def read(request: Request) -> Asked:
    """Of a POST with JSON, or a GET that names a registered document. Raises BadRequest."""
    if request.method == "GET":
        return _read(_of_query(request), by_id_only=True)
    if request.method != "POST":
        raise BadRequest(405, "documents are sent with POST, or GET for registered ones", allow="GET, POST")
    # A form of another site can send other types without asking the browser first; JSON it cannot.
    kind, _, _ = request.headers.get("content-type", "").partition(";")
    if kind.strip().lower() != "application/json":
        raise BadRequest(415, "send Content-Type: application/json")
    return _read(_json(await request.body()), by_id_only=False)


def of_object(found: Any) -> Asked:
    """Of JSON that was read already. Raises BadRequest."""
    return _read(found, by_id_only=False)


def _of_query(request: Request) -> dict[str, Any]:
    named = dict(request.query_params)
    if "query" in named:
        raise BadRequest(405, "a document's text is sent with POST; GET is for registered documents, by documentId", allow="POST")
    if "variables" in named:
        named["variables"] = _json(named["variables"].encode(errors="surrogatepass"))
    return named


def _json(body: bytes) -> Any:
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        raise BadRequest(400, "the request is not JSON in UTF-8") from None


def _read(found: Any, *, by_id_only: bool) -> Asked:
    if isinstance(found, list):
        raise BadRequest(400, "one operation per request: lists of operations are not executed")
    if not isinstance(found, dict):
        raise BadRequest(400, "send a JSON object with `query` or `documentId`")
    variables = found.get("variables")
    if variables is not None and not isinstance(variables, dict):
        raise BadRequest(400, "`variables` is an object")
    texts = {name: found.get(name) for name in ("query", "documentId", "operationName")}
    if any(value is not None and not isinstance(value, str) for value in texts.values()):
        raise BadRequest(400, "`query`, `documentId` and `operationName` are texts")
    if len(texts["operationName"] or "") > _LONGEST_NAME:
        raise BadRequest(400, "`operationName` is too long")
    if by_id_only and texts["documentId"] is None:
        raise BadRequest(405, "GET is for registered documents, by documentId; send anything else with POST", allow="POST")
    _check_values(variables or {})
    return Asked(texts["query"], texts["documentId"], texts["operationName"], variables or {})


def _check_values(variables: Mapping[str, Any]) -> None:
    waiting: list[tuple[Any, int]] = [(variables, 0)]
    seen = 0
    while waiting:
        value, depth = waiting.pop()
        seen += 1
        if seen > MOST_VALUES or depth > DEEPEST_VALUE:
            raise BadRequest(400, f"`variables` may hold {MOST_VALUES} values, {DEEPEST_VALUE} levels deep")
        if isinstance(value, str):
            try:
                check_text(value)
            except ValueError as error:
                raise BadRequest(400, f"`variables`: {error}") from None
        elif isinstance(value, dict):
            waiting += [(each, depth + 1) for each in (*value.keys(), *value.values())]
        elif isinstance(value, list):
            waiting += [(each, depth + 1) for each in value]
