"""A wish for pictures told check by check, in sentences: what passes, what does not, and the ways out."""

from collections.abc import Callable, Mapping

from billing_core.application.sentences import day, number
from billing_core.domain.account_at import AccountAt
from billing_core.domain.admission import Check, Checked, Wish, price, running
from billing_core.domain.entitlements import images_today
from billing_core.domain.errors import RuleViolation
from billing_core.domain.options import Action, Option

WAYS: Mapping[Action, Callable[[Option], str]] = {
    Action.UPGRADE: lambda way: f"upgrade to {way.tier}",
    Action.BUY_PACK: lambda way: f"buy the pack {way.pack}",
    Action.WAIT: lambda way: f"wait until {day(way.available_at)}" if way.available_at else "wait for one to end",
    Action.SETTLE_PAYMENT: lambda _way: "settle the payment that is open",
    Action.REDUCE: lambda _way: "ask for fewer",
    Action.CONTACT: lambda way: f"ask for {way.tier} at {way.url}",
}


def of_wish(held: AccountAt, wish: Wish, checks: tuple[Checked, ...]) -> str:
    """Whether it is let in, and at what price."""
    denial = first_denial(checks)
    if denial is not None:
        return f"It is refused: {denial}."
    asked = price(held, wish)
    return f"It is accepted: {asked.n} of {asked.model}, {asked.size}, {asked.quality}, for {asked.credits} credits."


def first_denial(checks: tuple[Checked, ...]) -> RuleViolation | None:
    """The refusal that is the answer: that of the first check which does not pass."""
    return next((checked.denial for checked in checks if checked.denial is not None), None)


def of_check(held: AccountAt, wish: Wish, checked: Checked) -> str:
    """One check: what it found, and where it refuses, what can be done about it."""
    name = checked.check.value.replace("_", " ")
    if checked.denial is None:
        return f"{name}: passes, {_passed(held, wish, checked.check)}."
    ways = [WAYS[way.action](way) for way in options_of(checked.denial)]
    out = f" What can be done: {', or '.join(ways)}." if ways else ""
    return f"{name}: refused, {checked.denial}.{out}"


def options_of(denial: RuleViolation) -> tuple[Option, ...]:
    """The ways out that a denial offers; most kinds offer some."""
    ways: tuple[Option, ...] = getattr(denial, "options", ())
    return ways


def _passed(held: AccountAt, wish: Wish, check: Check) -> str:
    plan, given = held.in_force.plan, f"the plan {held.in_force.plan.name} includes"
    match check:
        case Check.SUSPENSION:
            return "the account is not suspended"
        case Check.NAMES:
            return "all that is named is in the rate card"
        case Check.MODEL:
            return f"{given} {wish.model or plan.default_model}"
        case Check.SIZE:
            return f"{given} {wish.size or plan.default_size}"
        case Check.QUALITY:
            return f"{given} {wish.quality or plan.default_quality}"
        case Check.IMAGES_AT_ONCE:
            return f"{wish.n} asked for, and {plan.images_per_request} may be"
        case Check.CONCURRENT:
            return f"{running(held)} under way, and {plan.max_concurrent} may be"
        case Check.IMAGES_TODAY:
            limit = plan.images_per_day
            most = f"{number(limit)} may be" if isinstance(limit, int) else "any number may be"
            return f"{number(images_today(held))} accepted today, and {most}"
        case Check.PRICE:
            return f"it costs {number(price(held, wish).credits)} credits"
        case Check.CREDITS:
            return _afforded(held)


def _afforded(held: AccountAt) -> str:
    if held.in_force.plan.is_unlimited:
        return "the plan covers it without credits"
    return f"{number(held.account.book.available)} credits can be spent"
