"""Who makes the pictures: providers that there is a key for, or nobody, and then they are drawn.

Each provider has `NAME_API_KEY` and `NAME_BASE_URL`. `OPENAI_BASE_URL` is what other programs are given too, so it may
stand for any of them: at a known provider's host it sets up that provider; at any other it is a proxy or a server of
one's own, which serves every model whose provider has nothing of its own, and is asked as that provider would be.
"""

import math
import re
from collections.abc import Mapping
from ipaddress import ip_address
from urllib.parse import urlsplit

from attrs import field, frozen

from billing_core.entrypoints.environment import SettingsError

_KEY = re.compile(r"[!-~]+")
_HOST = re.compile(r"(?=.{1,253}$)[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63})*")
_MOST_AT_ONCE = 500
_LONGEST_DRAWING_S = 120


@frozen
class ProviderAccess:
    """How a provider is reached: with its key (empty where it asks for none), at its own address or the one given.

    What stands behind a `?` is sent with every request, such as Azure's `api-version`; it does not show in the repr.
    """

    key: str = field(default="", repr=False)
    base_url: str = field(default="", repr=lambda url: url.partition("?")[0])


@frozen(kw_only=True)
class ImageSettings:
    """`providers` are those that are set up, by the catalog's name; `elsewhere` serves the models of all others.

    `concurrency` is how many generations are made at once, `drawing_s` how long a drawn placeholder pretends to take.
    """

    providers: Mapping[str, ProviderAccess] = field(factory=dict)
    elsewhere: ProviderAccess | None = None
    concurrency: int = 8
    drawing_s: float = 0

    @property
    def are_drawn(self) -> bool:
        """Whether pictures are placeholders."""
        return not self.providers and self.elsewhere is None

    @property
    def in_clear(self) -> tuple[str, ...]:
        """The hosts that get a key which others on the way could read."""
        reached = (*self.providers.values(), *([self.elsewhere] if self.elsewhere else []))
        return tuple(
            urlsplit(access.base_url).netloc
            for access in reached
            if access.key and access.base_url.startswith("http://") and not _is_near(access.base_url)
        )

    @property
    def told(self) -> str:
        """Who makes them, in words."""
        if self.are_drawn:
            return "drawn placeholders (how to have real ones: docs/images.md)"
        others = [urlsplit(self.elsewhere.base_url).netloc] if self.elsewhere else []
        return f"made by {', '.join([*sorted(self.providers), *others])}"


@frozen(kw_only=True)
class _Known:
    """How the environment names a provider, and the domains that its hosts are in. One without a home has no address
    that is everybody's; a server of one's own may ask for no key."""

    prefix: str
    domains: tuple[str, ...] = ()
    has_home: bool = True
    asks_for_key: bool = True

    @property
    def key(self) -> str:
        return f"{self.prefix}_API_KEY"

    @property
    def base_url(self) -> str:
        return f"{self.prefix}_BASE_URL"

    def is_at(self, url: str) -> bool:
        host = urlsplit(url).hostname or ""
        return any(host == domain or host.endswith(f".{domain}") for domain in self.domains)


OPENAI = "openai"
# Machines that are rented there have names in azure.com as well, and may be anybody's proxy.
_AT_AZURE = ("openai.azure.com", "services.ai.azure.com", "cognitiveservices.azure.com")
PROVIDERS: Mapping[str, _Known] = {
    OPENAI: _Known(prefix="OPENAI", domains=("openai.com",)),
    "azure": _Known(prefix="AZURE_OPENAI", domains=_AT_AZURE, has_home=False),
    "deepinfra": _Known(prefix="DEEPINFRA", domains=("deepinfra.com",)),
    "together": _Known(prefix="TOGETHER", domains=("together.xyz", "together.ai")),
    "nebius": _Known(prefix="NEBIUS", domains=("nebius.com", "nebius.ai")),
    "self_hosted": _Known(prefix="SELF_HOSTED", has_home=False, asks_for_key=False),
}


def image_settings(environ: Mapping[str, str]) -> ImageSettings:
    """What the environment says of pictures. Raises SettingsError."""
    given = {name: access for name, known in PROVIDERS.items() if (access := _access(environ, known))}
    providers, elsewhere = _told_by_openai(given)
    for name, access in providers.items():
        _ensure_whole(PROVIDERS[name], access)
    return ImageSettings(
        providers=providers,
        elsewhere=elsewhere,
        concurrency=_concurrency(environ.get("BILLING_IMAGE_CONCURRENCY") or "8"),
        drawing_s=_seconds(environ.get("BILLING_DRAWING_SECONDS") or "1"),
    )


def _told_by_openai(given: Mapping[str, ProviderAccess]) -> tuple[dict[str, ProviderAccess], ProviderAccess | None]:
    """The providers, with OpenAI's address where it is another's, and who is at an address that nobody knows."""
    providers = dict(given)
    openai = providers.get(OPENAI, ProviderAccess())
    if not openai.base_url or PROVIDERS[OPENAI].is_at(openai.base_url):
        return providers, None
    del providers[OPENAI]
    name = next((name for name, known in PROVIDERS.items() if known.is_at(openai.base_url)), None)
    if name is None:
        return providers, openai
    if name in providers:
        raise SettingsError(f"OPENAI_BASE_URL and {PROVIDERS[name].prefix}_… both set up {name}: keep one of them")
    return providers | {name: openai}, None


def _access(environ: Mapping[str, str], known: _Known) -> ProviderAccess | None:
    key, base_url = (environ.get(known.key) or "").strip(), (environ.get(known.base_url) or "").strip()
    if key and not _KEY.fullmatch(key):
        raise SettingsError(f"{known.key} must have no spaces and nothing but ASCII")
    if base_url:
        base_url = _address(known.base_url, base_url)
    return ProviderAccess(key, base_url) if key or base_url else None


def _ensure_whole(known: _Known, access: ProviderAccess) -> None:
    if known.asks_for_key and not access.key:
        raise SettingsError(f"there is no key for {access.base_url}: set {known.key}")
    if not known.has_home and not access.base_url:
        raise SettingsError(f"{known.base_url} must be set with {known.key}: the address is your own")


def _address(name: str, url: str) -> str:
    try:
        parts = urlsplit(url)
        is_plain = parts.scheme in {"http", "https"} and _is_host(parts.hostname or "") and parts.port != 0
    except ValueError as error:
        raise SettingsError(f"{name} must be an http(s) address") from error
    if not is_plain or parts.username is not None or parts.fragment:
        raise SettingsError(f"{name} must be an http(s) address without user and fragment")
    return url.rstrip("/")


def _is_host(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:  # a name that ends in a number would be read as an address of long ago
        return _HOST.fullmatch(name) is not None and not name.rpartition(".")[2].isdigit()
    return True


def _concurrency(value: str) -> int:
    if not (value.isascii() and value.isdigit()) or not 1 <= int(value) <= _MOST_AT_ONCE:
        raise SettingsError(f"BILLING_IMAGE_CONCURRENCY must be a number from 1 to {_MOST_AT_ONCE}")
    return int(value)


def _seconds(value: str) -> float:
    try:
        seconds = float(value)
    except ValueError:
        seconds = math.nan
    if not 0 <= seconds <= _LONGEST_DRAWING_S:
        raise SettingsError(f"BILLING_DRAWING_SECONDS must be a number from 0 to {_LONGEST_DRAWING_S}")
    return seconds


def _is_near(url: str) -> bool:
    """Whether it stays within one's own network, where names need no dot."""
    host = urlsplit(url).hostname or ""
    try:
        return ip_address(host).is_private
    except ValueError:
        return "." not in host
