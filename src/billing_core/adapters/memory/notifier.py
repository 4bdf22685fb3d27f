"""A notifier that keeps what it was given, for tests to read."""

from attrs import define, field

from billing_core.ports.notifier import Notice


@define
class MemoryNotifier:
    """`sent` holds the notices in order."""

    sent: list[Notice] = field(factory=list)

    async def send(self, notice: Notice) -> None:
        self.sent.append(notice)
