"""The syntax tree of a GAQL query. `str()` of a tree is a query that parses to the same tree."""

from dataclasses import dataclass
from enum import StrEnum


class Operator(StrEnum):
    EQUAL = "="
    NOT_EQUAL = "!="
    GREATER = ">"
    GREATER_EQUAL = ">="
    LESS = "<"
    LESS_EQUAL = "<="
    IN = "IN"
    NOT_IN = "NOT IN"
    LIKE = "LIKE"
    NOT_LIKE = "NOT LIKE"
    CONTAINS_ANY = "CONTAINS ANY"
    CONTAINS_ALL = "CONTAINS ALL"
    CONTAINS_NONE = "CONTAINS NONE"
    IS_NULL = "IS NULL"
    IS_NOT_NULL = "IS NOT NULL"
    DURING = "DURING"
    BETWEEN = "BETWEEN"
    REGEXP_MATCH = "REGEXP_MATCH"
    NOT_REGEXP_MATCH = "NOT REGEXP_MATCH"


LIST_OPERATORS = frozenset({Operator.IN, Operator.NOT_IN, Operator.CONTAINS_ANY, Operator.CONTAINS_ALL, Operator.CONTAINS_NONE})
NULL_OPERATORS = frozenset({Operator.IS_NULL, Operator.IS_NOT_NULL})


class ValueKind(StrEnum):
    STRING = "string"
    NUMBER = "number"
    LITERAL = "literal"


@dataclass(frozen=True)
class Value:
    """A value as written: the content of a string, the digits of a number, or a bare word such as ENABLED."""

    kind: ValueKind
    text: str

    def __str__(self) -> str:
        if self.kind is not ValueKind.STRING:
            return self.text
        escaped = self.text.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n").replace("\t", "\\t")
        return f"'{escaped}'"


@dataclass(frozen=True)
class Condition:
    """`values` has no element for IS NULL, two for BETWEEN, one or more for the list operators, else one."""

    field: str
    operator: Operator
    values: tuple[Value, ...] = ()

    def __str__(self) -> str:
        head = f"{self.field} {self.operator}"
        if self.operator in NULL_OPERATORS:
            return head
        if self.operator is Operator.BETWEEN:
            return f"{head} {self.values[0]} AND {self.values[1]}"
        if self.operator in LIST_OPERATORS:
            return f"{head} ({', '.join(map(str, self.values))})"
        return f"{head} {self.values[0]}"


@dataclass(frozen=True)
class Ordering:
    field: str
    descending: bool = False

    def __str__(self) -> str:
        return f"{self.field} DESC" if self.descending else self.field


@dataclass(frozen=True)
class Query:
    """`resource` is None only for GoogleAdsFieldService, whose queries have no FROM."""

    select: tuple[str, ...]
    resource: str | None
    where: tuple[Condition, ...] = ()
    order_by: tuple[Ordering, ...] = ()
    limit: int | None = None
    parameters: tuple[tuple[str, str], ...] = ()

    def __str__(self) -> str:
        parts = [f"SELECT {', '.join(self.select)}"]
        if self.resource is not None:
            parts.append(f"FROM {self.resource}")
        if self.where:
            parts.append("WHERE " + " AND ".join(map(str, self.where)))
        if self.order_by:
            parts.append("ORDER BY " + ", ".join(map(str, self.order_by)))
        if self.limit is not None:
            parts.append(f"LIMIT {self.limit}")
        if self.parameters:
            parts.append("PARAMETERS " + ", ".join(f"{name} = {value}" for name, value in self.parameters))
        return " ".join(parts)
