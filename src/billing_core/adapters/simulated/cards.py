"""The test cards and bank accounts, by the numbers that a developer knows them by, and how each behaves."""

from enum import Enum

from attrs import frozen

from billing_core.domain.errors import InvalidValue


class Behaviour(Enum):
    """What the bank does when the card is charged. A bank account is asked, and answers days later."""

    PAYS = "pays"
    ASKS = "asks"
    DECLINES = "declines"
    DECLINES_LATER = "declines_later"
    SETTLES = "settles"
    BOUNCES = "bounces"


class Aftermath(Enum):
    """What the cardholder's bank does about every payment of a card, as soon as it is made."""

    WARNING = "warning"
    FRAUD = "fraudulent"
    NOT_RECEIVED = "product_not_received"
    INQUIRY = "inquiry"


class Occasion(Enum):
    """When a card is charged: as it is given, for a change the customer waits for, or while nobody watches."""

    GIVEN = "given"
    CHANGE = "change"
    UNATTENDED = "unattended"


class Verdict(Enum):
    """The bank's answer."""

    PAID = "paid"
    PROCESSING = "processing"
    ASKS = "asks"
    DECLINED = "declined"


@frozen
class Card:
    """A customer's card, or bank account. Its number is not kept.

    `risk` is what Stripe thinks of its charges; the refunds of one that refunds slowly are pending at first.
    `decline_code` is its bank's reason, where it declines.
    """

    behaviour: Behaviour
    last4: str
    risk: str = "normal"
    refunds_slowly: bool = False
    decline_code: str = "generic_decline"
    aftermath: Aftermath | None = None

    @property
    def is_bank_account(self) -> bool:
        """Whether its payments take days, in which nobody knows whether they succeed."""
        return self.behaviour in {Behaviour.SETTLES, Behaviour.BOUNCES}

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
PROCESSING = Charge(Verdict.PROCESSING)
BLOCKED = Charge(Verdict.DECLINED, "fraudulent")
NO_CARD = Charge(Verdict.DECLINED, "payment_method_missing")

_NUMBERS = {
    "4242424242424242": Card(Behaviour.PAYS, "4242"),
    "4000002500003155": Card(Behaviour.ASKS, "3155"),
    "4000000000000002": Card(Behaviour.DECLINES, "0002"),
    "4000000000009995": Card(Behaviour.DECLINES, "9995", decline_code="insufficient_funds"),
    "4000000000000119": Card(Behaviour.DECLINES, "0119", decline_code="processing_error"),
    "4000000000000341": Card(Behaviour.DECLINES_LATER, "0341"),
    "4000000000009235": Card(Behaviour.PAYS, "9235", risk="elevated"),
    "4000000000004954": Card(Behaviour.PAYS, "4954", risk="highest"),
    "4100000000000019": Card(Behaviour.PAYS, "0019", risk="highest", aftermath=Aftermath.WARNING),
    "4000000000005423": Card(Behaviour.PAYS, "5423", aftermath=Aftermath.WARNING),
    "4000000000000259": Card(Behaviour.PAYS, "0259", aftermath=Aftermath.FRAUD),
    "4000000000002685": Card(Behaviour.PAYS, "2685", aftermath=Aftermath.NOT_RECEIVED),
    "4000000000001976": Card(Behaviour.PAYS, "1976", aftermath=Aftermath.INQUIRY),
    "4000000000007726": Card(Behaviour.PAYS, "7726", refunds_slowly=True),
    "000123456789": Card(Behaviour.SETTLES, "6789", refunds_slowly=True),
    "000222222222": Card(Behaviour.BOUNCES, "2222", decline_code="insufficient_funds"),
}


def read_card(number: str) -> Card:
    """The card or account of that number, spaces or not.

    Raises InvalidValue, without the number: it could be a real one.
    """
    digits = "".join(number.split())
    if digits not in _NUMBERS:
        raise InvalidValue("card", "not one of the test cards")
    return _NUMBERS[digits]


def charge(card: Card | None, occasion: Occasion, *, blocks: bool = False) -> Charge:
    """Asks the bank, unless Stripe itself blocks what is of the highest risk.

    A card that asks was set up for later use at its checkout, so it pays unattended.
    """
    if card is None:
        return NO_CARD
    if blocks and card.risk == "highest":
        return BLOCKED
    match card.behaviour:
        case Behaviour.PAYS:
            return PAID
        case Behaviour.ASKS:
            return PAID if occasion is Occasion.UNATTENDED else Charge(Verdict.ASKS)
        case Behaviour.DECLINES:
            return Charge(Verdict.DECLINED, card.decline_code)
        case Behaviour.DECLINES_LATER:
            return PAID if occasion is Occasion.GIVEN else Charge(Verdict.DECLINED, card.decline_code)
        case Behaviour.SETTLES | Behaviour.BOUNCES:
            return PROCESSING


def settled(account: Card) -> Charge:
    """The answer of a bank account, after days."""
    return PAID if account.behaviour is Behaviour.SETTLES else Charge(Verdict.DECLINED, account.decline_code)
