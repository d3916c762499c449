"""Which RPCs the sandbox answers."""

from functools import partial
from typing import Any

from sandbox.google import account as accounts
from sandbox.google import lookups
from sandbox.google.account import Account
from sandbox.google.calls import Call, Method
from sandbox.google.context import Context
from sandbox.google.errors import AdsError
from sandbox.google.kinds import SERVICES, Service
from sandbox.google.mutate import mutate_everything, mutate_resources
from sandbox.google.search import search, search_stream
from sandbox.store import Transaction


def _account(call: Call, tx: Transaction) -> Account:
    return accounts.load(tx, call.request.customer_id, call.platform.clock.now())


def _context(call: Call, tx: Transaction) -> Context:
    account = _account(call, tx)
    if account.body.get("manager"):
        message = "The operation cannot be executed by a manager account."
        raise AdsError("request_error", "CANNOT_BE_EXECUTED_BY_MANAGER_ACCOUNT", message, ("customer_id",))
    if account.status == "SUSPENDED":
        message = "The action is not permitted: the account is suspended."
        raise AdsError("authorization_error", "ACTION_NOT_PERMITTED_FOR_SUSPENDED_ACCOUNT", message)
    return Context(call.api, tx, account, spoil=call.spoil)


def _mutate_service(service: Service, call: Call, tx: Transaction) -> Any:
    return mutate_resources(_context(call, tx), service, call.request, call.request_id)


def _mutate(call: Call, tx: Transaction) -> Any:
    return mutate_everything(_context(call, tx), call.request, call.request_id)


def _search(call: Call, tx: Transaction) -> Any:
    return search(call.api, tx, _account(call, tx), call.request)


def _search_stream(call: Call, tx: Transaction) -> Any:
    return search_stream(call.api, tx, _account(call, tx), call.request, call.request_id)


def _suggest(call: Call, _tx: Transaction) -> Any:
    return lookups.suggest_geo_targets(call.api, call.request)


def _accessible(call: Call, tx: Transaction) -> Any:
    return lookups.accessible_customers(call.api, tx)


def _get_field(call: Call, _tx: Transaction) -> Any:
    return lookups.get_field(call.api, call.request.resource_name)


def _search_fields(call: Call, _tx: Transaction) -> Any:
    return lookups.search_fields(call.api, call.request)


METHODS = {
    "GoogleAdsService/Search": Method("SearchGoogleAdsRequest", _search),
    "GoogleAdsService/SearchStream": Method("SearchGoogleAdsStreamRequest", _search_stream, streams=True),
    "CustomerService/ListAccessibleCustomers": Method("ListAccessibleCustomersRequest", _accessible),
    "GeoTargetConstantService/SuggestGeoTargetConstants": Method("SuggestGeoTargetConstantsRequest", _suggest),
    "GoogleAdsFieldService/GetGoogleAdsField": Method("GetGoogleAdsFieldRequest", _get_field),
    "GoogleAdsFieldService/SearchGoogleAdsFields": Method("SearchGoogleAdsFieldsRequest", _search_fields),
    "GoogleAdsService/Mutate": Method("MutateGoogleAdsRequest", _mutate, writes=True),
    **{
        name: Method(f"Mutate{service.plural}Request", partial(_mutate_service, service), writes=True) for name, service in SERVICES.items()
    },
}
