"""Services that only look things up: geo targets by name, accessible customers, field metadata."""

from typing import Any

from sandbox.google.account import PLATFORM
from sandbox.google.api import Api
from sandbox.google.bodies import Body, from_body, get_path
from sandbox.google.constants import GEO_TARGETS, fold
from sandbox.google.errors import AdsError
from sandbox.google.gaql.catalogue import Category, DataType, Field, catalogue
from sandbox.google.gaql.conditions import predicate
from sandbox.google.gaql.parser import parse
from sandbox.google.gaql.schema import METRICS, QUERYABLE, SEGMENTS, joined
from sandbox.google.gaql.tokens import query_error
from sandbox.google.names import parse_constant
from sandbox.google.shown import geo_body
from sandbox.store import Transaction

# developers.google.com/google-ads/api/docs/targeting/location-targeting: 25 names a request.
_MOST_NAMES = 25
_PAGE_ROWS = 10_000


def suggest_geo_targets(api: Api, request: Any) -> Any:
    """SuggestGeoTargetConstants by names or by ids. Raises AdsError GeoTargetConstantSuggestionError."""
    chosen = request.WhichOneof("query")
    if chosen is None:
        message = "Either location names or geo targets are needed."
        raise AdsError("geo_target_constant_suggestion_error", "REQUEST_PARAMETERS_UNSET", message)
    if chosen == "location_names":
        found = _by_names(request)
    else:
        targets = enumerate(request.geo_targets.geo_target_constants)
        path = "geo_target_constants"
        keys = [parse_constant(text, "geoTargetConstants", ("geo_targets", (path, index))) for index, text in targets]
        found = [(key, "") for key in keys if key in GEO_TARGETS]
    response = api.message("services.SuggestGeoTargetConstantsResponse")()
    for key, term in found:
        suggestion = response.geo_target_constant_suggestions.add(
            locale=request.locale or "en", reach=GEO_TARGETS[key].reach, search_term=term
        )
        suggestion.geo_target_constant.CopyFrom(from_body(api.message("resources.GeoTargetConstant"), geo_body(key)))
        if parent := GEO_TARGETS[key].parent:
            above = from_body(api.message("resources.GeoTargetConstant"), geo_body(parent))
            suggestion.geo_target_constant_parents.append(above)
    return response


def _by_names(request: Any) -> list[tuple[int, str]]:
    names = list(request.location_names.names)
    if len(names) > _MOST_NAMES:
        message = f"At most {_MOST_NAMES} location names can be asked for at once."
        raise AdsError("geo_target_constant_suggestion_error", "LOCATION_NAME_LIMIT", message, ("location_names",))
    country = request.country_code
    if country and country not in {target.country for target in GEO_TARGETS.values()}:
        message = f"The country code {country!r} is invalid."
        raise AdsError("geo_target_constant_suggestion_error", "INVALID_COUNTRY_CODE", message, ("country_code",))
    found: list[tuple[int, str]] = []
    for name in names:
        wanted = fold(name)
        found += [
            (target.id, name)
            for target in GEO_TARGETS.values()
            if country in ("", target.country) and wanted in {fold(known) for known in target.names}
        ]
    return found


def accessible_customers(api: Api, tx: Transaction) -> Any:
    """ListAccessibleCustomers: every enabled account of the sandbox."""
    response = api.message("services.ListAccessibleCustomersResponse")()
    response.resource_names.extend(f"customers/{obj.id}" for obj in tx.find(PLATFORM, None, "customer"))
    return response


