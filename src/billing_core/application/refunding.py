"""Giving money of a payment back, because an operator or a policy says so.

The gateway is asked how the payment stands before anything is ordered. The order is kept with a job that carries it out
where whoever ordered it does not come to that; both ask the gateway under one key, so it is done once. The credits are
not touched here: the books follow what the gateway tells afterwards.
"""

from collections.abc import Mapping
from contextlib import suppress
from datetime import timedelta

from attrs import frozen

from billing_core.application import tasks
from billing_core.application.acting import acted
from billing_core.application.errors import AlreadyRefunded, PaymentDisputed, PaymentNotFound, RefundRefused
from billing_core.application.refreshing import Refreshing
from billing_core.application.refreshing_payments import RefreshingPayment
from billing_core.application.requests import RequestKey, name_at_gateway
from billing_core.domain.account import Account
from billing_core.domain.account_at import at
from billing_core.domain.acts import POLICY, Act, Grounds, ReasonCode
from billing_core.domain.catalog import Catalog
from billing_core.domain.disputes import DisputeStatus
from billing_core.domain.errors import InvalidValue
from billing_core.domain.fraud import FraudPolicies, FraudPolicy, WarningStatus
from billing_core.domain.incidents import IncidentKind
from billing_core.domain.money import Money
from billing_core.ports.accounts import AccountRepository
from billing_core.ports.clock import Clock
from billing_core.ports.commit import Cause, Commit
from billing_core.ports.errors import UnknownAtGateway
from billing_core.ports.facts import InvoicePaid
from billing_core.ports.gateway import PaymentGateway, PaymentState, RefundReason, RefundStatus
from billing_core.ports.ids import IdSource
from billing_core.ports.incidents import Incident, Incidents
from billing_core.ports.warnings import FraudWarning, FraudWarnings

PATIENCE = timedelta(minutes=1)
"""How long a job leaves an order to whoever made it."""

REASONS: Mapping[ReasonCode, RefundReason] = {
    ReasonCode.DUPLICATE: RefundReason.DUPLICATE,
    ReasonCode.FRAUDULENT: RefundReason.FRAUDULENT,
}
"""What the card networks are told; the customer asked for all others."""

UNDISPUTED = frozenset({DisputeStatus.INQUIRY, DisputeStatus.WON})


@frozen(kw_only=True)
class RefundWish:
    """What is to go back: so much, in minor units, or (None) all that is left. `payment` is any name of it."""

    payment: str
    amount_minor: int | None = None
    cancel_subscription: bool = False


@frozen(kw_only=True)
class RefundOrder:
    """A wish that was found possible, kept until it is carried out. `payment` is its id in the books, `mark` the
    order's own name; an earlier version gave none."""

    payment: str
    amount_minor: int | None
    currency: str
    subscription_id: str | None
    grounds: Grounds
    mark: str = ""


@frozen(kw_only=True)
class Refunded:
    """What went back, or is on its way; `canceled` is the subscription that was ended with it."""

    id: str
    payment: str
    amount_minor: int
    currency: str
    status: RefundStatus
    canceled: str | None


