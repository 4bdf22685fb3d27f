"""The test cards, by the numbers that a developer knows them by, and how each behaves."""

from enum import Enum

from attrs import frozen

from billing_core.domain.errors import InvalidValue


class Behaviour(Enum):
    """What the bank does when the card is charged."""

    PAYS = "pays"
    ASKS = "asks"
    DECLINES = "declines"
    DECLINES_LATER = "declines_later"


class Occasion(Enum):
    """When a card is charged: as it is given, for a change the customer waits for, or while nobody watches."""

    GIVEN = "given"
    CHANGE = "change"
    UNATTENDED = "unattended"


class Verdict(Enum):
    """The bank's answer."""

    PAID = "paid"
    ASKS = "asks"
    DECLINED = "declined"


@frozen
class Card:
    """A customer's card. Its number is not kept.

    `risk` is what Stripe thinks of its charges; the refunds of one that refunds slowly are pending at first.
    """

    behaviour: Behaviour
    last4: str
    risk: str = "normal"
    refunds_slowly: bool = False

    @property
    def fingerprint(self) -> str:
        """The same for the same number, whosever the card is."""
        return f"fp_{self.last4}{self.behaviour.name}"


@frozen
class Charge:
    """The bank's answer, with its reason where it is a no."""

    verdict: Verdict
    decline_code: str | None = None


PAID = Charge(Verdict.PAID)
NO_CARD = Charge(Verdict.DECLINED, "payment_method_missing")

_NUMBERS = {
    "4242424242424242": Card(Behaviour.PAYS, "4242"),
    "4000002500003155": Card(Behaviour.ASKS, "3155"),
    "4000000000009995": Card(Behaviour.DECLINES, "9995"),
    "4000000000000341": Card(Behaviour.DECLINES_LATER, "0341"),
    "4000000000009235": Card(Behaviour.PAYS, "9235", risk="elevated"),
    "4000000000004954": Card(Behaviour.PAYS, "4954", risk="highest"),
    "4000000000007726": Card(Behaviour.PAYS, "7726", refunds_slowly=True),
}


def read_card(number: str) -> Card:
    """The card of that number, spaces or not. Raises InvalidValue, without the number: it could be a real one."""
    digits = "".join(number.split())
    if digits not in _NUMBERS:
        raise InvalidValue("card", "not one of the test cards")
    return _NUMBERS[digits]


def charge(card: Card | None, occasion: Occasion) -> Charge:
    """Asks the bank. A card that asks was set up for later use at its checkout, so it pays unattended."""
    if card is None:
        return NO_CARD
    match card.behaviour:
        case Behaviour.PAYS:
            return PAID
        case Behaviour.ASKS:
            return PAID if occasion is Occasion.UNATTENDED else Charge(Verdict.ASKS)
        case Behaviour.DECLINES:
            return Charge(Verdict.DECLINED, "insufficient_funds")
        case Behaviour.DECLINES_LATER:
            return PAID if occasion is Occasion.GIVEN else Charge(Verdict.DECLINED, "generic_decline")
