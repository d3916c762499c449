"""Reads published rates: from the web, or from a file."""

from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

from zamc.database.engine import refuse_inside_transaction
from zamc.errors import ConfigurationError, GiveUp, Later

_MOST_BYTES = 32 * 2**20


class PublishedRates:
    """A file of the European Central Bank's reference rates, by its address: https://, http:// or file://. An operator names it, so that
    it is fetched as it is named, through whatever proxy the environment says."""

    def __init__(self, url: str, *, timeout_seconds: float) -> None:
        self._url, self._timeout_seconds = url, timeout_seconds
        self.name = urlsplit(url).hostname or "file"

    def read(self) -> str:
        """Raises Later when nobody answers, GiveUp for a refusal, ConfigurationError when the file is not there."""
        refuse_inside_transaction("published rates")
        parts = urlsplit(self._url)
        return self._file(Path(url2pathname(parts.path))) if parts.scheme == "file" else self._fetched()

    def _file(self, path: Path) -> str:
        try:
            return path.read_text(encoding="utf-8")
        except OSError as error:
            raise ConfigurationError(f"ZAMC_FX_RATES_URL: {path}: {error.strerror}") from None

    def _fetched(self) -> str:
        import httpx

        try:
            with httpx.stream("GET", self._url, timeout=self._timeout_seconds, follow_redirects=True) as answer:
                if answer.status_code >= 500 or answer.status_code == 429:
                    raise Later(f"{self.name} answered HTTP {answer.status_code}", code=str(answer.status_code), outage=True)
                if answer.status_code != 200:
                    raise GiveUp(f"{self.name} answered HTTP {answer.status_code} for its rates", code=str(answer.status_code))
                body = bytearray()
                for piece in answer.iter_bytes():
                    body += piece
                    if len(body) > _MOST_BYTES:
                        raise GiveUp(f"{self.name} sends more than {_MOST_BYTES} bytes; that is no file of rates")
                return body.decode("utf-8", errors="replace")
        except httpx.HTTPError as error:
            raise Later(f"{self.name} does not answer: {type(error).__name__}", code=type(error).__name__, outage=True) from None
