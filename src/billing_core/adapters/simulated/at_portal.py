"""What a customer does at the portal, as far as its configuration lets them."""

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from attrs import evolve, frozen

from billing_core.adapters.simulated import changing, replacing
from billing_core.adapters.simulated.billing import next_end
from billing_core.adapters.simulated.canceling import cancel_now
from billing_core.adapters.simulated.cards import Card, Occasion, Verdict, charge, read_card
from billing_core.adapters.simulated.changing import Prorations, Unpaid, Wish, ending
from billing_core.adapters.simulated.draft import Draft
from billing_core.adapters.simulated.engine import Engine
from billing_core.adapters.simulated.events import tell_update
from billing_core.adapters.simulated.goods import Price
from billing_core.adapters.simulated.refusals import Refused
from billing_core.adapters.simulated.restarting import end_trial
from billing_core.adapters.simulated.results import PaymentResult, PaymentStatus
from billing_core.adapters.simulated.schedules import EndBehavior, Phase
from billing_core.adapters.simulated.scheduling import active_schedule, release, rephase, schedule_from
from billing_core.adapters.simulated.shapes import hosted_invoice_url
from billing_core.adapters.simulated.subscriptions import Subscription
from billing_core.adapters.simulated.visits import Portal, PortalConfiguration
from billing_core.domain.errors import IllegalTransition
from billing_core.domain.subscription import Status
from billing_core.ports.errors import UnknownAtGateway

Feature = dict[str, Any]


@frozen
class AtPortal:
    """For whoever bears a portal's token, and about the customer's newest subscription.

    Raises UnknownAtGateway for a token that opens nothing, IllegalTransition for what is not offered or cannot be.
    """

    _engine: Engine

    async def offers(self, token: str) -> tuple[Price, ...]:
        """The prices that the customer may move to; none where moving is not offered."""
        return self._engine.change(lambda draft: _offers(draft, token))

    async def cancel(self, token: str) -> None:
        """Ends the subscription: with its period, or at once, as the configuration says."""

        def verb(draft: Draft) -> None:
            feature = _feature(draft, token, "subscription_cancel")
            sub = _let_go(draft, _subscription(draft, token))
            if feature["mode"] == "immediately":
                prorations = Prorations(feature["proration_behavior"])
                invoices = prorations is Prorations.ALWAYS_INVOICE
                cancel_now(draft, sub, invoices=invoices, prorates=prorations is not Prorations.NONE)
            else:
                tell_update(draft, sub, ending(draft, sub, at_period_end=True))

        self._engine.change(verb)

    async def resume(self, token: str) -> None:
        """Takes back that the subscription ends with its period."""

        def verb(draft: Draft) -> None:
            _feature(draft, token, "subscription_cancel")
            sub = _subscription(draft, token)
            tell_update(draft, sub, ending(draft, sub, at_period_end=False))

        self._engine.change(verb)

    async def replace_card(self, token: str, card: str) -> PaymentResult:
        """Later charges go to this card. Raises InvalidValue for one that is no test card."""
        given = read_card(card)

        def verb(draft: Draft) -> PaymentResult:
            _feature(draft, token, "payment_method_update")
            return replacing.replace(draft, draft.customer(_door(draft, token).customer_id), given)

        return self._engine.change(verb)

    async def switch(self, token: str, price: str) -> PaymentResult:
        """Moves to another price: now and paid at once, or at the period's end where the configuration says so."""
        try:
            return self._engine.change(lambda draft: _switch(draft, token, price))
        except Refused as refused:  # what was paid for was not: nothing is changed
            if refused.type != "card_error":
                raise IllegalTransition("switch", refused.message) from refused
            code = refused.decline_code or refused.code
            return PaymentResult(status=PaymentStatus.DECLINED, decline_code=code)


def _door(draft: Draft, token: str) -> Portal:
    door = draft.state.portals.get(token)
    if door is None or door.expires_at <= draft.now:
        raise UnknownAtGateway("portal")
    return door


