"""Time."""

from datetime import datetime
from typing import Protocol


class Clock(Protocol):
    """Tells the time: an aware UTC datetime that does not run backwards by more than the system's own clock does."""

    def now(self) -> datetime: ...
