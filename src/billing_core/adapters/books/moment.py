"""Where a store gets from what the ports do not hand it: the time of a commit, and its id."""

from collections.abc import Callable
from datetime import UTC, datetime
from secrets import token_hex

Now = Callable[[], datetime]


def utc_now() -> datetime:
    return datetime.now(UTC)


def new_commit_id() -> str:
    """Unique for ever, as it is looked for after an unknown outcome."""
    return token_hex(16)
