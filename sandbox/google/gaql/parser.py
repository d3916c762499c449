"""From GAQL text to a syntax tree, with the platform's QueryErrors."""

import re

from sandbox.google.gaql.syntax import LIST_OPERATORS, Condition, Operator, Ordering, Query, Value, ValueKind
from sandbox.google.gaql.tokens import Kind, Token, query_error, tokenize

_FIELD = re.compile(r"[a-z][a-zA-Z0-9_]*(\.[a-z][a-zA-Z0-9_]*)*")
_RESOURCE = re.compile(r"[a-z][a-zA-Z0-9_]*")
_PARAMETERS = {
    "include_drafts": ("true", "false"),
    "omit_unselected_resource_names": ("true", "false"),
}
_CLAUSES = ("FROM", "WHERE", "ORDER", "LIMIT", "PARAMETERS")
_TWO_WORDS = {
    "CONTAINS": {
        "ANY": Operator.CONTAINS_ANY,
        "ALL": Operator.CONTAINS_ALL,
        "NONE": Operator.CONTAINS_NONE,
    },
    "NOT": {
        "IN": Operator.NOT_IN,
        "LIKE": Operator.NOT_LIKE,
        "REGEXP_MATCH": Operator.NOT_REGEXP_MATCH,
    },
}
_ONE_WORD = {
    "IN": Operator.IN,
    "LIKE": Operator.LIKE,
    "DURING": Operator.DURING,
    "BETWEEN": Operator.BETWEEN,
    "REGEXP_MATCH": Operator.REGEXP_MATCH,
}
_VALUES = {Kind.STRING: ValueKind.STRING, Kind.NUMBER: ValueKind.NUMBER, Kind.WORD: ValueKind.LITERAL}


def parse(query: str, *, from_clause: bool = True) -> Query:
    """Parse a query. `from_clause=False` is the dialect of GoogleAdsFieldService, which has no FROM.

    Raises AdsError with a QueryError code for what the grammar does not allow.
    """
    return _Parser(tokenize(query)).query(from_clause=from_clause)


