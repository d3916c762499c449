"""Telemetry of a process: begun once at its edge, ended before it ends."""

import atexit
import logging
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote, urlsplit

from pydantic import SecretStr

from zamc.errors import ConfigurationError
from zamc.settings import Settings, settings
from zamc.telemetry import logs, tracing
from zamc.telemetry.redaction_rules import Redactor

if TYPE_CHECKING:
    from zamc.telemetry.export import Export

_FLUSH_SECONDS = 5.0
_LARGEST_FILE = 64 * 1024
_YAML = re.compile(r"^\s*(?:developer_token|client_secret|refresh_token)\s*:\s*[\"']?([^\"'\s#]+)", re.MULTILINE)

_started_in: int | None = None
_export: "Export | None" = None


def configure(*, level: int) -> None:
    """Logs alone, for a process that is ours."""
    _configure("", level, owned=True, own=_settings())


def start(process: str, *, owned: bool) -> None:
    """See zamc.telemetry.start."""
    global _started_in, _export  # noqa: PLW0603 - one for the process
    if _started_in == os.getpid():
        return
    own = _settings()
    _configure(process, logging.getLevelNamesMapping()[own.log_level] if own else logging.INFO, owned=owned, own=own)
    _started_in, _export = os.getpid(), None
    tracing.record_with(None, None)
    if own is not None and own.otlp_endpoint:
        from zamc.telemetry.export import Export

        _export = Export(
            endpoint=own.otlp_endpoint,
            headers=headers_of(own.otlp_headers),
            share=own.trace_share,
            process=process,
            version=_version(),
            environment=own.environment,
        )
        tracing.record_with(_export.tracer, _export.edge)
        atexit.register(stop)


def stop() -> None:
    """See zamc.telemetry.stop."""
    global _started_in, _export
    if _export is not None and _started_in == os.getpid():
        _export.flush(seconds=_FLUSH_SECONDS)
    tracing.record_with(None, None)
    _started_in, _export = None, None
    logs.LINES.process = ""


def flush() -> None:
    """Send what waits now, and go on: before something that may end the process."""
    if _export is not None and _started_in == os.getpid():
        _export.flush(seconds=_FLUSH_SECONDS)


def _configure(process: str, level: int, *, owned: bool, own: Settings | None) -> None:
    logs.LINES.process = process
    logs.LINES.redactor = Redactor(known_secrets(own) if own else ())
    logs.configure_structlog(level)
    if owned:
        logs.own_libraries(level)


def _settings() -> Settings | None:
    """None where the environment is not that of an installation: a process may still want to say why it cannot start."""
    try:
        return settings()
    except ConfigurationError:
        return None


def _version() -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("zamc")
    except PackageNotFoundError:  # a checkout that was never installed
        return "0"


def headers_of(said: SecretStr | None) -> Mapping[str, str]:
    """`name=value,name=value`, as OTEL_EXPORTER_OTLP_HEADERS has it: values are percent-encoded. Raises ConfigurationError."""
    found: dict[str, str] = {}
    parts = said.get_secret_value().split(",") if said and said.get_secret_value().strip() else []
    for part in parts:
        name, equals, value = part.strip().partition("=")
        if not equals or not re.fullmatch(r"[A-Za-z0-9-]+", name):
            raise ConfigurationError("ZAMC_OTLP_HEADERS must look like name=value,name=value")
        found[name.lower()] = unquote(value)
    return found


def known_secrets(own: Settings) -> Iterator[str]:
    """Every secret of the settings as it may turn up: whole, the parts of a list, passwords of addresses; and those of credential files."""
    for name in type(own).model_fields:
        value = getattr(own, name)
        if isinstance(value, SecretStr):
            yield from _forms_of(value.get_secret_value())
    if own.meta_token_file is not None:
        yield _read(own.meta_token_file).strip()
    if own.google_ads_yaml is not None:
        yield from _YAML.findall(_read(own.google_ads_yaml))


def _forms_of(secret: str) -> Iterator[str]:
    yield secret
    if "://" in secret:
        try:
            password = urlsplit(secret).password
        except ValueError:
            password = None
        if password:
            yield from {password, unquote(password)}
        return
    for part in secret.split(","):
        # As it stands in a header, and as an address quotes it.
        yield from (part.strip(), part.partition("=")[2].strip(), quote(part.strip(), safe=""))
    yield quote(secret, safe="")


def _read(file: Path) -> str:
    try:
        with file.open(encoding="utf-8", errors="replace") as opened:
            return opened.read(_LARGEST_FILE)
    except OSError:
        return ""
