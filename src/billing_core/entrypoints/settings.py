"""What the operator sets, read once from the environment and checked before anything starts."""

import hmac
import json
import re
import secrets
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from attrs import evolve, field, frozen

from billing_core.domain.errors import InvalidValue
from billing_core.domain.fraud import FraudPolicies, policies_of
from billing_core.entrypoints.environment import SettingsError, flag, several
from billing_core.entrypoints.image_settings import ImageSettings, image_settings
from billing_core.entrypoints.mail_settings import MailSettings, mail_settings
from billing_core.entrypoints.rate_settings import RateSettings, rate_settings
from billing_core.entrypoints.sight_settings import SightSettings, sight_settings
from billing_core.entrypoints.sources import everything_told
from billing_core.entrypoints.strength import SHORTEST_SECRET, ensure_strong
from billing_core.entrypoints.stripe_settings import Mode, StripeSettings, stripe_settings
from billing_core.entrypoints.token_settings import jwks_url

SQLITE = "sqlite:///"
POSTGRESQL = "postgresql://"
MEMORY = "memory://"
DEFAULT_DATABASE = "sqlite:///var/billing.db"
UNNAMED = (SQLITE, f"{SQLITE}:memory:")  # books that go when the command ends
SIGNING_SECRET = re.compile(r"whsec_[!-~]+")


def named(database_url: str) -> str:
    """The database's URL without what may be secret: who connects, with which password, and the options."""
    if not database_url.startswith(POSTGRESQL):
        return database_url
    parts = urlsplit(database_url)
    return f"{POSTGRESQL}{parts.netloc.rpartition('@')[2]}{parts.path}"


def _one_scheme(database_url: str) -> str:
    """`postgres://` is what some hosts say for the same."""
    return re.sub("^postgres://", POSTGRESQL, database_url)


def _is_readable(_: object, __: object, database_url: str) -> None:
    """A password that is not found where every reader of the URL finds it would be shown as a part of the address."""
    try:
        parts = urlsplit(database_url)
        is_one = parts.netloc.count("@") == database_url.count("@") <= 1 and parts.port != 0
    except ValueError:  # it has a port that is none, or half an IPv6 address
        is_one = False
    if database_url.startswith(POSTGRESQL) and not is_one:
        raise SettingsError(
            "BILLING_DATABASE_URL is no URL: in its user and password, / ? # @ [ ] must be %2F %3F %23 %40 %5B %5D"
        )


@frozen(kw_only=True)
class Settings:
    """Every setting of API.md that this version reads. Secrets do not show in its repr."""

    database_url: str = field(default=DEFAULT_DATABASE, converter=_one_scheme, validator=_is_readable, repr=named)
    catalog: str | None = None
    host: str = "127.0.0.1"
    port: int = 8000
    jwt_secret: str = field(default="", repr=False)
    jwt_audience: str | None = None
    jwt_issuer: str | None = None
    jwks_url: str = ""
    image_store: str | None = None
    admin_emails: frozenset[str] = frozenset()
    allowed_redirects: frozenset[str] = frozenset()
    cors_origins: frozenset[str] = frozenset()
    frontend_url: str = ""
    support_email: str = ""
    terms_url: str = ""
    currency: str = "usd"
    payments_enabled: bool = True
    old_urls: bool = False
    webhook_secrets: tuple[str, ...] = field(default=(), repr=False)
    stripe: StripeSettings = StripeSettings()
    images: ImageSettings = ImageSettings()
    mail: MailSettings | None = None
    fraud: FraudPolicies = FraudPolicies()
    sight: SightSettings = SightSettings()
    rates: RateSettings = RateSettings()
    concurrency: int = 4

    @property
    def mode(self) -> Mode:
        """Whose money moves."""
        return self.stripe.mode

    @property
    def base_url(self) -> str:
        """Where this server is reached."""
        return f"http://{self.host}:{self.port}"

    @property
    def return_url(self) -> str:
        """The origin that customers come back to."""
        return self.frontend_url or self.base_url

    @property
    def folder(self) -> Path:
        """Where this machine keeps its files: beside an embedded database, else in `var`."""
        if self.is_on_postgresql:
            return Path("var")
        return Path(self.database_url.removeprefix(SQLITE)).parent

    @property
    def is_on_postgresql(self) -> bool:
        """Whether several processes and machines may share the books."""
        return self.database_url.startswith(POSTGRESQL)

    @property
    def signing_key(self) -> bytes:
        """What quotes and image URLs are signed with: not the key of the tokens, but made from it."""
        return hmac.new(self.jwt_secret.encode(), b"billing-core signing", "sha256").digest()


