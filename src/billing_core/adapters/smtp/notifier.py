"""A Notifier that hands each notice to a mail server, over a connection of its own."""

from attrs import frozen

from billing_core.adapters.smtp.failures import FAILURES, with_mail_in_hand
from billing_core.adapters.smtp.letters import Letters
from billing_core.adapters.smtp.server import Server
from billing_core.ports.notifier import Notice


@frozen
class SmtpNotifier:
    """Notices are few, so that no connection is kept. The mail server sees to it from there."""

    server: Server
    letters: Letters

    async def send(self, notice: Notice) -> None:
        letter = self.letters.of(notice)
        async with self.server.reached() as client:
            try:
                await client.send_message(letter, sender=self.letters.sender.addr_spec, recipients=[notice.to])
            except FAILURES as error:
                raise with_mail_in_hand(str(self.server), error) from error

    async def greet(self) -> None:
        """Connects, logs in where there is a password, and sends nothing. Raises Unavailable, Misconfigured."""
        async with self.server.reached():
            pass
