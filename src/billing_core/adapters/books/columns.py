"""What of an account is kept in plain columns beside its snapshot, for operators and for finding what is due."""

from collections.abc import Callable
from datetime import datetime

from attrs import field, frozen

from billing_core.domain.account import Account
from billing_core.domain.calendar import instant
from billing_core.domain.errors import InvalidValue

LARGEST = 10**15  # far below 2^63, where SQLite would turn a whole number into a fraction


def _bounded(_owner: object, attribute: object, value: int) -> None:
    if not -LARGEST <= value <= LARGEST:
        raise InvalidValue(str(getattr(attribute, "name", "number")), f"{value} is too large to be kept")


@frozen(kw_only=True)
class AccountColumns:
    """The columns of an account's row. They follow from the snapshot and the catalog, and decide nothing."""

    email: str
    name: str
    customer_id: str | None
    plan: str
    status: str
    available: int = field(validator=_bounded)
    held: int = field(validator=_bounded)
    debt: int = field(validator=_bounded)
    suspended: bool
    opened_at: datetime | None = field(validator=instant)
    next_due_at: datetime | None = field(validator=instant)


Describe = Callable[[Account], AccountColumns]


def columns_of(
    account: Account, *, plan: str = "", status: str = "", next_due_at: datetime | None = None
) -> AccountColumns:
    """The columns of the account; what only the catalog can tell is given."""
    return AccountColumns(
        email=account.email,
        name=account.name,
        customer_id=account.customer_id,
        plan=plan,
        status=status,
        available=account.book.available,
        held=account.book.held,
        debt=account.book.debt,
        suspended=bool(account.suspended_for),
        opened_at=account.opened_at,
        next_due_at=next_due_at,
    )
