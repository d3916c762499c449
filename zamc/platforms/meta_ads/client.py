"""The official Meta Business SDK with our time limit, no global state, and our errors.

The SDK takes almost any non-empty body for a success whatever the HTTP status says, and breaks on a proxy's HTML page; so every
answer is checked on the session, before the SDK reads it. Objects of the SDK work as ever: hand them `client.api`.
"""

import threading
from typing import Any

from zamc.database.engine import refuse_inside_transaction
from zamc.errors import ConfigurationError, InDoubt, Later, OutsideError
from zamc.platforms.errors import scrub
from zamc.platforms.meta_ads.errors import translate
from zamc.settings import Settings


class MetaClient:
    """One access token, any number of ad accounts. Threads may share it: each has an HTTP session of its own behind `api`.

    Every call through `api` may raise Later, InDoubt (writes: POST and DELETE), Mend or GiveUp.
    """

    def __init__(self, *, token: str, graph_url: str, version: str, timeout_seconds: float) -> None:
        self._token = token
        self._graph_url = graph_url.rstrip("/")
        self._version = version
        self._timeout_seconds = timeout_seconds
        self._of_thread = threading.local()

    @classmethod
    def from_settings(cls, settings: Settings) -> "MetaClient":
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
        )

    @property
    def api(self) -> Any:
        """This thread's FacebookAdsApi of the SDK; nothing is registered as its global default."""
        if not hasattr(self._of_thread, "api"):
            self._of_thread.api = self._connect()
        return self._of_thread.api

    def _connect(self) -> Any:
        from facebook_business.api import FacebookAdsApi
        from facebook_business.session import FacebookSession
        from requests import RequestException

        token, timeout = self._token, self._timeout_seconds

        class Api(FacebookAdsApi):
            def call(self, method: str, path: Any, *args: Any, **kwargs: Any) -> Any:
                refuse_inside_transaction("Meta")
                try:
                    return super().call(method, path, *args, **kwargs)
                except RequestException as error:
                    raise _of_transport(error, write=method != "GET", secrets=[token]) from None

        session = FacebookSession(access_token=token, timeout=timeout)
        session.GRAPH = self._graph_url
        session.requests.max_redirects = 0
        session.requests.hooks["response"].append(self._check)
        return Api(session, api_version=self._version)

    def account(self, external_id: str) -> Any:
        """The SDK's AdAccount for an id such as "act_123"."""
        from facebook_business.adobjects.adaccount import AdAccount

        return AdAccount(external_id, api=self.api)

    def _check(self, response: Any, *_: Any, **__: Any) -> None:
        try:
            body = response.json()
        except ValueError:
            body = response.text
        account = next((part for part in response.request.path_url.split("?")[0].split("/") if part.startswith("act_")), "")
        write = response.request.method != "GET"
        error = translate(response.status_code, body, response.headers, write=write, account=account, secrets=[self._token])
        if error is not None:
            raise error from None

    def close(self) -> None:
        """End this thread's connections; those of other threads end with them."""
        if hasattr(self._of_thread, "api"):
            self._of_thread.api._session.requests.close()  # noqa: SLF001 - the SDK offers no other way to end its connections
            del self._of_thread.api


def _of_transport(error: Any, *, write: bool, secrets: list[str]) -> OutsideError:
    from requests import ConnectTimeout
    from urllib3.exceptions import NameResolutionError, NewConnectionError

    text = scrub(f"Meta does not answer: {type(error).__name__}: {error}", secrets=secrets)
    reason = getattr(error.args[0], "reason", None) if error.args else None
    never_sent = isinstance(error, ConnectTimeout) or isinstance(reason, NewConnectionError | NameResolutionError)
    kind = InDoubt if write and not never_sent else Later
    return kind(text, code=type(error).__name__)
