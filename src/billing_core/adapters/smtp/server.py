"""The mail server that takes our mail, and one connection to it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from enum import Enum

from aiosmtplib import SMTP
from aiosmtplib.errors import SMTPException
from attrs import field, frozen

from billing_core.adapters.smtp.failures import on_the_way_in

TIMEOUT_S = 20.0


class Security(Enum):
    """How what is said is kept from others. None of them falls back on another."""

    NONE = "none"
    STARTTLS = "starttls"
    TLS = "tls"


@frozen(kw_only=True)
class Server:
    """Where it is, and as whom we come. Without a `username` nobody logs in."""

    host: str
    port: int
    security: Security
    username: str | None = None
    password: str | None = field(default=None, repr=False)

    def __str__(self) -> str:
        return f"the mail server {self.host}:{self.port}"

    @asynccontextmanager
    async def reached(self) -> AsyncIterator[SMTP]:
        """A connection that is ready for mail. Raises Unavailable, Misconfigured."""
        client = SMTP(
            hostname=self.host,
            port=self.port,
            username=self.username,
            password=self.password,
            use_tls=self.security is Security.TLS,
            start_tls=self.security is Security.STARTTLS,
            timeout=TIMEOUT_S,
        )
        try:
            await client.connect()
        except (SMTPException, OSError, ValueError) as error:
            client.close()
            raise on_the_way_in(str(self), error) from error
        try:
            yield client
        finally:
            client.close()  # what was taken was answered; who waits for a good-bye may lose that answer
