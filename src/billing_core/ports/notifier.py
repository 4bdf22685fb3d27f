"""Telling customers and operators."""

from typing import Protocol

from attrs import frozen


@frozen(kw_only=True)
class Notice:
    """A message: what it is about (such as `payment_failed`), to whom, and its words."""

    topic: str
    account_id: str
    email: str
    text: str


class Notifier(Protocol):
    """Sends a notice. Sending one twice may show it twice. Raises: Unavailable."""

    async def send(self, notice: Notice) -> None: ...
