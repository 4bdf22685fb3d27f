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
    """A customer's card. Its number is not kept."""

    behaviour: Behaviour
    last4: str


@frozen
class Charge:
    """The bank's answer, with its reason where it is a no."""

    verdict: Verdict
    decline_code: str | None = None


PAID = Charge(Verdict.PAID)
NO_CARD = Charge(Verdict.DECLINED, "payment_method_missing")

_NUMBERS = {
    "4242424242424242": Behaviour.PAYS,
    "4000002500003155": Behaviour.ASKS,
    "4000000000009995": Behaviour.DECLINES,
    "4000000000000341": Behaviour.DECLINES_LATER,
}


def read_card(number: str) -> Card:
    """The card of that number, spaces or not. Raises InvalidValue, without the number: it could be a real one."""
    digits = "".join(number.split())
    if digits not in _NUMBERS:
        raise InvalidValue("card", "not one of the test cards")
    return Card(_NUMBERS[digits], digits[-4:])


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