def _field_body(field: Field) -> Body:
    resource = field.category is Category.RESOURCE
    body: Body = {
        "resource_name": f"googleAdsFields/{field.name}",
        "name": field.name,
        "category": field.category.value,
        "data_type": field.data_type.value,
        "selectable": field.selectable,
        "filterable": field.filterable,
        "sortable": field.sortable,
        "is_repeated": field.repeated,
    }
    if field.enum is not None:
        body["enum_values"] = [value.name for value in field.enum.values]
    if resource and field.name in QUERYABLE:
        about = QUERYABLE[field.name]
        body["attribute_resources"] = list(about.attributed)
        body["metrics"] = sorted(METRICS) if about.measured else []
        body["segments"] = [*about.segmenting, *(sorted(SEGMENTS) if about.measured else [])]
        body["selectable_with"] = [*body["attribute_resources"], *body["segments"], *body["metrics"]]
    elif not resource and field.category is not Category.ATTRIBUTE:
        body["selectable_with"] = sorted(name for name, about in QUERYABLE.items() if about.measured)
    elif not resource:
        body["selectable_with"] = sorted(name for name in QUERYABLE if field.resource in joined(name))
    return body


def all_fields(api: Api) -> list[Body]:
    """Metadata of every resource, attribute, segment and metric that the sandbox can answer."""
    names = catalogue(api)
    fields = [found for name in QUERYABLE if (found := names.field(name))]
    for resource in QUERYABLE:
        fields.extend(names.fields(resource))
    fields.extend(found for name in sorted(METRICS | SEGMENTS) if (found := names.field(name)))
    return [_field_body(field) for field in fields]


def get_field(api: Api, resource_name: str) -> Any:
    """GetGoogleAdsField. Raises AdsError RESOURCE_NAME_MALFORMED, RESOURCE_NOT_FOUND."""
    prefix, _, name = resource_name.partition("/")
    if prefix != "googleAdsFields" or not name:
        message = f"The resource name {resource_name!r} is malformed; expected googleAdsFields/{{name}}."
        raise AdsError("request_error", "RESOURCE_NAME_MALFORMED", message, ("resource_name",), trigger=resource_name)
    found = catalogue(api).field(name)
    if found is None:
        message = f"Resource was not found: {resource_name}."
        raise AdsError("request_error", "RESOURCE_NOT_FOUND", message, ("resource_name",), trigger=resource_name)
    return from_body(api.message("resources.GoogleAdsField"), _field_body(found))


def search_fields(api: Api, request: Any) -> Any:
    """SearchGoogleAdsFields: a query without FROM over the attributes of GoogleAdsField."""
    query = parse(request.query, from_clause=False)
    descriptor = api.descriptor("resources.GoogleAdsField")
    known = {field.name.rstrip("_"): field for field in descriptor.fields}
    named = (*query.select, *(c.field for c in query.where), *(o.field for o in query.order_by))
    for name in named:
        if name not in known:
            raise query_error("UNRECOGNIZED_FIELD", f"unrecognized field in the query: {name!r}.", name)
    tests = [(c.field, predicate(_metadata_field(known[c.field]), c, None)) for c in query.where]
    rows = [row for row in all_fields(api) if all(test(get_path(row, name)) for name, test in tests)]
    for ordering in reversed(query.order_by):
        rows.sort(key=lambda row: str(row.get(ordering.field, "")), reverse=ordering.descending)
    response = api.message("services.SearchGoogleAdsFieldsResponse")(total_results_count=len(rows))
    start = int(request.page_token) if request.page_token.isdigit() else 0
    size = request.page_size or _PAGE_ROWS
    cut = rows[: query.limit] if query.limit else rows
    cls = api.message("resources.GoogleAdsField")
    for row in cut[start : start + size]:
        chosen = {name: row[name] for name in query.select if name in row}
        response.results.append(from_body(cls, {"resource_name": row["resource_name"], **chosen}))
    if len(cut) > start + size:
        response.next_page_token = str(start + size)
    return response


def _metadata_field(descriptor: Any) -> Field:
    kinds = {8: DataType.BOOLEAN, 14: DataType.ENUM}
    kind = kinds.get(descriptor.type, DataType.STRING)
    return Field(descriptor.name.rstrip("_"), Category.ATTRIBUTE, kind, descriptor.is_repeated, descriptor.enum_type)
