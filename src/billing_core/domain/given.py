"""What programs give, before any of it becomes part of an account: not everybody has a type checker.

An event with another type in it could be written and never be read again, and with it the whole account.
"""

from billing_core.domain.errors import InvalidValue

MOST_CREDITS = 10**12


def ensure_whole(field: str, value: object) -> None:
    """Raises InvalidValue for what is no whole number, as are neither 4.0 nor True."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise InvalidValue(field, "must be a whole number")


def ensure_amount(amount: int, *, least: int) -> None:
    """Raises InvalidValue for a number of credits outside what is sensible."""
    ensure_whole("amount", amount)
    if not least <= amount <= MOST_CREDITS:
        raise InvalidValue("amount", f"must be from {least} to {MOST_CREDITS}")


def ensure_text(field: str, value: object) -> None:
    """Raises InvalidValue for what is no text."""
    if not isinstance(value, str):
        raise InvalidValue(field, "must be text")