@frozen
class Refunding:
    """Gives money back once for each request, with or without ending the subscription that it paid for."""

    accounts: AccountRepository
    gateway: PaymentGateway
    refresh: Refreshing
    refresh_payment: RefreshingPayment
    catalog: Catalog
    clock: Clock
    ids: IdSource

    async def __call__(
        self, account_id: str, wish: RefundWish, grounds: Grounds, *, request: RequestKey | None = None
    ) -> Refunded:
        """Raises PaymentNotFound, PaymentDisputed, AlreadyRefunded, InvalidValue (more than is left; a subscription to
        cancel where it paid for none), RefundRefused and the port failures."""
        request = request or RequestKey("refund", self.ids.new("req"), "")
        told = await self._told(account_id, wish.payment)
        mark, later = self.ids.new("req"), self.clock.now() + PATIENCE

        def order(_: Account) -> Commit[Refunded | RefundOrder]:
            ordered = _ordered(told, wish, grounds, mark)
            return Commit(ordered, (), (tasks.refund(account_id, request, not_before=later),))

        kept = await self.accounts.change(account_id, order, cause=_first(request))
        return kept if isinstance(kept, Refunded) else await self._carried_out(account_id, kept, request)

    async def run(self, args: Mapping[str, str]) -> None:
        """The job. What the gateway refuses was told to whoever ordered it."""
        account_id, request = args["account_id"], RequestKey(args["route"], args["key"], args["fingerprint"])

        def unknown(_: Account) -> Commit[Refunded | RefundOrder]:
            raise RefundRefused(request.key, "it was not ordered")

        with suppress(RefundRefused):
            kept = await self.accounts.change(account_id, unknown, cause=_first(request))
            if isinstance(kept, RefundOrder):
                await self._carried_out(account_id, kept, request)

    async def _told(self, account_id: str, payment: str) -> PaymentState:
        """The payment as it stands, if it is the account's."""
        try:
            told = await self.gateway.fetch_payment(payment, now=self.clock.now())
        except UnknownAtGateway as error:
            raise PaymentNotFound(payment) from error
        if await self.refresh_payment.owner_of(payment, told) != account_id:
            raise PaymentNotFound(payment)
        return told

    async def _carried_out(self, account_id: str, order: RefundOrder, request: RequestKey) -> Refunded:
        key = f"refund:{account_id}:{request.route}:{name_at_gateway(order.mark, request)}"
        outcome = await self.gateway.refund(
            order.payment,
            amount_minor=order.amount_minor,
            reason=REASONS.get(order.grounds.code, RefundReason.REQUESTED),
            idempotency_key=key,
        )
        if outcome.refund_id is None:
            raise RefundRefused(order.payment, outcome.problem or "no reason was given")
        if order.subscription_id is not None:
            await self._cancel(account_id, order.subscription_id, key)
        await self.refresh_payment(order.payment)
        done = Refunded(
            id=outcome.refund_id,
            payment=order.payment,
            amount_minor=outcome.amount_minor,
            currency=order.currency,
            status=outcome.status,
            canceled=order.subscription_id,
        )
        return await self._noted(account_id, done, order.grounds, request)

    async def _cancel(self, account_id: str, subscription_id: str, key: str) -> None:
        """At once, and nothing of its rest is credited: the money goes back already."""
        await self.gateway.cancel(subscription_id, at_period_end=False, prorate=False, idempotency_key=f"cancel:{key}")
        await self.refresh(account_id, subscription_id)

    async def _noted(self, account_id: str, done: Refunded, grounds: Grounds, request: RequestKey) -> Refunded:
        now = self.clock.now()
        about = {"payment": done.payment, "refund": done.id, "amount": str(Money(done.amount_minor, done.currency))}
        about |= {"subscription": done.canceled} if done.canceled else {}

        def note(account: Account) -> Commit[Refunded]:
            held = at(account, now, self.catalog)
            return Commit(done, (*held.due, acted(held, Act.REFUNDED, grounds, about)))

        return await self.accounts.change(account_id, note, cause=request.cause(Refunded))


@frozen
class RefundingWarned:
    """Gives a payment back that a card's network warned of, because the policy says so: once, and all that is left.

    What the gateway refuses is shown to a person, who was told that it is given back.
    """

    refunding: Refunding
    warnings: FraudWarnings
    incidents: Incidents
    policies: FraudPolicies
    clock: Clock

    async def run(self, args: Mapping[str, str]) -> None:
        """The job. Nothing is done where the policy says something else by now, a person has dismissed the warning, or
        the payment is disputed or went back already."""
        warning = await self.warnings.find(args["warning_id"])
        if warning is None or warning.status is WarningStatus.DISMISSED:
            return
        if self.policies.at(warning.risk) is not FraudPolicy.REFUND:
            return
        grounds = Grounds(by=POLICY, note=f"fraud warning {warning.id}", code=ReasonCode.FRAUDULENT)
        wish, request = RefundWish(payment=warning.payment), RequestKey(POLICY, f"warning:{warning.id}", "")
        try:
            with suppress(PaymentDisputed, AlreadyRefunded):
                await self.refunding(args["account_id"], wish, grounds, request=request)
        except RefundRefused as refused:
            await self._show(warning, refused)

    async def _show(self, warning: FraudWarning, refused: RefundRefused) -> None:
        shown = Incident(
            key=f"fraud-refund-refused:{warning.id}",
            account_id=warning.account_id,
            kind=IncidentKind.FRAUD_WARNING,
            detail=f"what the policy says was not done: {refused}",
            at=self.clock.now(),
            about={"payment": warning.payment, "warning": warning.id},
        )
        await self.incidents.report(shown)


def _first(request: RequestKey) -> Cause[Refunded | RefundOrder]:
    """The cause of the first commit, which keeps the order."""
    return request.cause(Refunded, intent_type=RefundOrder)


def _ordered(told: PaymentState, wish: RefundWish, grounds: Grounds, mark: str) -> RefundOrder:
    if any(dispute.status not in UNDISPUTED for dispute in told.disputes):
        raise PaymentDisputed(told.id)
    left = told.amount_minor - told.refunded_minor
    if told.amount_minor > 0 and left <= 0:
        raise AlreadyRefunded(told.id)
    if wish.amount_minor is not None and not 0 < wish.amount_minor <= left:
        most = Money(max(left, 0), told.currency)
        raise InvalidValue("amount", f"must be above 0 and at most {most} ({left} minor units), which is what is left")
    subscription_id = told.settles.subscription_id if isinstance(told.settles, InvoicePaid) else None
    if wish.cancel_subscription and subscription_id is None:
        raise InvalidValue("cancel_subscription", "the payment is for no subscription")
    return RefundOrder(
        payment=told.id,
        amount_minor=wish.amount_minor,
        currency=told.currency,
        subscription_id=subscription_id if wish.cancel_subscription else None,
        grounds=grounds,
        mark=mark,
    )
