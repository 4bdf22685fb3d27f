"""An account after the campaign, as its events tell it."""

from collections import Counter, defaultdict
from collections.abc import Sequence

from attrs import define, field

from billing_core.domain import events as e
from billing_core.domain.account import Account
from billing_core.domain.credits import Source
from billing_core.ports.history import StoredEvent
from tests.crash.operations import Kind

EFFECT: dict[Kind, type[e.Event]] = {
    Kind.GRANT: e.CreditsGranted,
    Kind.HOLD: e.HoldPlaced,
    Kind.CAPTURE: e.HoldCaptured,
    Kind.RELEASE: e.HoldReleased,
    Kind.GENERATION: e.HoldPlaced,
    Kind.CHECKOUT: e.PaymentSettled,
    Kind.INVOICE: e.PaymentSettled,
}
"""What each kind of operation does exactly once; a touch does nothing but ask the gateway."""


@define
class Stream:
    """One account's events, by what they are looked up by."""

    account: Account
    by_cause: dict[str, list[e.Event]] = field(factory=lambda: defaultdict(list))
    grants: Counter[str] = field(factory=Counter)
    period_credits: int = 0
    pack_credits: Counter[str] = field(factory=Counter)
    payments: Counter[str] = field(factory=Counter)
    placed: dict[str, e.HoldPlaced] = field(factory=dict)
    ends: dict[str, list[e.Event]] = field(factory=lambda: defaultdict(list))

    def effects(self, cause: str, kind: Kind) -> list[e.Event]:
        wanted = EFFECT.get(kind)
        return [event for event in self.by_cause[cause] if wanted is not None and isinstance(event, wanted)]

    def add(self, stored: StoredEvent) -> None:
        if stored.cause is not None:
            self.by_cause[stored.cause].append(stored.event)
        match stored.event:
            case e.CreditsGranted(grant=grant):
                self.grants[grant.id] += 1
                if grant.source is Source.PERIOD:
                    self.period_credits += grant.amount
                elif grant.source is Source.PACK and grant.payment_id is not None:
                    self.pack_credits[grant.payment_id] += grant.amount
            case e.PaymentSettled(payment=payment):
                self.payments[payment.id] += 1
            case e.HoldPlaced(hold=hold) as placed:
                self.placed[hold.id] = placed
            case e.HoldCaptured(hold_id=hold_id) | e.HoldReleased(hold_id=hold_id) | e.HoldLapsed(hold_id=hold_id):
                self.ends[hold_id].append(stored.event)
            case _:
                pass


def stream_of(account: Account, stored: Sequence[StoredEvent]) -> Stream:
    stream = Stream(account)
    for event in stored:
        stream.add(event)
    return stream
