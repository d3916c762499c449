"""The message types that the google-ads SDK ships, one set for each API version, imported when first asked for."""

import importlib
import threading
from functools import cache
from typing import Any

from google.protobuf import descriptor_pool, message_factory
from google.protobuf.descriptor import Descriptor, EnumDescriptor, FieldDescriptor

VERSIONS = ("v26", "v25", "v24", "v23")
NEWEST = VERSIONS[0]

# GoogleAdsRow and MutateOperation pull in every resource; these few are not reachable from them.
_MODULES = (
    "services.types.google_ads_service",
    "services.types.google_ads_field_service",
    "services.types.geo_target_constant_service",
    "services.types.customer_service",
    "errors.types.errors",
)

# proto-plus registers a module's messages at import and is not safe against two threads that import the same set.
_import_lock = threading.Lock()


class Api:
    """The types of one API version. `message` and `enum` take names as `services.MutateCampaignsRequest`."""

    def __init__(self, version: str) -> None:
        """Import the version's types: about a second each. Raises KeyError for a version the SDK does not ship."""
        if version not in VERSIONS:
            raise KeyError(version)
        self.version = version
        self.package = f"google.ads.googleads.{version}"
        with _import_lock:
            for module in _MODULES:
                importlib.import_module(f"{self.package}.{module}")

    def descriptor(self, name: str) -> Descriptor:
        """The descriptor of a message. Raises KeyError when this version has none of that name."""
        return descriptor_pool.Default().FindMessageTypeByName(f"{self.package}.{name}")

    def message(self, name: str) -> Any:
        """The protobuf class (not the proto-plus one) of a message."""
        return message_factory.GetMessageClass(self.descriptor(name))

    def enum(self, name: str) -> EnumDescriptor:
        """An enum by its short name: `CampaignStatus` is found in `CampaignStatusEnum.CampaignStatus`."""
        return self.descriptor(f"enums.{name}Enum").enum_types_by_name[name]


@cache
def api(version: str = NEWEST) -> Api:
    """The types of a version, imported once. Raises KeyError for a version the SDK does not ship."""
    return Api(version)


def enum_of(field: FieldDescriptor) -> EnumDescriptor:
    """The enum of an enum field."""
    if field.enum_type is None:
        raise TypeError(f"{field.full_name} is no enum")
    return field.enum_type