def from_environment(environ: Mapping[str, str] | None = None) -> Settings:
    """The settings as these variables have them, or whatever this process is told. Raises SettingsError."""
    environ = everything_told() if environ is None else environ
    database = _one_scheme(environ.get("BILLING_DATABASE_URL") or DEFAULT_DATABASE)
    if database in UNNAMED or not (database == MEMORY or database.startswith((SQLITE, POSTGRESQL))):
        raise SettingsError("BILLING_DATABASE_URL must be postgresql://…, sqlite:///path or memory://")
    settings = Settings(
        database_url=database,
        catalog=environ.get("BILLING_CATALOG") or None,
        host=environ.get("HOST") or "127.0.0.1",
        port=_port(environ.get("PORT") or "8000"),
        jwt_secret=environ.get("BILLING_JWT_SECRET") or "",
        jwt_audience=environ.get("BILLING_JWT_AUDIENCE") or None,
        jwt_issuer=environ.get("BILLING_JWT_ISSUER") or None,
        jwks_url=jwks_url(environ),
        image_store=environ.get("BILLING_IMAGE_STORE") or None,
        admin_emails=several(environ.get("BILLING_ADMIN_EMAILS", "")),
        allowed_redirects=_origins("BILLING_ALLOWED_REDIRECTS", environ.get("BILLING_ALLOWED_REDIRECTS", "")),
        cors_origins=_origins("BILLING_CORS_ORIGINS", environ.get("BILLING_CORS_ORIGINS", "")),
        frontend_url=(environ.get("FRONTEND_URL") or "").rstrip("/"),
        support_email=environ.get("BILLING_SUPPORT_EMAIL") or "",
        terms_url=_web_address("BILLING_TERMS_URL", environ.get("BILLING_TERMS_URL") or ""),
        currency=(environ.get("STRIPE_CURRENCY") or "usd").lower(),
        payments_enabled=flag(environ, "STRIPE_ENABLED") is not False,
        old_urls=flag(environ, "BILLING_OLD_URLS") is True,
        webhook_secrets=tuple(sorted(several(environ.get("STRIPE_WEBHOOK_SECRET", "")))),
        stripe=stripe_settings(environ),
        images=image_settings(environ),
        mail=mail_settings(environ),
        fraud=_fraud_policies(environ.get("BILLING_FRAUD_POLICY", "")),
        sight=sight_settings(environ),
        rates=rate_settings(environ),
    )
    ensure_strong(
        settings.jwt_secret,
        settings.webhook_secrets,
        (settings.stripe.secret_key, settings.sight.metrics_token),
        is_live=settings.mode.is_live,
    )
    if settings.mode is not Mode.SIMULATED and not all(map(SIGNING_SECRET.fullmatch, settings.webhook_secrets)):
        raise SettingsError(
            "STRIPE_WEBHOOK_SECRET must be the signing secret of the endpoint, which begins with whsec_"
        )
    return settings


def with_secrets(settings: Settings) -> Settings:
    """The settings with every secret that was left out, made at the first start and kept beside the database.

    Raises SettingsError where one cannot be made up here: it must be the same on several machines, or is Stripe's.
    """
    if settings.mode is not Mode.SIMULATED and not settings.webhook_secrets:
        raise SettingsError(
            "STRIPE_WEBHOOK_SECRET must be set with STRIPE_SECRET_KEY: Stripe shows it where the webhook endpoint is "
            "made, and `stripe listen` where it forwards to this machine (it begins with whsec_)"
        )
    if settings.is_on_postgresql and not settings.jwt_secret:
        raise SettingsError(
            "BILLING_JWT_SECRET must be set on PostgreSQL, to the same for every process: "
            f"what one of them signs, the others check (at least {SHORTEST_SECRET} bytes)"
        )
    kept = None if settings.database_url == MEMORY else settings.folder / "secrets.json"
    known: dict[str, str] = json.loads(kept.read_text()) if kept and kept.exists() else {}
    made = {
        "jwt_secret": known.get("jwt_secret") or secrets.token_urlsafe(48),
        "webhook_secret": known.get("webhook_secret") or f"whsec_{secrets.token_hex(24)}",
    }
    if kept and not known and not (settings.jwt_secret and settings.webhook_secrets):
        kept.parent.mkdir(parents=True, exist_ok=True)
        beside = kept.with_name(f"{kept.name}.new")  # renaming is atomic, writing is not
        beside.touch(mode=0o600)
        beside.write_text(json.dumps(made))
        beside.replace(kept)
    return evolve(
        settings,
        jwt_secret=settings.jwt_secret or made["jwt_secret"],
        webhook_secrets=settings.webhook_secrets or (made["webhook_secret"],),
    )


def _origins(name: str, value: str) -> frozenset[str]:
    try:
        return frozenset(map(origin, several(value)))
    except SettingsError as error:
        raise SettingsError(f"{name}: {error}") from error


def origin(url: str) -> str:
    """The `scheme://host[:port]` of a URL. Raises SettingsError for what is not one http(s) origin."""
    try:
        parts = urlsplit(url)
    except ValueError as error:
        raise SettingsError(f"{url!r} is not an http(s) origin") from error
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.username is not None or "*" in parts.netloc:
        raise SettingsError(f"{url!r} is not an http(s) origin")
    return f"{parts.scheme}://{parts.netloc}".lower()


def _web_address(name: str, url: str) -> str:
    if url and not url.startswith(("https://", "http://")):
        raise SettingsError(f"{name} must begin with https:// or http://")
    return url


def _fraud_policies(value: str) -> FraudPolicies:
    try:
        return policies_of(value)
    except InvalidValue as error:
        raise SettingsError(f"BILLING_FRAUD_POLICY: {error.problem}") from error


def _port(value: str) -> int:
    if not (value.isascii() and value.isdigit()) or not 0 <= int(value) <= 65535:
        raise SettingsError("PORT must be a number from 0 to 65535")
    return int(value)