def _feature(draft: Draft, token: str, name: str) -> Feature:
    configuration = draft.find(PortalConfiguration, _door(draft, token).configuration_id)
    feature: Feature = configuration.features[name]
    if not feature["enabled"]:
        raise IllegalTransition(name, "not offered")
    return feature


def _subscription(draft: Draft, token: str) -> Subscription:
    mine = draft.named(Subscription, _door(draft, token).customer_id)
    running = [sub for sub in mine if not sub.is_over]
    if not running:
        raise IllegalTransition("change a subscription", "none is running")
    return running[-1]


def _offers(draft: Draft, token: str) -> tuple[Price, ...]:
    try:
        feature = _feature(draft, token, "subscription_update")
        sub = _subscription(draft, token)
    except IllegalTransition:
        return ()
    if "price" not in feature["default_allowed_updates"]:
        return ()
    named = [draft.price(key) for product in feature["products"] for key in product["prices"]]
    return tuple(price for price in named if price.id != sub.price and price.currency == sub.currency)


def _switch(draft: Draft, token: str, price_id: str) -> PaymentResult:
    feature, sub = _feature(draft, token, "subscription_update"), _subscription(draft, token)
    price = next((offered for offered in _offers(draft, token) if offered.id == price_id), None)
    if price is None:
        raise IllegalTransition("switch", "not offered")
    conditions = [condition["type"] for condition in feature["schedule_at_period_end"]["conditions"]]
    if _waits(conditions, draft.price(sub.price), price):
        _switch_later(draft, sub, price)
        return PaymentResult(status=PaymentStatus.SUCCEEDED)
    return _switch_now(draft, _let_go(draft, sub), price, feature)


def _waits(conditions: Sequence[str], old: Price, new: Price) -> bool:
    is_cheaper = Fraction(new.amount_minor, new.months) < Fraction(old.amount_minor, old.months)
    is_shorter = new.months < old.months
    return ("decreasing_item_amount" in conditions and is_cheaper) or (
        "shortening_interval" in conditions and is_shorter
    )


def _switch_later(draft: Draft, sub: Subscription, price: Price) -> None:
    schedule = active_schedule(draft, sub) or schedule_from(draft, sub)
    stays = evolve(schedule.phase, end=sub.period_end)
    end = next_end(stays.end, stays.end, price)
    moves = Phase(
        start=stays.end, end=end, price=price.id, quantity=sub.quantity, proration_behavior=Prorations.NONE.value
    )
    rephase(draft, schedule, (stays, moves), EndBehavior.RELEASE)


def _switch_now(draft: Draft, sub: Subscription, price: Price, feature: Feature) -> PaymentResult:
    wish = Wish(
        price=price,
        quantity=sub.quantity,
        at=draft.now,
        prorations=Prorations(feature["proration_behavior"]),
        unpaid=Unpaid.WAIT if _asks(draft.customer(sub.customer_id).card) else Unpaid.ERROR,
    )
    answer = changing.change(draft, sub, wish)
    after = draft.subscription(sub.id)
    if after.status is Status.TRIALING and feature["trial_update_behavior"] == "end_trial":
        end_trial(draft, after)
    match answer.verdict:
        case Verdict.ASKS:
            assert after.pending_update is not None  # that is what waits for the answer
            url = hosted_invoice_url(after.pending_update.invoice_id, draft.world)
            return PaymentResult(status=PaymentStatus.REQUIRES_AUTHENTICATION, redirect_url=url)
        case Verdict.PROCESSING:
            return PaymentResult(status=PaymentStatus.PROCESSING)
        case _:
            return PaymentResult(status=PaymentStatus.SUCCEEDED)


def _asks(card: Card | None) -> bool:
    return charge(card, Occasion.CHANGE).verdict is Verdict.ASKS


def _let_go(draft: Draft, sub: Subscription) -> Subscription:
    """The subscription without the schedule that it was to follow."""
    schedule = active_schedule(draft, sub)
    if schedule is not None:
        release(draft, schedule)
    return draft.subscription(sub.id)
