"""Who may be asked, and with what key."""

from urllib.parse import urlsplit

from attrs import field, frozen

from billing_core.adapters.openai.quirks import QUIRKS

PROVIDERS: tuple[str, ...] = tuple(QUIRKS)


@frozen
class Access:
    """A key, and where it is for; None is the provider's own place. A server of one's own may need no key: "".

    What stands behind a `?` in the base URL is sent with every request.
    """

    api_key: str = field(repr=False)
    base_url: str | None = None


def provider_at(base_url: str) -> str | None:
    """Which known provider the URL belongs to; None for any other host, such as a proxy or one's own."""
    host = urlsplit(base_url).hostname or ""
    return next((name for name, quirks in QUIRKS.items() if is_within(host, quirks.domains)), None)


def is_within(host: str, domains: tuple[str, ...]) -> bool:
    """Whether the host is one of the domains, or below one."""
    return any(host == domain or host.endswith(f".{domain}") for domain in domains)
