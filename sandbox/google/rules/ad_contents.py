"""What an ad says, changed in place: AdService. The ad is reviewed again; another ad of the format is another resource."""

from collections.abc import Sequence

import grpc

from sandbox.google import reviews
from sandbox.google.bodies import Body
from sandbox.google.context import Context
from sandbox.google.errors import Failure, Refused
from sandbox.google.masks import apply_mask
from sandbox.google.resources import current_body
from sandbox.google.rules import ads
from sandbox.google.rules.kind import Check, Kind
from sandbox.store import Obj


def _prepare(_context: Context, _body: Body) -> str | None:
    raise Refused(grpc.StatusCode.UNIMPLEMENTED, "an ad is made by AdGroupAdService; AdService only updates")


def _check(_context: Context, _body: Body, _before: Obj | None) -> Check:
    yield from ()


def _revise(context: Context, obj: Obj, given: Body, paths: Sequence[str]) -> Obj:
    body = current_body(obj)
    after = {**body, "ad": apply_mask(context.api, "Ad", body["ad"], given, paths)}
    if errors := list(ads.KIND.check(context, after, obj)):
        raise Failure(errors)
    reviews.submit(context.tx, after, ads.texts_of(after["ad"]))
    revised = context.tx.update(obj, body=after)
    ads.KIND.after(context, after, revised)
    return revised


KIND = Kind("ad", "Ad", _prepare, _check, revise=_revise)
