"""A notifier that keeps what it was given, for a test or a developer to read."""

from collections import deque

from attrs import define, field

from billing_core.ports.notifier import Notice

KEPT = 1000


@define
class MemoryNotifier:
    """`sent` holds the latest notices, oldest first."""

    sent: deque[Notice] = field(factory=lambda: deque(maxlen=KEPT))

    async def send(self, notice: Notice) -> None:
        self.sent.append(notice)
