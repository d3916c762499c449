"""The official Meta Business SDK with our time limit, no global state, and our errors.

The SDK takes almost any non-empty body for a success whatever the HTTP status says, and breaks on a proxy's HTML page; so every
answer is checked on the session, before the SDK reads it. Objects of the SDK work as ever: hand them `client.api`.
"""

import os
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from functools import cached_property
from typing import Any

from zamc.database.engine import refuse_inside_transaction
from zamc.errors import ConfigurationError, InDoubt, Later, OutsideError
from zamc.platforms.errors import scrub
from zamc.platforms.meta_ads import usage
from zamc.platforms.meta_ads.errors import translate
from zamc.platforms.tracing import meta as traced
from zamc.settings import Settings
from zamc.telemetry.tracing import NOTHING
from zamc.throttling.quotas import META_WRITES_A_SECOND

Around = Callable[[str, str, int], AbstractContextManager[Any]]
"""What every request passes: the account ("" when it concerns none), "mutate", "read" or "insights", and how many calls it carries
(those of a batch count one by one). It may raise instead of letting it pass, and sees the error that comes back."""

# Connections that are kept open; more threads than that may call, and open one for the time of a call.
_KEPT = 16


class MetaClient:
    """One access token, any number of ad accounts, one set of kept connections. Threads may share it; a forked child must make its own.

    app_secret: proves to Meta that a call is the app's own (appsecret_proof), so that a token that leaked is of no use elsewhere.
    Every call may raise Later, InDoubt (writes: POST and DELETE), Mend or GiveUp. observer hears what every answer says of the
    allowance, refusals included (see usage.Observer); around stands before each request and may hold it back.
    """

    def __init__(
        self,
        *,
        token: str,
        graph_url: str,
        version: str,
        timeout_seconds: float,
        writes_per_second: int = META_WRITES_A_SECOND,
        app_secret: str | None = None,
        observer: usage.Observer | None = None,
        around: Around | None = None,
    ) -> None:
        self.writes_per_second = writes_per_second
        self._token = token
        self._app_secret = app_secret
        self._graph_url = graph_url.rstrip("/")
        self._version = version
        self._timeout_seconds = timeout_seconds
        self._observer = observer
        self._around = around or _freely
        self._of_thread = threading.local()

    @classmethod
    def from_settings(cls, settings: Settings, *, observer: usage.Observer | None = None, around: Around | None = None) -> "MetaClient":
        """Raises ConfigurationError that names what is missing, never its value."""
        if settings.meta_token_file is None:
            raise ConfigurationError("ZAMC_META_TOKEN_FILE is not set; it names the file with a system user's access token")
        try:
            token = settings.meta_token_file.read_text(encoding="utf-8").strip()
        except OSError as error:
            raise ConfigurationError(f"ZAMC_META_TOKEN_FILE: {settings.meta_token_file}: {error.strerror}") from None
        return cls(
            token=token,
            graph_url=settings.meta_graph_url,
            version=settings.meta_api_version,
            timeout_seconds=settings.call_timeout_seconds,
            writes_per_second=settings.meta_writes_per_second,
            app_secret=settings.meta_app_secret.get_secret_value() if settings.meta_app_secret else None,
            observer=observer,
            around=around,
        )

    @cached_property
    def api(self) -> Any:
        """The FacebookAdsApi of the SDK; nothing is registered as its global default."""
        from facebook_business.api import FacebookAdsApi
        from requests import RequestException

        token, around, of_thread = self._token, self._around, self._of_thread

        class Api(FacebookAdsApi):
            def call(self, method: str, path: Any, *args: Any, **kwargs: Any) -> Any:
                refuse_inside_transaction("Meta")
                whole = path if isinstance(path, str) else "/".join(map(str, path))
                kind = "insights" if "/insights" in whole else "read" if method == "GET" else "mutate"
                account = getattr(of_thread, "account", "") or _account_in(whole)
                kind, calls = getattr(of_thread, "kind", "") or kind, getattr(of_thread, "calls", 1)
                with traced(method, whole, account=account, kind=kind, calls=calls) as of_thread.span, around(account, kind, calls):
                    try:
                        return super().call(method, path, *args, **kwargs)
                    except RequestException as error:
                        raise _of_transport(error, write=method != "GET", secrets=[token]) from None

        return Api(self._session(), api_version=self._version)

    def _session(self) -> Any:
        from http.cookiejar import DefaultCookiePolicy

        from facebook_business.session import FacebookSession
        from requests.adapters import HTTPAdapter
        from requests.utils import get_environ_proxies

        session = FacebookSession(access_token=self._token, app_secret=self._app_secret, timeout=self._timeout_seconds)
        session.GRAPH = self._graph_url
        http = session.requests
        # What the environment says of proxies is read once, not at each call; without cookies nothing of a session changes, so that
        # threads may share it.
        http.proxies.update(get_environ_proxies(self._graph_url))
        http.verify = os.environ.get("REQUESTS_CA_BUNDLE") or http.verify
        http.trust_env = False
        http.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        http.mount("https://", HTTPAdapter(pool_maxsize=_KEPT))
        http.mount("http://", HTTPAdapter(pool_maxsize=_KEPT))
        http.max_redirects = 0
        http.hooks["response"].append(self._check)
        return session

    def account(self, external_id: str) -> Any:
        """The SDK's AdAccount for an id such as "act_123"."""
        from facebook_business.adobjects.adaccount import AdAccount

        return AdAccount(external_id, api=self.api)

    def call(
        self,
        method: str,
        path: Sequence[str],
        params: Mapping[str, Any] | None = None,
        *,
        account: str,
        files: Mapping[str, Any] | None = None,
        video: bool = False,
        kind: str = "",
        calls: int = 1,
    ) -> Any:
        """One request; the parsed JSON of its answer.

        account: on whose behalf. video: to the host that takes videos. kind and calls: what a batch carries (see Around).
        """
        here = self._of_thread
        here.account, here.kind, here.calls, here.body = account, kind, calls, None
        try:
            self.api.call(method, path, params=dict(params or {}), files=files, url_override=self._video_url if video else None)
            return here.body
        finally:
            here.__dict__.clear()

    @property
    def _video_url(self) -> str:
        """Videos go to graph-video.facebook.com; any other host than Meta's own takes everything."""
        return self._graph_url.replace("://graph.facebook.com", "://graph-video.facebook.com")

    def _check(self, response: Any, *_: Any, **__: Any) -> None:
        try:
            body = response.json()
        except ValueError:
            body = response.text
        account = getattr(self._of_thread, "account", "") or _account_in(response.request.path_url)
        trace_id = response.headers.get("x-fb-trace-id") or response.headers.get("x-fb-request-id")
        getattr(self._of_thread, "span", NOTHING).set({"http.response.status_code": response.status_code, "zamc.request_id": trace_id})
        error = self.judge(response.status_code, body, response.headers, write=response.request.method != "GET", account=account)
        if error is not None:
            raise error from None
        self._of_thread.body = body

    def judge(self, status: int, body: Any, headers: Mapping[str, str], *, write: bool, account: str) -> OutsideError | None:
        """What an answer means, after the observer has heard what it says of the allowance."""
        if self._observer is not None and (said := usage.parse(headers)).entries:
            self._observer(account, said)
        return translate(status, body, headers, write=write, account=account, secrets=[self._token])

    def close(self) -> None:
        """End the connections."""
        if "api" in self.__dict__:
            self.api._session.requests.close()  # noqa: SLF001 - the SDK offers no other way to end its connections


def _freely(_account: str, _kind: str, _calls: int) -> AbstractContextManager[None]:
    return nullcontext()


def _account_in(path: str) -> str:
    return next((part for part in path.partition("?")[0].split("/") if part.startswith("act_")), "")


def _of_transport(error: Any, *, write: bool, secrets: list[str]) -> OutsideError:
    from requests import ConnectTimeout
    from urllib3.exceptions import NameResolutionError, NewConnectionError

    text = scrub(f"Meta does not answer: {type(error).__name__}: {error}", secrets=secrets)
    reason = getattr(error.args[0], "reason", None) if error.args else None
    never_sent = isinstance(error, ConnectTimeout) or isinstance(reason, NewConnectionError | NameResolutionError)
    kind = InDoubt if write and not never_sent else Later
    return kind(text, code=type(error).__name__, outage=True)
