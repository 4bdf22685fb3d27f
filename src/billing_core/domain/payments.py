"""What has been paid for: payments, and the spans of time that their lines cover."""

from datetime import datetime
from enum import IntEnum
from fractions import Fraction

from attrs import Attribute, field, frozen
from attrs.validators import ge

from billing_core.domain.calendar import instant
from billing_core.domain.catalog import Kind
from billing_core.domain.values import changed, not_negative


class Sign(IntEnum):
    """Whether a line charges for its span or credits the unused rest of one."""

    CHARGE = 1
    CREDIT = -1


def _one(_owner: object, attribute: "Attribute[int]", value: int) -> None:
    if value not in (1, -1):
        raise ValueError(f"{attribute.name} must be 1 or -1, not {value}")


@frozen(kw_only=True)
class Span:
    """A paid stretch of time: one invoice line with a known price. `key` is the line's id.

    `prorated` lines cover a rest of a period; the others cover whole periods, so each of those starts on its anchor.
    """

    key: str
    kind: Kind
    item: str
    sign: int = field(validator=_one)
    quantity: int = field(default=1, validator=not_negative)
    start: datetime = field(validator=instant)
    end: datetime = field(validator=instant)
    prorated: bool = False

    @property
    def is_charge(self) -> bool:
        return self.sign > 0


@frozen(kw_only=True)
class Purchase:
    """A pack bought once: what was bought, and the catalog version in force when its checkout was opened."""

    pack: str
    version: int
    quantity: int = field(default=1, validator=ge(1))


@frozen(kw_only=True, slots=False)
class Payment:
    """Money that came in: an invoice, or a payment intent where there is no invoice. `id` is the provider's.

    `refunds_seen_at` dates what was refunded, `lost_minor` is what was lost of it in disputes.
    """

    id: str
    subscription_id: str | None
    amount_minor: int
    currency: str
    paid_at: datetime = field(validator=instant)
    spans: tuple[Span, ...] = ()
    purchase: Purchase | None = None
    refunded_minor: int = 0
    refunds_seen_at: datetime | None = field(default=None, validator=instant)
    lost_minor: int = 0

    def with_told(self, told: "Payment") -> "Payment":
        """What is known of it and what was told of it now: all lines of both, and never fewer refunds.

        A pack that has an invoice is told by its checkout, before the invoice or after it.
        """
        spans = {span.key: span for span in (*told.spans, *self.spans)}
        refunded = max(self.refunded_minor, told.refunded_minor)
        bought = self.purchase or told.purchase
        in_order = tuple(spans[key] for key in sorted(spans))
        return changed(self, spans=in_order, purchase=bought, refunded_minor=refunded)

    @property
    def kept(self) -> int | Fraction:
        """1 minus the refunded fraction, exactly; the whole where nothing was paid. What a dispute took is refunded."""
        gone = self.refunded_minor + self.lost_minor
        if gone == 0 or self.amount_minor <= 0:
            return 1
        return 1 - Fraction(min(gone, self.amount_minor), self.amount_minor)
