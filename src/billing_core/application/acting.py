"""How an operator's act is noted: as one more event of the commit that does it."""

from collections.abc import Mapping

from billing_core.domain import events as e
from billing_core.domain.account_at import AccountAt
from billing_core.domain.acts import Act, Grounds


def acted(held: AccountAt, act: Act, grounds: Grounds, about: Mapping[str, str]) -> e.OperatorActed:
    """The event of the audit trail; it follows what was done."""
    return e.OperatorActed(at=held.now, act=act, by=grounds.by, code=grounds.code, note=grounds.note, about=about)