class _Parser:
    def __init__(self, tokens: list[Token]) -> None:
        self.tokens = tokens
        self.at = 0

    @property
    def token(self) -> Token:
        return self.tokens[self.at]

    def take(self) -> Token:
        token = self.tokens[self.at]
        if token.kind is not Kind.END:
            self.at += 1
        return token

    def take_word(self, *words: str) -> bool:
        if self.token.is_word(*words):
            self.take()
            return True
        return False

    def take_symbol(self, symbol: str) -> bool:
        if self.token.kind is Kind.SYMBOL and self.token.text == symbol:
            self.take()
            return True
        return False

    def query(self, *, from_clause: bool) -> Query:
        if not self.take_word("SELECT"):
            if self.token.kind is Kind.END:
                raise query_error("UNEXPECTED_END_OF_QUERY", "the query is empty.")
            raise query_error("EXPECTED_SELECT", "a query starts with SELECT.", self.token.text)
        select = self.fields()
        resource = None
        if from_clause:
            resource = self.from_resource()
        else:
            self.no_from()
        where = self.conditions() if self.take_word("WHERE") else ()
        order_by = self.orderings() if self.take_word("ORDER") else ()
        limit = self.limit() if self.take_word("LIMIT") else None
        parameters = self.parameters() if self.take_word("PARAMETERS") else ()
        if self.token.kind is not Kind.END:
            raise query_error("UNEXPECTED_INPUT", f"unexpected input {self.token.text!r}.", self.token.text)
        return Query(select, resource, where, order_by, limit, parameters)

    def fields(self) -> tuple[str, ...]:
        names = [self.field()]
        while self.take_symbol(","):
            names.append(self.field())
        return tuple(names)

    def field(self) -> str:
        token = self.token
        if token.kind is Kind.END:
            raise query_error("UNEXPECTED_END_OF_QUERY", "a field name is expected.")
        if token.kind is not Kind.WORD or token.is_word(*_CLAUSES) or not _FIELD.fullmatch(token.text):
            raise query_error("BAD_FIELD_NAME", f"{token.text!r} is not a field name.", token.text)
        return self.take().text

    def from_resource(self) -> str:
        if not self.take_word("FROM"):
            raise query_error("EXPECTED_FROM", "a FROM clause is expected.", self.token.text)
        token = self.take()
        if token.kind is not Kind.WORD or not _RESOURCE.fullmatch(token.text):
            raise query_error("BAD_RESOURCE_TYPE_IN_FROM_CLAUSE", f"{token.text!r} is not a valid resource.", token.text)
        if self.token.kind is Kind.SYMBOL and self.token.text == ",":
            raise query_error("UNEXPECTED_INPUT", "FROM takes one resource.", ",")
        return token.text

    def no_from(self) -> None:
        if self.token.is_word("FROM"):
            raise query_error("UNEXPECTED_FROM_CLAUSE", "this service takes no FROM clause.", "FROM")

    def conditions(self) -> tuple[Condition, ...]:
        conditions = [self.condition()]
        while self.take_word("AND"):
            conditions.append(self.condition())
        return tuple(conditions)

    def condition(self) -> Condition:
        field = self.field()
        operator = self.operator()
        if operator in (Operator.IS_NULL, Operator.IS_NOT_NULL):
            return Condition(field, operator)
        if operator is Operator.BETWEEN:
            low = self.value()
            if not self.take_word("AND"):
                raise query_error("EXPECTED_AND", "BETWEEN needs two values joined by AND.", self.token.text)
            return Condition(field, operator, (low, self.value()))
        if operator in LIST_OPERATORS:
            return Condition(field, operator, self.value_list())
        if self.token.kind is Kind.SYMBOL and self.token.text == "(":
            raise query_error("EXPECTED_SINGLE_VALUE", f"operator {operator} takes a single value.", "(")
        return Condition(field, operator, (self.value(),))

    def operator(self) -> Operator:
        token = self.take()
        if token.kind is Kind.END:
            raise query_error("UNEXPECTED_END_OF_QUERY", "an operator is expected.")
        if token.kind is Kind.SYMBOL and token.text in ("=", "!=", ">", ">=", "<", "<="):
            return Operator(token.text)
        word = token.text.upper()
        if token.kind is Kind.WORD and word in _ONE_WORD:
            return _ONE_WORD[word]
        if token.is_word("IS"):
            operator = Operator.IS_NOT_NULL if self.take_word("NOT") else Operator.IS_NULL
            if self.take_word("NULL"):
                return operator
        elif token.kind is Kind.WORD and word in _TWO_WORDS:
            second = self.token.text.upper()
            if second in _TWO_WORDS[word]:
                self.take()
                return _TWO_WORDS[word][second]
        raise query_error("BAD_OPERATOR", f"{token.text!r} is not an operator.", token.text)

    def value(self) -> Value:
        token = self.token
        if token.kind is Kind.END:
            raise query_error("UNEXPECTED_END_OF_QUERY", "a value is expected.")
        if token.kind not in _VALUES or (token.kind is Kind.WORD and "." in token.text):
            raise query_error("BAD_VALUE", f"{token.text!r} is not a value.", token.text)
        self.take()
        return Value(_VALUES[token.kind], token.text)

    def value_list(self) -> tuple[Value, ...]:
        if not self.take_symbol("("):
            raise query_error("EXPECTED_LIST", "a list in parentheses is expected.", self.token.text)
        if self.take_symbol(")"):
            raise query_error("PROHIBITED_EMPTY_LIST_IN_CONDITION", "the list may not be empty.")
        values = [self.value()]
        while self.take_symbol(","):
            values.append(self.value())
        if not self.take_symbol(")"):
            code = "UNEXPECTED_END_OF_QUERY" if self.token.kind is Kind.END else "UNEXPECTED_INPUT"
            raise query_error(code, "a list ends with ')'.", self.token.text)
        if len({value.kind for value in values}) > 1:
            raise query_error("PROHIBITED_VALUE_COMBINATION_IN_LIST", "a list holds values of one kind.")
        return tuple(values)

    def orderings(self) -> tuple[Ordering, ...]:
        if not self.take_word("BY"):
            raise query_error("EXPECTED_BY", "ORDER is followed by BY.", self.token.text)
        orderings = [self.ordering()]
        while self.take_symbol(","):
            orderings.append(self.ordering())
        return tuple(orderings)

    def ordering(self) -> Ordering:
        field = self.field()
        if self.take_word("DESC"):
            return Ordering(field, descending=True)
        self.take_word("ASC")
        return Ordering(field)

    def limit(self) -> int:
        token = self.take()
        if token.kind is not Kind.NUMBER or not token.text.lstrip("-").isdigit():
            raise query_error("BAD_LIMIT_VALUE", "LIMIT takes a positive integer.", token.text)
        if int(token.text) < 1:
            raise query_error("LIMIT_VALUE_TOO_LOW", "LIMIT takes a positive integer.", token.text)
        return int(token.text)

    def parameters(self) -> tuple[tuple[str, str], ...]:
        parameters = [self.parameter()]
        while self.take_symbol(","):
            parameters.append(self.parameter())
        return tuple(parameters)

    def parameter(self) -> tuple[str, str]:
        name = self.take().text
        if name not in _PARAMETERS:
            raise query_error("BAD_PARAMETER_NAME", f"{name!r} is not a parameter.", name)
        if not self.take_symbol("="):
            raise query_error("UNEXPECTED_INPUT", "a parameter is followed by '='.", self.token.text)
        value = self.take().text
        if value not in _PARAMETERS[name]:
            raise query_error("BAD_PARAMETER_VALUE", f"{value!r} is no value of {name}.", value)
        return name, value
