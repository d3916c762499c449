"""Every ZAMC_* variable, typed and documented. One class, read once at the edge and handed inwards."""

import os
from functools import cache
from pathlib import Path

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from zamc.errors import ConfigurationError


class Settings(BaseSettings):
    """Settings of one process. `ZAMC_FOO=...` in the environment sets `foo`, else the file ZAMC_FOO in the folder of secrets."""

    model_config = SettingsConfigDict(env_prefix="ZAMC_", extra="ignore", frozen=True)

    environment: str = Field("local", pattern="^(local|staging|production)$", description="Which schedules and sensors are registered.")
    secrets_dir: Path | None = Field(
        None, description="Folder with one file per secret, each named like its variable; a variable in the environment wins."
    )
    home: Path = Field(Path("~/.local/share/zamc").expanduser(), description="Data folder of the embedded stack.")

    database_url: SecretStr = Field(description="PostgreSQL as role zamc_app: postgresql+psycopg://zamc_app:...@host:port/zamc")
    database_owner_url: SecretStr | None = Field(None, description="PostgreSQL as role zamc_owner; only migrations need it.")
    nats_url: SecretStr = Field(description="NATS with JetStream: nats://user:password@host:port")
    nats_replicas: int = Field(1, ge=1, le=5, description="Replicas of the stream ZAMC; 3 in a cluster.")
    redis_url: SecretStr = Field(description="Redis or Valkey: redis://:password@host:port/0")
    objects_url: str = Field(description="Where images and exports lie, as fsspec writes it: file:///folder or s3://bucket/prefix")
    archive_url: str | None = Field(
        None, description="Where old months of facts go, as fsspec writes it; the folder archive of ZAMC_OBJECTS_URL by default."
    )
    archive_after_months: int = Field(25, ge=4, le=120, description="Whole months of facts before this one that the database keeps.")
    business_clock_file: Path | None = Field(None, description="A demo's movable clock; leave it unset in production.")

    public_url: str | None = Field(
        None,
        pattern=r"^https?://[^/?#\s@]+$",
        description="Address under which people reach the API; links in mails are made of it, never of what a request says.",
    )
    identity_key: SecretStr | None = Field(
        None,
        description="Protects API keys, sessions, second factors and signing keys: at least 32 random characters; several, newest first, "
        "separated by commas. Without it only API keys that were made without it are known.",
    )
    cookie_secure: bool = Field(
        True, description="Session cookie with the prefix __Host- and Secure. false only on one machine without TLS; production refuses it."
    )
    live_sockets: int = Field(12_000, ge=1, description="WebSockets of one process of the API; it needs as many file descriptors.")
    live_sockets_per_user: int = Field(30, ge=1, description="WebSockets of one user on one process of the API.")
    session_idle_seconds: int = Field(7200, ge=60, description="A browser that asks nothing for so long is signed out.")
    session_seconds: int = Field(86_400, ge=60, description="A browser is signed out after so long in any case.")
    access_token_seconds: int = Field(600, ge=30, le=3600, description="How long an access token (JWT) is good.")
    refresh_token_seconds: int = Field(2_592_000, ge=60, description="How long a family of refresh tokens is good in all.")
    smtp_url: SecretStr | None = Field(
        None, description="Mail server: smtp://user:password@host:587 (STARTTLS) or smtps://...:465; ?tls=off only within a machine."
    )
    mail_from: str = Field("ZAMC <zamc@localhost>", description="Sender of mails.")
    mail_folder: Path | None = Field(None, description="Folder for mails as files, while ZAMC_SMTP_URL is not set: for one machine.")
    digest_hour: int = Field(8, ge=0, le=23, description="Hour of a project's day from which on its digest is sent.")
    news_kept_days: int = Field(180, ge=7, description="Days after which news that was delivered is forgotten; what it was about stays.")
    notify_inside: bool = Field(
        False,
        description="Slack and webhook endpoints may lie inside the network, on any port, without TLS. For development alone.",
    )
    oidc_issuer: str | None = Field(None, description="OpenID provider to sign in with: its issuer, as its configuration page names it.")
    oidc_client_id: str | None = Field(None, description="Id of ZAMC at the OpenID provider.")
    oidc_client_secret: SecretStr | None = Field(None, description="Secret of ZAMC at the OpenID provider.")
    oidc_name: str = Field("your organisation", description="What people call the OpenID provider.")

    google_ads_yaml: Path | None = Field(
        None, description="A google-ads.yaml as the official client reads it (its own settings and credentials)."
    )
    google_ads_api_version: str = Field("v26", pattern=r"^v\d+$", description="Google Ads API version to speak.")
    google_ads_access_level: str = Field(
        "basic",
        pattern="^(explorer|test|basic|standard|none)$",
        description="Access level of the Google Ads developer token; sets its operations a day. none: only Google's own refusals count.",
    )
    meta_access_tier: str = Field(
        "standard",
        pattern="^(development|standard|none)$",
        description="Access tier of the Meta app to the Marketing API; sets its limits. none: only what Meta's answers say counts.",
    )
    meta_writes_per_second: int = Field(
        100,
        ge=1,
        description="Writes a second that Meta takes on one ad account; less where other apps write to the same accounts.",
    )
    meta_app_id: str | None = Field(None, pattern=r"^\d+$", description="Id of the Meta app; accounts with its tokens share its limits.")
    meta_app_secret: SecretStr | None = Field(None, description="Secret of the Meta app; with it each call is proven to be the app's own.")
    credentials_key: SecretStr | None = Field(
        None,
        description="Encrypts the credentials of ad accounts: at least 32 random characters; several, newest first, separated by commas.",
    )
    google_token_url: str = Field(
        "https://oauth2.googleapis.com/token",
        description="Where Google's refresh tokens are redeemed; a service account's key names its own.",
    )
    meta_token_file: Path | None = Field(None, description="File with the access token of a Meta system user.")
    meta_graph_url: str = Field("https://graph.facebook.com", description="Base address of Meta's Graph API.")
    meta_api_version: str = Field("v25.0", pattern=r"^v\d+\.\d+$", description="Graph API version to speak.")

    model_providers: str = Field(
        "anthropic,openai,huggingface",
        pattern=r"^(anthropic|openai|huggingface)(,(anthropic|openai|huggingface))*$",
        description="Model providers in the order in which they are asked, for projects that name none; those without a key are left out.",
    )
    openai_api_key: SecretStr | None = Field(None, description="Key of OpenAI, or of an endpoint that speaks its Chat Completions.")
    openai_url: str = Field("https://api.openai.com/v1", description="Base address of OpenAI's API.")
    openai_model: str = Field("gpt-5.4-mini", description="Model to ask at OpenAI; it needs a price (ZAMC_MODEL_PRICES).")
    openai_image_model: str | None = Field(
        None,
        description="Model that paints backgrounds of pictures at OpenAI, such as gpt-image-2.5-flare; unset: our own layouts alone. "
        "It needs a price (ZAMC_MODEL_PRICES), and the project OpenAI among its providers.",
    )
    openai_requests_per_minute: int = Field(500, ge=0, description="Calls to OpenAI in a minute; 0: only its own refusals count.")
    anthropic_api_key: SecretStr | None = Field(None, description="Key of Anthropic, or of an endpoint that speaks its Messages.")
    anthropic_url: str = Field("https://api.anthropic.com", description="Base address of Anthropic's API.")
    anthropic_model: str = Field("claude-sonnet-4-6", description="Model to ask at Anthropic; it needs a price (ZAMC_MODEL_PRICES).")
    anthropic_requests_per_minute: int = Field(50, ge=0, description="Calls to Anthropic in a minute; 0: only its own refusals count.")
    huggingface_api_key: SecretStr | None = Field(None, description="Token of Hugging Face, or of a TGI endpoint of your own.")
    huggingface_url: str = Field("https://router.huggingface.co/v1", description="Base address of chat completions, up to /v1.")
    huggingface_model: str = Field(
        "meta-llama/Llama-3.3-70B-Instruct", description="Model to ask at Hugging Face; it needs a price (ZAMC_MODEL_PRICES)."
    )
    huggingface_requests_per_minute: int = Field(60, ge=0, description="Calls to Hugging Face in a minute; 0: only its own refusals count.")
    model_prices: dict[str, tuple[str, str]] = Field(
        {},
        description="US dollars per million tokens read and written, beside the price table; "
        'JSON such as {"huggingface/my-model": ["0.10", "0.40"]}.',
    )
    model_timeout_seconds: float = Field(90, gt=0, description="Time limit of an answer of a model, and of each of its pieces.")
    model_concurrency: int = Field(8, ge=1, le=64, description="Strategies that one run has written by models at once.")

    call_timeout_seconds: float = Field(60, gt=0, description="Client time limit of one call to a platform.")
    lease_seconds: float = Field(120, gt=0, description="How long a claimed item is its worker's own; must exceed the call's time limit.")
    quiet_period_seconds: float = Field(90, gt=0, description="Q of the launch protocol: send window + latest landing + read lag.")
    read_back_gap_seconds: float = Field(2, ge=0, description="Pause between two read-backs of a stop.")
    alert_stop_unconfirmed_seconds: float = Field(300, gt=0, description="How long a pause may stay unconfirmed before a person is told.")
    alert_stuck_seconds: float = Field(3600, gt=0, description="How long a deployment may stand still on its way to live before that.")
    alert_silent_seconds: float = Field(1800, gt=0, description="How long an ad account may not answer before that.")
    events_per_run: int = Field(500, ge=1, le=500, description="How many events of one sensor tick a Dagster run takes at most.")
    look_back_days: int = Field(
        3, ge=0, le=90, description="How many closed days a daily sync reads again at least; longer while conversions may still come."
    )
    report_timeout_seconds: float = Field(
        1800, gt=0, description="How long a report that Meta makes in its own time may take before smaller ones are asked for."
    )
    fx_rates_url: str | None = Field(
        None,
        pattern="^(https?|file)://",
        description="File of reference rates as the ECB publishes them, such as "
        "https://www.ecb.europa.eu/stats/eurofxref/eurofxref-hist-90d.xml; unset: amounts are shown in their own currency alone.",
    )

    log_level: str = Field(
        "INFO", pattern="^(DEBUG|INFO|WARNING|ERROR)$", description="What is logged; WARNING leaves out the line that each request writes."
    )
    otlp_endpoint: str | None = Field(
        None,
        pattern=r"^https?://[^?#\s@]+$",
        description="Base address of an OpenTelemetry collector that takes OTLP over HTTP, such as http://collector:4318; "
        "unset: nothing is traced.",
    )
    otlp_headers: SecretStr | None = Field(
        None, description="Headers that the collector wants: name=value,name=value, values percent-encoded."
    )
    trace_share: float = Field(1.0, ge=0, le=1, description="Share of the traces that begin here, of requests and runs, that are recorded.")
    metrics_token: SecretStr | None = Field(
        None,
        description="Token with which Prometheus asks the API for /metrics, at least 16 characters: Authorization: Bearer ...; "
        "unset or empty: there is no such page.",
    )

    trusted_documents_only: bool = Field(
        False, description="The API executes GraphQL documents that are registered by id, the dashboard's, and refuses all others."
    )
    api_cost_per_minute: int = Field(
        200_000, ge=1_000, description="Cost of GraphQL operations of one user or API key in a minute; a project: five times as much."
    )


@cache
def settings() -> Settings:
    """The process's settings. Raises ConfigurationError that names each missing or wrong variable, never its value."""
    folder = os.environ.get("ZAMC_SECRETS_DIR") or None
    if folder is not None and not Path(folder).is_dir():
        raise ConfigurationError(f"ZAMC_SECRETS_DIR: {folder} is not a folder; mount the secrets there, or unset the variable")
    try:
        return Settings(_secrets_dir=folder)
    except ValidationError as error:
        wrong = "; ".join(f"ZAMC_{'_'.join(map(str, e['loc'])).upper()}: {e['msg']}" for e in error.errors(include_input=False))
        raise ConfigurationError(f"{wrong}. `zamc env` prints the variables of the local stack") from None
    except OSError as error:
        raise ConfigurationError(f"ZAMC_SECRETS_DIR: {error.filename} cannot be read: {error.strerror}") from None
