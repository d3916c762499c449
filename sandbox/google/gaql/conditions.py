"""Conditions as predicates: the operator must fit the field's type, and the value be one of that type."""

import operator as operators
import re
from collections.abc import Callable
from typing import Any

from sandbox.google.gaql.catalogue import DataType, Field
from sandbox.google.gaql.dates import during, read_date
from sandbox.google.gaql.syntax import LIST_OPERATORS, NULL_OPERATORS, Condition, Operator, Value, ValueKind
from sandbox.google.gaql.tokens import query_error

Predicate = Callable[[Any], bool]

_EQUALITY = {Operator.EQUAL, Operator.NOT_EQUAL}
_MEMBERSHIP = {Operator.IN, Operator.NOT_IN}
_ORDER = {Operator.GREATER, Operator.GREATER_EQUAL, Operator.LESS, Operator.LESS_EQUAL}
_PATTERN = {Operator.LIKE, Operator.NOT_LIKE, Operator.REGEXP_MATCH, Operator.NOT_REGEXP_MATCH}
_CONTAINS = {Operator.CONTAINS_ANY, Operator.CONTAINS_ALL, Operator.CONTAINS_NONE}
# After the operator table in the query language's reference.
_ALLOWED = {
    DataType.BOOLEAN: _EQUALITY,
    DataType.DATE: _EQUALITY | _MEMBERSHIP | _ORDER | {Operator.BETWEEN, Operator.DURING},
    DataType.DOUBLE: _EQUALITY | _MEMBERSHIP | _ORDER | {Operator.BETWEEN},
    DataType.ENUM: _EQUALITY | _MEMBERSHIP,
    DataType.INT64: _EQUALITY | _MEMBERSHIP | _ORDER | {Operator.BETWEEN},
    DataType.RESOURCE_NAME: _EQUALITY | _MEMBERSHIP | _PATTERN,
    DataType.STRING: _EQUALITY | _MEMBERSHIP | _PATTERN,
    DataType.MESSAGE: set[Operator](),
}
_COMPARE: dict[Operator, Callable[[Any, Any], bool]] = {
    Operator.GREATER: operators.gt,
    Operator.GREATER_EQUAL: operators.ge,
    Operator.LESS: operators.lt,
    Operator.LESS_EQUAL: operators.le,
}
_MOST_VALUES = 20_000


def predicate(field: Field, condition: Condition, today: Any) -> Predicate:
    """A test of a field's value as bodies hold it. Raises AdsError for what does not fit the field's type."""
    operator = condition.operator
    allowed = (_CONTAINS if field.repeated else _ALLOWED[field.data_type]) | NULL_OPERATORS
    if operator not in allowed:
        message = f"operator {operator} does not go with field {field.name} of type {field.data_type}."
        raise query_error("OPERATOR_FIELD_MISMATCH", message, field.name)
    if len(condition.values) > _MOST_VALUES:
        raise query_error("FILTER_HAS_TOO_MANY_VALUES", f"a list holds at most {_MOST_VALUES} values.", field.name)
    if operator in NULL_OPERATORS:
        wanted = operator is Operator.IS_NULL
        return lambda value: (value is None or value == []) is wanted
    if operator in _PATTERN:
        return _pattern(operator, condition.values[0])
    if operator is Operator.DURING:
        first, last = during(condition.values[0].text.upper(), today)
        test = _scalar(Operator.BETWEEN, [first.isoformat(), last.isoformat() + " 24"])
    else:
        values = [_read(field, value) for value in condition.values]
        test = _collection(operator, values) if operator in LIST_OPERATORS else _scalar(operator, values)
    return lambda value: test(_normal(field, value))


def _scalar(operator: Operator, values: list[Any]) -> Predicate:
    first = values[0]
    if operator is Operator.EQUAL:
        return lambda value: value == first
    if operator is Operator.NOT_EQUAL:
        return lambda value: value != first
    if operator is Operator.BETWEEN:
        return lambda value: value is not None and first <= value <= values[1]
    compare = _COMPARE[operator]
    return lambda value: value is not None and compare(value, first)


