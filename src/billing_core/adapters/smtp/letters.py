"""A notice as a mail: its words from templates, as text and as HTML, and its headers.

To change what is said of a topic, change `templates/<topic>.txt` (its first line is the subject) and `<topic>.html`.
"""

from datetime import datetime
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from hashlib import sha256

from attrs import frozen
from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from billing_core.ports.clock import Clock
from billing_core.ports.errors import NoticeRefused
from billing_core.ports.notifier import Notice

TOPIC = "X-Billing-Topic"


def one_line(fact: str | int) -> str | int:
    """A fact may come from somebody else: whatever it holds, it is one line of text, in the subject too."""
    if isinstance(fact, int):
        return fact
    return " ".join("".join(c if c.isprintable() else " " for c in fact).split())


def is_link(url: str) -> bool:
    """Whether it may be followed: nothing but the web."""
    return url.startswith(("https://", "http://"))


def day(moment: str) -> str:
    """8 January 2026."""
    at = datetime.fromisoformat(moment)
    return f"{at.day} {at:%B %Y}"


WORDS = Environment(
    loader=PackageLoader("billing_core.adapters.smtp"),
    autoescape=select_autoescape(("html",)),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
WORDS.filters["day"] = day
WORDS.tests["link"] = is_link


@frozen
class Letters:
    """Writes them, from `sender`. `home` is where customers manage what they pay for."""

    sender: Address
    home: str
    clock: Clock

    def of(self, notice: Notice) -> EmailMessage:
        """Raises NoticeRefused where there is no such address."""
        letter, (subject, text, html) = EmailMessage(policy=SMTP), self.words(notice)
        letter["From"] = self.sender
        letter["To"] = _address(notice.to)
        letter["Subject"] = subject
        letter["Date"] = format_datetime(self.clock.now())
        letter["Message-ID"] = f"<{_digest(notice)}@{self.sender.domain}>"
        letter["Auto-Submitted"] = "auto-generated"
        letter[TOPIC] = notice.topic.value
        letter.set_content(text, cte="quoted-printable")
        letter.add_alternative(html, subtype="html", cte="quoted-printable")
        return letter

    def words(self, notice: Notice) -> tuple[str, str, str]:
        """Subject, text and HTML."""
        told = self._told(notice)
        subject, _, text = WORDS.get_template(f"{notice.topic.value}.txt").render(told).partition("\n")
        html = WORDS.get_template(f"{notice.topic.value}.html").render(told | {"subject": subject})
        return subject, f"{text.strip()}\n", html

    def _told(self, notice: Notice) -> dict[str, str | int]:
        shop = self.sender.display_name or self.sender.domain
        told = {**notice.facts, "shop": shop, "home": self.home, "account": notice.account_id}
        return {name: one_line(fact) for name, fact in told.items()}


def _address(to: str) -> Address:
    try:
        return Address(addr_spec=to)
    except (ValueError, IndexError, MessageError) as error:  # IndexError: what its parser makes of some nonsense
        raise NoticeRefused(f"{one_line(to)!r} is no address") from error


def _digest(notice: Notice) -> str:
    return sha256(f"{notice.key} {notice.to}".encode()).hexdigest()[:40]
