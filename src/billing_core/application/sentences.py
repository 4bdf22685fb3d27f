"""Sentences of plain English about credits. Each number stands before the word for what it counts, so that the
sentences of a balance can be read back and add up."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from billing_core.domain.account_at import AccountAt
from billing_core.domain.attempts import Attempt
from billing_core.domain.credits import Grant, Source
from billing_core.domain.money import Money
from billing_core.domain.payments import Payment
from billing_core.domain.provenance import Fate, GrantStory, HoldStory, Movement
from billing_core.ports.generations import Progress

WORDS: Mapping[Fate, str] = {
    Fate.CAPTURED: "spent",
    Fate.HELD: "set aside",
    Fate.EXPIRED: "expired",
    Fate.REVOKED: "taken back",
    Fate.TAKEN: "taken by an operator",
    Fate.SETTLED: "paid towards debt",
    Fate.AVAILABLE: "left",
}
"""What became of credits, in the order in which it is told."""

SOURCES: Mapping[Source, str] = {
    Source.INITIAL: "initial credits",
    Source.PERIOD: "the month's credits",
    Source.PACK: "a pack",
    Source.PROMO: "a promotion",
    Source.ADJUSTMENT: "an operator",
    Source.RETURNED: "debt that came back",
}


def number(amount: int) -> str:
    """`1,000`."""
    return f"{amount:,}"


def day(moment: datetime) -> str:
    """`3 Feb 2026`."""
    return f"{moment.day} {moment:%b %Y}"


def minute(moment: datetime) -> str:
    """`3 Feb 2026, 09:30 UTC`."""
    return f"{day(moment)}, {moment:%H:%M} UTC"


def fates(amount_of: Callable[[Fate], int]) -> str:
    """`57 spent, 3 set aside, 140 left`: what there is none of is left out, but for what is left."""
    told = ((amount_of(fate), fate, word) for fate, word in WORDS.items())
    return ", ".join(f"{number(amount)} {word}" for amount, fate, word in told if amount or fate is Fate.AVAILABLE)


def of_grant(story: GrantStory) -> str:
    """Where a grant came from, and what became of it."""
    grant = story.grant
    until = f", to use by {day(grant.expires_at)}" if grant.expires_at and story.amount(Fate.AVAILABLE) else ""
    given = f"{number(grant.amount)} granted on {day(grant.granted_at)} from {_origin(grant)}"
    return f"{given}: {fates(story.amount)}{until}."


def _origin(grant: Grant) -> str:
    reason = f" ({grant.reason})" if grant.reason else ""
    paid = f", payment {grant.payment_id}" if grant.payment_id else ""
    return f"{SOURCES[grant.source]}{reason}{paid}"


def of_balance(held: AccountAt, stories: Sequence[GrantStory]) -> tuple[str, ...]:
    """The balance in a few sentences: what there is, the sum of all grants, what is owed, what stands in the way."""
    book = held.account.book
    granted = sum([story.grant.amount for story in stories])
    told = [
        f"{number(book.available)} can be spent now, and {number(book.held)} more are set aside.",
        f"In all {number(granted)} granted: {fates(lambda fate: sum([s.amount(fate) for s in stories]))}.",
    ]
    if book.totals.incurred:
        told.append(of_debt(held))
    if held.in_force.plan.is_unlimited:
        told.append(f"The plan {held.in_force.plan.name} is unlimited: work is covered by it and takes no credits.")
    if held.account.suspended_for:
        told.append(f"The account is suspended ({', '.join(held.account.suspended_for)}): nothing can be spent.")
    return tuple(told)


def of_debt(held: AccountAt) -> str:
    """What was ever owed, since less was paid for in the end than had been spent, and what became of it."""
    book, totals = held.account.book, held.account.book.totals
    told = f"{number(totals.incurred)} came to be owed, since less was paid for than was spent: "
    parts = {
        "paid back": totals.settled,
        "forgiven": totals.forgiven,
        "written off": totals.written_off,
        "still owed": book.debt,
    }
    return told + ", ".join(f"{number(n)} {word}" for word, n in parts.items() if n or word == "still owed") + "."


def of_hold(story: HoldStory) -> str:
    """What was set aside for a piece of work, from which grants, and how that ended."""
    hold = story.hold
    placed = f"{number(hold.amount)} set aside on {minute(hold.placed_at)} for {hold.reason or 'work'} ({hold.id})"
    if hold.covered:
        source = ", covered by an unlimited plan"
    else:
        source = ": " + ", ".join(f"{number(take.amount)} of {take.grant_id}" for take in hold.takes)
    return f"{placed}{source if hold.takes or hold.covered else ''}. {_ending(story)}"


def _ending(story: HoldStory) -> str:
    if story.ended_at is None or story.captured is None:
        return f"It is open{f' until {minute(story.hold.until)}' if story.hold.until else ''}."
    back = story.hold.amount - story.captured
    if not story.captured:
        return f"It ended on {minute(story.ended_at)}: all of it was given back."
    rest = f", and {number(back)} given back" if back else ""
    return f"It ended on {minute(story.ended_at)}: {number(story.captured)} spent{rest}."


def of_movement(movement: Movement) -> str:
    """One step in the life of a grant's credits."""
    at, amount = minute(movement.at), number(movement.amount)
    cause = f" ({movement.cause})" if movement.cause else ""
    if movement.after is Fate.AVAILABLE:
        return f"{at}: {amount} came back{cause}."
    return f"{at}: {amount} {WORDS[movement.after]}{cause}."


def of_payment(payment: Payment) -> str:
    """What was paid, when, and what of it went back."""
    paid = Money(max(0, payment.amount_minor), payment.currency)
    gone = payment.refunded_minor + payment.lost_minor
    back = f"; {Money(gone, payment.currency)} of it went back" if gone else ""
    return f"Payment {payment.id} of {paid} on {day(payment.paid_at)}{back}."


def of_generation(progress: Progress) -> tuple[str, ...]:
    """What was asked for, what the provider was asked, and what came of it."""
    made = progress.generation
    asked = f"Generation {made.id} asked for {made.n} of {made.model}, {made.size}, {made.quality}: {made.status.value}"
    why = f" ({made.failure.code}: {made.failure.message})" if made.failure else ""
    images = f" Pictures: {', '.join(image.id for image in made.images)}." if made.images else ""
    return (f"{asked}{why}.{images}", *map(_of_attempt, progress.attempts))


def _of_attempt(attempt: Attempt) -> str:
    known = f", provider's request {attempt.provider_request_id}" if attempt.provider_request_id else ""
    why = f" ({attempt.error})" if attempt.error else ""
    return f"Attempt {attempt.number} on {minute(attempt.started_at)}: {attempt.outcome.value}{why}{known}."
