"""Who sends notices, wired: a mail server where one is set, else they are kept in memory."""

from billing_core.adapters.memory.notifier import MemoryNotifier
from billing_core.adapters.smtp import Letters, Security, Server, SmtpNotifier
from billing_core.adapters.system import SystemClock
from billing_core.entrypoints.mail_settings import MailSettings
from billing_core.entrypoints.settings import Settings
from billing_core.ports.clock import Clock
from billing_core.ports.notifier import Notifier


def notifier_of(settings: Settings, clock: Clock) -> Notifier:
    if settings.mail is None:
        return MemoryNotifier()
    return _smtp(settings.mail, settings, clock)


def _smtp(mail: MailSettings, settings: Settings, clock: Clock) -> SmtpNotifier:
    server = Server(
        host=mail.host,
        port=mail.port,
        security=Security(mail.security),
        username=mail.username,
        password=mail.password,
    )
    return SmtpNotifier(server, Letters(mail.sender, settings.return_url, clock))


async def greeted(mail: MailSettings, settings: Settings) -> str:
    """The server's name, once it has let us in. Nothing is sent. Raises Unavailable, Misconfigured."""
    notifier = _smtp(mail, settings, SystemClock())
    await notifier.greet()
    return str(notifier.server)
