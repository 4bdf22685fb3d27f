"""Giving money back.

The refunds that were made under a key are looked for first: Stripe forgets keys after a day, and an invoice that
several intents paid takes several refunds.
"""

from collections.abc import Iterator, Sequence
from hashlib import sha256

from attrs import frozen

from billing_core.adapters.stripe.api import Api, reading
from billing_core.adapters.stripe.collected import Collected, amount_of
from billing_core.adapters.stripe.errors import Refused
from billing_core.adapters.stripe.fetching import UNDATED
from billing_core.adapters.stripe.payments import REFUNDS, Payments
from billing_core.adapters.stripe.prices import PriceBook
from billing_core.adapters.stripe.shapes import Shape, needed, part, text
from billing_core.domain.disputes import DisputeStatus
from billing_core.ports.gateway import RefundOutcome, RefundReason, RefundStatus

REQUEST = "billing_core_request"
"""The name in a refund's metadata under which the key that it was asked with stands."""

_LONGEST_VALUE = 500
_UNDISPUTED = frozenset({DisputeStatus.INQUIRY, DisputeStatus.WON})
_STATUSES = {
    "succeeded": RefundStatus.SUCCEEDED,
    "failed": RefundStatus.FAILED,
    "canceled": RefundStatus.FAILED,
}
_WORST_FIRST = (RefundStatus.FAILED, RefundStatus.PENDING, RefundStatus.SUCCEEDED)
# What Stripe says no to because of the payment, and not because of us.
_OF_THE_PAYMENT = ("amount_", "balance_", "charge_", "insufficient_", "payment_intent_", "refund_")


@frozen
class Refunds:
    """What the port says of refunds."""

    api: Api
    prices: PriceBook

    async def refund(
        self, payment: str, *, amount_minor: int | None, reason: RefundReason, idempotency_key: str
    ) -> RefundOutcome:
        found = await Payments(self.api, self.prices).find(payment, now=UNDATED)
        mark = idempotency_key
        if len(mark) > _LONGEST_VALUE:
            mark = sha256(mark.encode()).hexdigest()
        with reading(f"payment {payment}"):
            made = [refund for each in found.collected for refund in _under(mark, each.refunds)]
            problem = None if made else _objection(found.collected, amount_minor)
            steps = [] if problem else list(_steps(found.collected, amount_minor, mark))
        for collected, amount in steps:
            try:
                made.append(await self._give_back(collected, amount, reason, mark, idempotency_key))
            except Refused as refused:
                if not refused.code.startswith(_OF_THE_PAYMENT) and refused.param != "amount":
                    raise
                problem = refused.problem
                break
        with reading(f"the refunds of payment {payment}"):
            return _outcome(made, problem)

    async def _give_back(self, collected: Collected, amount: int, reason: RefundReason, mark: str, key: str) -> Shape:
        async def find() -> Shape | None:
            refunds = [refund async for refund in self.api.pages(REFUNDS, **{collected.by: collected.id})]
            return next(iter(_under(mark, refunds)), None)

        return await self.api.post(
            REFUNDS,
            key=f"{key}:{collected.id}",
            find=find,
            amount=amount,
            reason=reason.value,
            metadata={REQUEST: mark},
            **{collected.by: collected.id},
        )


def _objection(collected: Sequence[Collected], amount_minor: int | None) -> str | None:
    """Why so much is not given back. Raises Misshapen."""
    left = sum(each.left_minor for each in collected)
    if any(dispute.status not in _UNDISPUTED for each in collected for dispute in each.disputes):
        return "it is disputed, so the bank decides whose the money is"
    if not any(each.amount_minor for each in collected):
        return "nothing was collected for it here"
    if left == 0:
        return "all of it went back already"
    if amount_minor is not None and not 0 < amount_minor <= left:
        return f"{amount_minor} is not within the {left} that are left"
    return None


def _steps(collected: Sequence[Collected], amount_minor: int | None, mark: str) -> Iterator[tuple[Collected, int]]:
    """What is still to be given back, and of which piece. A piece that has its refund under the key is done, also where
    that failed: who wants to try again takes a new key. Raises Misshapen."""
    made = sum(amount_of(refund) for each in collected for refund in _under(mark, each.refunds))
    rest = None if amount_minor is None else amount_minor - made
    for each in collected:
        amount = each.left_minor if rest is None else min(rest, each.left_minor)
        if amount > 0 and not _under(mark, each.refunds):
            rest = None if rest is None else rest - amount
            yield each, amount


def _under(mark: str, refunds: Sequence[Shape]) -> list[Shape]:
    return [refund for refund in refunds if part(refund, "metadata").get(REQUEST) == mark]


def _outcome(made: Sequence[Shape], problem: str | None) -> RefundOutcome:
    """Where a part went back before Stripe refused the rest, that part. Raises Misshapen."""
    if not made:
        return RefundOutcome(status=RefundStatus.REFUSED, problem=problem)
    statuses = [_STATUSES.get(text(refund, "status") or "", RefundStatus.PENDING) for refund in made]
    return RefundOutcome(
        status=next(status for status in _WORST_FIRST if status in statuses),
        refund_id=needed(text(made[0], "id"), "id"),
        amount_minor=sum(amount_of(refund) for refund in made),
        problem=problem or next((why for refund in made if (why := text(refund, "failure_reason"))), None),
    )
