"""Fraud warnings in memory."""

from datetime import datetime

from attrs import frozen

from billing_core.adapters.memory.state import MemoryState
from billing_core.ports.warnings import EVERY, FraudWarning, WarningFilter


@frozen
class MemoryWarnings:
    """One case each."""

    state: MemoryState

    async def page(
        self, wanted: WarningFilter = EVERY, *, limit: int = 100, after: FraudWarning | None = None
    ) -> tuple[FraudWarning, ...]:
        newest_first = sorted(filter(wanted.takes, self.state.warnings.values()), key=_place, reverse=True)
        return tuple([found for found in newest_first if after is None or _place(found) < _place(after)][:limit])

    async def find(self, id: str) -> FraudWarning | None:  # noqa: A002
        return next((warning for warning in self.state.warnings.values() if warning.id == id), None)


def _place(warning: FraudWarning) -> tuple[datetime, str]:
    return warning.at, warning.id