def _collection(operator: Operator, values: list[Any]) -> Predicate:
    wanted = set(values)
    match operator:
        case Operator.IN:
            return lambda value: value in wanted
        case Operator.NOT_IN:
            return lambda value: value not in wanted
        case Operator.CONTAINS_ANY:
            return lambda value: bool(wanted & set(value or ()))
        case Operator.CONTAINS_ALL:
            return lambda value: wanted <= set(value or ())
        case _:
            return lambda value: not wanted & set(value or ())


def _normal(field: Field, value: Any) -> Any:
    """Unset scalars count as their default, as they do on the wire."""
    if value is None and not field.repeated:
        if field.data_type is DataType.BOOLEAN:
            return False
        if field.data_type is DataType.ENUM:
            return "UNSPECIFIED"
    if field.data_type is DataType.DATE and isinstance(value, str) and " " not in value:
        return value[:10]
    return value


def _read(field: Field, value: Value) -> Any:
    match field.data_type:
        case DataType.ENUM:
            return _enum(field, value)
        case DataType.BOOLEAN:
            if value.text.lower() not in ("true", "false"):
                raise _bad_value(field, value)
            return value.text.lower() == "true"
        case DataType.INT64 | DataType.DOUBLE:
            try:
                return int(value.text) if field.data_type is DataType.INT64 else float(value.text)
            except ValueError:
                raise _bad_value(field, value) from None
        case DataType.DATE:
            text = value.text
            if " " in text and not field.name.startswith("segments."):
                return f"{read_date(text.split(' ', 1)[0]).isoformat()} {text.split(' ', 1)[1]}"
            return text if field.name == "segments.year" else read_date(text).isoformat()
        case _:
            if value.kind is ValueKind.LITERAL:
                raise _bad_value(field, value)
            return value.text


def _enum(field: Field, value: Value) -> str:
    names = field.enum.values_by_name if field.enum is not None else {}
    if value.text not in names:
        raise query_error("BAD_ENUM_CONSTANT", f"invalid enum value {value.text!r} in WHERE clause.", value.text)
    if value.text in ("UNSPECIFIED", "UNKNOWN"):
        message = f"the enum value {value.text} cannot be used in WHERE."
        raise query_error("PROHIBITED_ENUM_CONSTANT", message, value.text)
    return value.text


def _bad_value(field: Field, value: Value) -> Exception:
    code = "BAD_NUMBER" if field.data_type in (DataType.INT64, DataType.DOUBLE) else "BAD_VALUE"
    return query_error(code, f"{value.text!r} is not a value for {field.name}.", value.text)


def _pattern(operator: Operator, value: Value) -> Predicate:
    if value.kind is not ValueKind.STRING:
        code = "INVALID_VALUE_WITH_LIKE_OPERATOR" if "LIKE" in operator else "BAD_VALUE"
        raise query_error(code, f"operator {operator} takes a string.", value.text)
    negate = operator.startswith("NOT")
    if "LIKE" in operator:
        compiled = re.compile(like_to_regex(value.text), re.IGNORECASE | re.DOTALL)
    else:
        try:
            compiled = re.compile(value.text, re.DOTALL)
        except re.error as error:
            raise query_error("INVALID_STRING_VALUE", f"the regular expression is wrong: {error}.", value.text) from error
    # REGEXP_MATCH, too, matches the whole value.
    return lambda text: (text is not None and compiled.fullmatch(str(text)) is not None) is not negate


def like_to_regex(pattern: str) -> str:
    """`%` any run, `_` any character, `[%]`, `[_]`, `[[]`, `[]]` those characters themselves."""
    parts, at = [], 0
    while at < len(pattern):
        char = pattern[at]
        if char == "[" and pattern[at + 2 : at + 3] == "]" and pattern[at + 1] in "%_[]":
            parts.append(re.escape(pattern[at + 1]))
            at += 3
            continue
        parts.append({"%": ".*", "_": "."}.get(char) or re.escape(char))
        at += 1
    return "".join(parts)
