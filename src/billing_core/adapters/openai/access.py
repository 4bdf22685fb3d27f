"""Who may be asked, with what key, and which hosts are theirs."""

from attrs import field, frozen


@frozen
class Access:
    """A key, and where it is for; None is the provider's own place. A server of one's own may need no key: "".

    What stands behind a `?` in the base URL is sent with every request.
    """

    api_key: str = field(repr=False)
    base_url: str | None = None


def is_within(host: str, domains: tuple[str, ...]) -> bool:
    """Whether the host is one of the domains, or below one."""
    return any(host == domain or host.endswith(f".{domain}") for domain in domains)
