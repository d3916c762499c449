"""The official Google Ads client with our time limit on each call, no automatic retries, and our errors.

Everything is configured by a google-ads.yaml as Google's own samples read it (endpoint, developer_token, json_key_file_path or
refresh_token, login_customer_id ...), so that any account, proxy or stand-in is a matter of settings.
"""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cached_property, partial
from pathlib import Path
from typing import Any

from zamc.database.engine import refuse_inside_transaction
from zamc.errors import ConfigurationError, Later
from zamc.platforms.google_ads import configuration
from zamc.platforms.google_ads.errors import translate
from zamc.platforms.tracing import RequestIds
from zamc.platforms.tracing import google as traced
from zamc.settings import Settings
from zamc.throttling.gate import Gate, OpenGate
from zamc.throttling.rules import Kind

# A token that took longer is kept for the next try: what is left of a lease may not cover the call any more.
_LONGEST_RENEWAL_SECONDS = 2.0


class GoogleClient:
    """One set of credentials, any number of customers. Threads may share it; a forked child must make its own.

    gate: what every call passes first (limits and breakers that processes share); without one nothing is held back.
    """

    def __init__(self, sdk: Any, *, version: str, timeout_seconds: float, gate: Gate | None = None) -> None:
        self.sdk = sdk
        self.gate = gate or OpenGate()
        self.version = version
        self.timeout_seconds = timeout_seconds
        self._renewing = threading.Lock()

    @classmethod
    def from_settings(cls, settings: Settings, *, gate: Callable[[str], Gate] | None = None) -> "GoogleClient":
        """As the SDK itself reads the settings' google-ads.yaml. gate: makes one for a developer token.

        Raises ConfigurationError that names what is missing, never its value, and what the token endpoint answers, as an error of ours.
        """
        from google.ads.googleads.client import GoogleAdsClient

        # Plain protobuf messages read and build several times as fast as proto-plus; the file must name the key, so set it here.
        config = {**configuration.load(_yaml(settings)), "use_proto_plus": False}
        try:
            sdk = GoogleAdsClient.load_from_dict(config, version=settings.google_ads_api_version)
        except Exception as error:
            ours = translate(error, write=False, version=settings.google_ads_api_version)
            if ours is not None:
                raise ours from None
            if isinstance(error, OSError | ValueError | TypeError):
                raise ConfigurationError(f"ZAMC_GOOGLE_ADS_YAML cannot be used ({type(error).__name__})") from None
            raise
        return cls._of(sdk, settings, gate)

    @classmethod
    def with_tokens(
        cls,
        settings: Settings,
        *,
        token: Callable[[], tuple[str, datetime | None]],
        developer_token: str | None = None,
        login_customer_id: str | None = None,
        gate: Callable[[str], Gate] | None = None,
    ) -> "GoogleClient":
        """With access tokens that `token` hands out whenever one is needed: (token, when it expires). Endpoint, and what is None here,
        come from the settings' google-ads.yaml, if there is one. Raises ConfigurationError without a developer token."""
        from google.ads.googleads.client import GoogleAdsClient
        from google.oauth2.credentials import Credentials

        known = configuration.load(_yaml(settings)) if settings.google_ads_yaml is not None else {}
        developer_token = developer_token or known.get("developer_token")
        if not developer_token:
            raise ConfigurationError("neither the account's credentials nor ZAMC_GOOGLE_ADS_YAML name a developer_token")
        login = login_customer_id or known.get("login_customer_id")

        def refresh(_request: Any, scopes: Any) -> tuple[str, datetime | None]:  # noqa: ARG001 - google-auth's signature
            text, expires_at = token()
            # google-auth reckons in naive UTC.
            return text, expires_at.astimezone(UTC).replace(tzinfo=None) if expires_at else None

        try:
            sdk = GoogleAdsClient(
                Credentials(token=None, refresh_handler=refresh),
                developer_token,
                endpoint=known.get("endpoint"),
                login_customer_id=str(login) if login else None,
                version=settings.google_ads_api_version,
                use_proto_plus=False,
            )
        except (ValueError, TypeError) as error:
            raise ConfigurationError(f"ZAMC_GOOGLE_ADS_YAML cannot be used ({type(error).__name__})") from None
        return cls._of(sdk, settings, gate)

    @classmethod
    def _of(cls, sdk: Any, settings: Settings, gate: Callable[[str], Gate] | None) -> "GoogleClient":
        made = gate(sdk.developer_token) if gate else None
        return cls(sdk, version=settings.google_ads_api_version, timeout_seconds=settings.call_timeout_seconds, gate=made)

    @cached_property
    def _service(self) -> Any:
        return self.sdk.get_service("GoogleAdsService", interceptors=[self._ids.interceptor()])

    @cached_property
    def _ids(self) -> RequestIds:
        return RequestIds()

    @contextmanager
    def speaking(self, *, write: bool, customer_id: str = "", kind: Kind = Kind.READ, items: int = 1) -> Iterator[None]:
        """Any call of the SDK within: refused inside a transaction, held back by the gate, and its errors come out as ours (errors.py).

        items: how many it changes; a read is one.
        """
        refuse_inside_transaction("Google Ads")
        with self.gate.call(customer_id, kind, cost=items):
            try:
                self._renew(write=write)
                yield
            except Exception as error:
                ours = translate(error, write=write, version=self.version, secrets=[self.sdk.developer_token or ""])
                if ours is None:
                    raise
                raise ours from None  # the SDK's own exception holds request metadata

    def _renew(self, *, write: bool) -> None:
        """A token before the call: inside it, gRPC would take a refused one for an outage. Raises what the token endpoint answered."""
        credentials = self.sdk.credentials
        if credentials.valid:
            return
        from google.auth.transport.requests import Request

        begun = time.monotonic()
        with self._renewing:
            if not credentials.valid:
                credentials.refresh(partial(Request(), timeout=self.timeout_seconds))
        if write and time.monotonic() - begun > _LONGEST_RENEWAL_SECONDS:
            raise Later("the access token took so long that the claim may not outlast the call; it is sent again", code="token-slow")

    @property
    def call_options(self) -> dict[str, Any]:
        """Keyword arguments for any service call of the SDK: our time limit, and no retry of its own."""
        return {"timeout": self.timeout_seconds, "retry": None}

    def message(self, name: str) -> Any:
        """A new request or resource message, e.g. "MutateOperation"."""
        return self.sdk.get_type(name)

    def search(self, customer_id: str, query: str, *, kind: Kind = Kind.READ) -> Iterator[Any]:
        """Rows (GoogleAdsRow, plain protobuf) of a GAQL query through SearchStream, one operation whatever their number.

        Raises Later when the platform does not answer, GiveUp when it refuses the query or the credentials.
        """
        for batch in self.stream(customer_id, query, kind=kind):
            yield from batch.results

    def stream(self, customer_id: str, query: str, *, kind: Kind = Kind.READ, totals: bool = False) -> Iterator[Any]:
        """As `search`, in the batches (SearchGoogleAdsStreamResponse) that the platform sends; totals: one of them has a summary_row."""
        request = self.message("SearchGoogleAdsStreamRequest")
        request.customer_id = customer_id
        request.query = query
        if totals:
            request.summary_row_setting = self.sdk.enums.SummaryRowSettingEnum.SUMMARY_ROW_WITH_RESULTS
        span = traced("SearchStream", account=customer_id, kind=kind, items=1)
        with span as seen, self.speaking(write=False, customer_id=customer_id, kind=kind):
            batches = iter(self._service.search_stream(request=request, **self.call_options))
            first = True
            while (batch := next(batches, None)) is not None:
                if first:
                    seen.set({"zamc.request_id": batch.request_id or None})
                    _forget_first(batches, self.message("SearchGoogleAdsStreamResponse"))
                    first = False
                yield batch
                # 10,000 rows take 85 MB: nothing of ours may hold them while the next ones come, and enumerate() would.
                del batch

    def count(self, customer_id: str, query: str, *, kind: Kind = Kind.READ) -> int:
        """How many rows the platform has for a query, without any of them: one operation. Raises as `search` does."""
        request = self.message("SearchGoogleAdsRequest")
        request.customer_id = customer_id
        request.query = query
        request.search_settings.omit_results = True
        request.search_settings.return_total_results_count = True
        span = traced("Search", account=customer_id, kind=kind, items=1)
        with span as seen, self.speaking(write=False, customer_id=customer_id, kind=kind):
            answer = self._service.search(request=request, **self.call_options)
            seen.set({"zamc.request_id": self._ids.take()})
            return int(answer.total_results_count)

    def mutate(self, customer_id: str, operations: Sequence[Any], *, validate_only: bool = False) -> Any:
        """One atomic GoogleAdsService.Mutate (no partial failure). Returns its MutateGoogleAdsResponse.

        Raises InDoubt when it may have happened, AlreadyThere, Mend, Later or GiveUp when it surely did not.
        """
        request = self.message("MutateGoogleAdsRequest")
        request.customer_id = customer_id
        request.mutate_operations.extend(operations)
        request.validate_only = validate_only
        span, write = traced("Mutate", account=customer_id, kind=Kind.MUTATE, items=len(operations)), not validate_only
        with span as seen, self.speaking(write=write, customer_id=customer_id, kind=Kind.MUTATE, items=len(operations)):
            answer = self._service.mutate(request=request, **self.call_options)
            seen.set({"zamc.request_id": self._ids.take(), "zamc.validate_only": validate_only or None})
            return answer

    def close(self) -> None:
        if "_service" in self.__dict__:
            self._service.transport.close()


def _forget_first(batches: Any, nothing: Any) -> None:
    """The SDK keeps a stream's first answer for its log, 85 MB until the next stream; without any it would ask the stream for a result."""
    wrapped = getattr(batches, "_wrapped", batches)
    wrapped.get_cache().initial_response_object = nothing


def _yaml(settings: Settings) -> Path:
    if settings.google_ads_yaml is None:
        raise ConfigurationError("ZAMC_GOOGLE_ADS_YAML is not set; it names the google-ads.yaml with endpoint and credentials")
    return settings.google_ads_yaml
