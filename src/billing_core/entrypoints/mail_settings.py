"""What the operator sets of the mail server: where it is, who we are there, and from whom mail comes."""

from collections.abc import Mapping
from email.errors import MessageError
from email.headerregistry import Address
from email.utils import parseaddr
from ipaddress import ip_address
from urllib.parse import SplitResult, unquote, urlsplit

from attrs import field, frozen

from billing_core.entrypoints.environment import SettingsError

URL, FROM = "BILLING_SMTP_URL", "BILLING_MAIL_FROM"
SHAPE = f"{URL} must be smtp://user:password@host:587?starttls, smtps://user:password@host:465 or smtp://host:25"


@frozen(kw_only=True)
class MailSettings:
    """A mail server. `security` is `none`, `starttls` or `tls`."""

    host: str
    port: int
    security: str
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    sender: Address


def mail_settings(environ: Mapping[str, str]) -> MailSettings | None:
    """None where no server is set. Raises SettingsError, which shows nothing of the URL: a password may be in it."""
    url, sender = (environ.get(URL) or "").strip(), (environ.get(FROM) or "").strip()
    if not url:
        return None
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise SettingsError(SHAPE) from None
    security = _security(parts)
    username, password = _decoded(parts.username), _decoded(parts.password)
    if username is not None and security == "none" and not is_here(parts.hostname or ""):
        raise SettingsError(f"{URL} would show the password to everybody on the way: add ?starttls, or use smtps://")
    return MailSettings(
        host=parts.hostname or "",
        port=port or {"none": 25, "starttls": 587, "tls": 465}[security],
        security=security,
        username=username,
        password=password,
        sender=_sender(sender),
    )


def _security(parts: SplitResult) -> str:
    wanted = parts.scheme, parts.query
    known = {("smtp", ""): "none", ("smtp", "starttls"): "starttls", ("smtps", ""): "tls"}
    is_whole = bool(parts.hostname) and parts.path in {"", "/"} and not parts.fragment
    if wanted not in known or not is_whole or (parts.username is None) is not (parts.password is None):
        raise SettingsError(SHAPE)
    return known[wanted]


def _decoded(part: str | None) -> str | None:
    return None if part is None else unquote(part)


def is_here(host: str) -> bool:
    """Whether it is this machine: nobody is on the way."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _sender(value: str) -> Address:
    """`billing@shop.example`, or with a name: `Poster Shop <billing@shop.example>`."""
    if not value:
        raise SettingsError(f"{FROM} must be set with {URL}: the address that mail comes from")
    name, spec = parseaddr(value)
    try:
        address = Address(display_name=name, addr_spec=spec)
    except (ValueError, IndexError, MessageError):
        address = Address()
    if not value.isprintable() or not address.username or not address.domain:
        raise SettingsError(f"{FROM} must be an address, such as Poster Shop <billing@shop.example>")
    return address
