"""Media bundles: a ZIP of HTML5, for accounts that Google has let upload them."""

import hashlib
import io
import zipfile
from typing import Final

from sandbox.google.bodies import Body
from sandbox.google.context import Context
from sandbox.google.errors import AdsError, Path
from sandbox.google.rules.kind import Check, required

# Google Ads Help 1722096: at most 600 KB and 40 files.
LARGEST_BYTES: Final = 600 * 1024
_MOST_FILES: Final = 40


def take_in(bundle: Body) -> None:
    """Replace the bytes by what the platform keeps of them; `broken` says why they are no bundle."""
    data = bundle.pop("data", None)
    if data is None:
        return
    bundle["sha256"] = hashlib.sha256(data).hexdigest()
    if broken := _broken(data):
        bundle["broken"] = broken


def _broken(data: bytes) -> str:
    if len(data) > LARGEST_BYTES:
        return "FILE_TOO_LARGE"
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as opened:
            names = [each.filename for each in opened.infolist() if not each.is_dir()]
    except (zipfile.BadZipFile, ValueError):
        return "INVALID_MEDIA_BUNDLE"
    if len(names) > _MOST_FILES:
        return "TOO_MANY_FILES"
    return "" if any(name.lower().endswith((".html", ".htm")) for name in names) else "MISSING_PRIMARY_MEDIA_BUNDLE_ENTRY"


def errors(bundle: Body) -> Check:
    """What is wrong with a bundle as such."""
    path: Path = ("media_bundle_asset", "data")
    if "sha256" not in bundle:
        yield AdsError("asset_error", "ASSET_DATA_IS_MISSING", "The asset has no data.", path)
    elif code := bundle.get("broken"):
        yield AdsError("media_bundle_error", code, "The file is no HTML5 bundle that can be shown.", path)


def refused(context: Context, path: Path) -> Check:
    """Unless Google has put the account on its list; a test says so with `html5_ads` in the customer's body."""
    if not context.account.body.get("html5_ads"):
        message = "The customer is not allowlisted for uploading HTML5 ads."
        yield AdsError("not_allowlisted_error", "CUSTOMER_NOT_ALLOWLISTED_FOR_THIS_FEATURE", message, path)


def ad_errors(context: Context, ad: Body) -> Check:
    """What is wrong with an uploaded display ad."""
    here = ("ad", "display_upload_ad")
    shown = ad["display_upload_ad"]
    yield from refused(context, here)
    if not ad.get("final_urls"):
        yield required("ad", "final_urls")
    if shown.get("display_upload_product_type") != "HTML5_UPLOAD_AD":
        message = "Only HTML5_UPLOAD_AD can be made of a bundle that was uploaded."
        yield AdsError("ad_error", "INVALID_INPUT", message, (*here, "display_upload_product_type"))
    named = shown.get("media_bundle", {}).get("asset", "")
    asset = context.live(named, "asset", (*here, "media_bundle", "asset"))
    if asset.body.get("type") != "MEDIA_BUNDLE":
        message = f"An asset of type {asset.body.get('type')} is no media bundle."
        yield AdsError("ad_error", "INVALID_INPUT", message, (*here, "media_bundle", "asset"), trigger=named)
