"""One set of books has one mode: accounts that were never charged must not be mixed with those that were."""

from billing_core.entrypoints.environment import SettingsError
from billing_core.entrypoints.stripe_settings import Mode
from billing_core.ports.bookmarks import Bookmarks

GATEWAY = "gateway"
_KEYS = {
    Mode.SIMULATED.value: "unset STRIPE_SECRET_KEY",
    Mode.TEST.value: "set a test key in STRIPE_SECRET_KEY",
    Mode.LIVE.value: "set the live key in STRIPE_SECRET_KEY",
}


async def ensure_mode(bookmarks: Bookmarks, mode: Mode) -> None:
    """Keeps the mode of the first start. Raises SettingsError at another one."""
    kept = await bookmarks.get(GATEWAY)
    if kept is None:
        await bookmarks.set(GATEWAY, mode.value)
    elif kept != mode.value:
        raise SettingsError(wrong_mode(kept, mode))


def wrong_mode(kept: str, mode: Mode) -> str:
    """What to do where books of one mode meet another."""
    to_go_on = _KEYS.get(kept, f"use a version that knows the mode {kept}")
    return (
        f"these books are of {kept} mode and the payments of {mode.value} mode: {to_go_on} to go on with them, "
        "or name other books in BILLING_DATABASE_URL"
    )
