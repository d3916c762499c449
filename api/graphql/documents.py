"""Documents are parsed and checked once. The dashboard's are known by id beforehand; production may refuse all others."""

import hashlib
import json
import threading
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLSchema,
    GraphQLSyntaxError,
    NoSchemaIntrospectionCustomRule,
    OperationDefinitionNode,
    OperationType,
    StringValueNode,
    Visitor,
    parse,
    specified_rules,
    validate,
    visit,
)

from api.graphql.cost import cost_of
from api.graphql.plain import Makers
from api.graphql.work import shows_work_alone

MANIFEST = Path(__file__).with_name("trusted_documents.json")
MOST_TOKENS = 2_000
LARGEST_ID = 100
# Mutations that wait for nobody, are never shed, and have room of their own in every limit.
URGENT = frozenset({"pauseDeployment", "pauseProject", "pauseEverything", "endDeployment"})
_MOST_ERRORS = 5
_MOST_COSTS = 100
_REMEMBERED = 1_000


@dataclass(frozen=True)
class Operation:
    """One operation of a document, ready to be executed. id: SHA-256 of its text.

    is_work_alone: changes of a project's settings leave its answer as it is (api.graphql.work).
    costs: what it was found to cost, by variables.
    makers: what api.graphql.plain has put together for it; None where a directive may leave fields out, depending on variables.
    """

    id: str
    document: DocumentNode
    node: OperationDefinitionNode
    fragments: Mapping[str, FragmentDefinitionNode]
    schema: GraphQLSchema
    is_work_alone: bool = False
    makers: Makers | None = field(default=None, compare=False)
    costs: dict[Any, int] = field(default_factory=dict, compare=False)

    @property
    def name(self) -> str:
        return self.node.name.value if self.node.name else ""

    @property
    def is_mutation(self) -> bool:
        return self.node.operation is OperationType.MUTATION

    @property
    def is_subscription(self) -> bool:
        return self.node.operation is OperationType.SUBSCRIPTION

    @property
    def is_urgent(self) -> bool:
        """Everything that it does stops spending."""
        selected = self.node.selection_set.selections
        return self.is_mutation and all(isinstance(node, FieldNode) and node.name.value in URGENT for node in selected)

    @property
    def is_single(self) -> bool:
        """It asks for one thing, and that stands there itself."""
        selected = self.node.selection_set.selections
        return len(selected) == 1 and isinstance(selected[0], FieldNode)

    def cost(self, variables: Mapping[str, Any]) -> int:
        """Raises GraphQLError when it is too deep, too wide or too dear."""
        # Of the variables only sizes of pages count, which are whole numbers; anything else is taken for the largest.
        key = tuple(sorted((name, value if value is None or isinstance(value, int) else "") for name, value in variables.items()))
        if key not in self.costs:
            found = cost_of(self.schema, self.node, self.fragments, variables)
            if len(self.costs) >= _MOST_COSTS:
                self.costs.clear()
            self.costs[key] = found
        return self.costs[key]


class Refused(Exception):
    """The request names no document that may be executed. errors: for the caller."""

    def __init__(self, *errors: GraphQLError) -> None:
        super().__init__("; ".join(error.message for error in errors))
        self.errors = errors


