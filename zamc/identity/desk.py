"""Everything that identity needs, put together from settings; made on first use and shared within the process."""

from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property

from zamc.clock import Clock
from zamc.database.engine import Database
from zamc.errors import ConfigurationError
from zamc.identity.hashing import PasswordHasher
from zamc.identity.keyring import Keyring
from zamc.identity.oidc import Oidc, Provider
from zamc.identity.recovery import Recovery
from zamc.identity.second_factor import SecondFactor
from zamc.identity.service import IdentityService
from zamc.identity.sessions import Sessions
from zamc.identity.sign_in import SignIn
from zamc.identity.signing import SigningKeys
from zamc.identity.throttle import Throttle
from zamc.identity.tokens import Tokens
from zamc.notifications.mail import FolderMailer, Mailer, NoMailer, SmtpMailer
from zamc.settings import Settings
from zamc.throttling.limiter import Limiter


@dataclass(frozen=True)
class IdentityDesk:
    """Raises ConfigurationError where something is asked for that ZAMC_IDENTITY_KEY protects, and it is not set."""

    settings: Settings
    database: Database
    clock: Clock
    limiter: Limiter

    @cached_property
    def keyring(self) -> Keyring:
        key = self.settings.identity_key
        if not key:
            raise ConfigurationError("ZAMC_IDENTITY_KEY is not set; signing in needs it (`openssl rand -hex 32` makes one)")
        return Keyring(key.get_secret_value())

    @cached_property
    def service(self) -> IdentityService:
        """Works without a key of the server, as API keys did before there was one."""
        return IdentityService(self.keyring if self.settings.identity_key else None)

    @cached_property
    def throttle(self) -> Throttle:
        return Throttle(self.limiter)

    @cached_property
    def sessions(self) -> Sessions:
        own = self.settings
        if own.environment == "production" and not own.cookie_secure:
            raise ConfigurationError("ZAMC_COOKIE_SECURE must not be false in production: sessions would travel in the clear")
        idle, longest = timedelta(seconds=own.session_idle_seconds), timedelta(seconds=own.session_seconds)
        return Sessions(own.redis_url.get_secret_value(), self.keyring, self.clock, idle=idle, longest=longest)

    @cached_property
    def signing_keys(self) -> SigningKeys:
        return SigningKeys(self.database, self.keyring, self.clock)

    @cached_property
    def tokens(self) -> Tokens:
        own = self.settings
        return Tokens(
            self.signing_keys,
            self.keyring,
            self.clock,
            issuer=(own.public_url or "zamc").rstrip("/"),
            access=timedelta(seconds=own.access_token_seconds),
            refresh=timedelta(seconds=own.refresh_token_seconds),
        )

    @cached_property
    def sign_in(self) -> SignIn:
        return SignIn(
            self.database,
            self.clock,
            hasher=PasswordHasher(),
            throttle=self.throttle,
            sessions=self.sessions,
            tokens=self.tokens,
            second_factor=SecondFactor(self.keyring, self.clock),
        )

    @cached_property
    def mailer(self) -> Mailer:
        own = self.settings
        if own.smtp_url:
            return SmtpMailer(own.smtp_url.get_secret_value(), sender=own.mail_from)
        return FolderMailer(own.mail_folder, sender=own.mail_from) if own.mail_folder else NoMailer()

    @cached_property
    def recovery(self) -> Recovery:
        return Recovery(
            self.database,
            self.clock,
            sign_in=self.sign_in,
            throttle=self.throttle,
            mailer=self.mailer,
            public_url=self.settings.public_url,
        )

    @cached_property
    def oidc(self) -> Oidc | None:
        """None where no provider is set."""
        own = self.settings
        if own.oidc_issuer is None:
            return None
        if own.oidc_client_id is None or not own.oidc_client_secret or own.public_url is None:
            raise ConfigurationError("ZAMC_OIDC_ISSUER needs ZAMC_OIDC_CLIENT_ID, ZAMC_OIDC_CLIENT_SECRET and ZAMC_PUBLIC_URL beside it")
        provider = Provider(own.oidc_issuer, own.oidc_client_id, own.oidc_client_secret.get_secret_value())
        redirect_url = f"{own.public_url.rstrip('/')}/auth/oidc/callback"
        return Oidc(provider, self.database, self.clock, redis_url=own.redis_url.get_secret_value(), redirect_url=redirect_url)