class Documents:
    """Threads may share it. trusted: text by id; only_trusted: nothing else is executed. silent: it tells nobody what could be asked."""

    def __init__(self, schema: GraphQLSchema, *, trusted: Mapping[str, str], only_trusted: bool, silent: bool) -> None:
        self._schema = schema
        self._trusted = dict(trusted)
        self._only_trusted = only_trusted
        self._silent = silent
        self._known: OrderedDict[str, DocumentNode] = OrderedDict()
        self._operations: OrderedDict[tuple[str, str | None], Operation] = OrderedDict()
        self._lock = threading.Lock()
        for text in self._trusted.values():
            self._checked(text)

    def find(self, *, text: str | None, document_id: str | None, operation_name: str | None) -> Operation:
        """By id or by text. Raises Refused."""
        if document_id is not None:
            found = self._trusted.get(document_id) if len(document_id) <= LARGEST_ID else None
            if found is None:
                raise Refused(GraphQLError("no document is registered under this id", extensions={"code": "UNKNOWN_DOCUMENT"}))
            text = found
        elif text is None:
            raise Refused(GraphQLError("send `query`, or `documentId` of a registered document", extensions={"code": "BAD_REQUEST"}))
        elif self._only_trusted and id_of(text) not in self._trusted:
            raise Refused(GraphQLError("only registered documents are executed here", extensions={"code": "UNKNOWN_DOCUMENT"}))
        return self._operation(text, operation_name)

    def knows(self, text: str | None, document_id: str | None) -> bool:
        """Whether finding it costs nothing."""
        if document_id is not None or text is None:
            return True
        with self._lock:
            return id_of(text) in self._known

    def _operation(self, text: str, operation_name: str | None) -> Operation:
        key = (id_of(text), operation_name)
        with self._lock:
            known = self._operations.get(key)
            if known is not None:
                self._operations.move_to_end(key)
                return known
        made = self._made(key[0], self._checked(text), operation_name)
        with self._lock:
            self._operations[key] = made
            while len(self._operations) > _REMEMBERED:
                self._operations.popitem(last=False)
        return made

    def _made(self, document_id: str, document: DocumentNode, operation_name: str | None) -> Operation:
        operations = [node for node in document.definitions if isinstance(node, OperationDefinitionNode)]
        fragments = {node.name.value: node for node in document.definitions if isinstance(node, FragmentDefinitionNode)}
        named = [node for node in operations if operation_name is None or (node.name and node.name.value == operation_name)]
        if len(named) != 1:
            raise Refused(GraphQLError("operationName must name one of the document's operations", extensions={"code": "BAD_REQUEST"}))
        if self._schema.get_root_type(named[0].operation) is None:
            raise Refused(GraphQLError(f"there is no {named[0].operation.value} here", extensions={"code": "BAD_REQUEST"}))
        work = shows_work_alone(self._schema, named[0], fragments)
        makers: Makers | None = None if _has_directives(document) else {}
        return Operation(document_id, document, named[0], fragments, self._schema, is_work_alone=work, makers=makers)

    def _checked(self, text: str) -> DocumentNode:
        key = id_of(text)
        with self._lock:
            if key in self._known:
                self._known.move_to_end(key)
                return self._known[key]
        document = self._parse(text)
        with self._lock:
            self._known[key] = document
            while len(self._known) > _REMEMBERED:
                self._known.popitem(last=False)
        return document

    def _parse(self, text: str) -> DocumentNode:
        try:
            document = parse(text, max_tokens=MOST_TOKENS, no_location=True)
        except GraphQLSyntaxError as error:
            raise Refused(GraphQLError(error.message, extensions={"code": "BAD_REQUEST"})) from None
        except RecursionError:
            raise Refused(GraphQLError("the document is nested too deeply", extensions={"code": "BAD_REQUEST"})) from None
        _check_texts(document)
        rules = [*specified_rules, NoSchemaIntrospectionCustomRule] if self._silent else specified_rules
        try:
            errors = validate(self._schema, document, rules, max_errors=_MOST_ERRORS)
        except RecursionError:
            raise Refused(GraphQLError("the document is nested too deeply", extensions={"code": "BAD_REQUEST"})) from None
        if errors:
            raise Refused(*(GraphQLError(self._said(error), extensions={"code": "BAD_REQUEST"}) for error in errors))
        return document

    def _said(self, error: GraphQLError) -> str:
        # "Did you mean ..." would spell the schema out to whoever guesses.
        return error.message.split(" Did you mean ")[0] if self._silent else error.message


class _Texts(Visitor):
    def enter_string_value(self, node: StringValueNode, *_: Any) -> None:
        check_text(node.value)


def _check_texts(document: DocumentNode) -> None:
    try:
        visit(document, _Texts())
    except ValueError as error:
        raise Refused(GraphQLError(str(error), extensions={"code": "BAD_REQUEST"})) from None


class _Directives(Visitor):
    found = False

    def enter_directive(self, *_: Any) -> None:
        self.found = True


def _has_directives(document: DocumentNode) -> bool:
    looking = _Directives()
    visit(document, looking)
    return looking.found


def check_text(value: str) -> None:
    """PostgreSQL keeps no NUL, and UTF-8 no half of a pair. Raises ValueError."""
    if "\0" in value or any("\ud800" <= letter <= "\udfff" for letter in value):
        raise ValueError("a text holds a NUL or half of a surrogate pair")


def id_of(text: str) -> str:
    """SHA-256 of a document's text: its id."""
    return hashlib.sha256(text.encode()).hexdigest()


def manifest(path: Path = MANIFEST) -> dict[str, str]:
    """The registered documents, by id."""
    documents: dict[str, str] = json.loads(path.read_text())["documents"]
    return documents
