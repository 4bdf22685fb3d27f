"""The end: the books must have come to what Stripe's truth and the customers' receipts say."""

from collections.abc import Sequence

from billing_core.adapters.simulated.cards import read_card
from billing_core.application.claiming_cards import card_id
from billing_core.domain import events as e
from billing_core.domain.account import Account
from billing_core.domain.account_at import AccountAt
from billing_core.domain.attempts import Attempt
from billing_core.domain.generation import GenerationStatus
from billing_core.ports.records import CauseStatus
from billing_core.testing.simulation.checking import Follower, ensure
from billing_core.testing.simulation.customer import CARDS, Customer
from billing_core.testing.simulation.seeing import stripe_ids
from billing_core.testing.simulation.truth import Truth, months_after
from billing_core.testing.simulation.world import World

FREE_CREDITS = 10


async def compare(world: World) -> None:
    """Raises Violation where the books differ from what they should be."""
    await _nothing_is_left(world)
    now = world.stripe_clock.now()
    for customer in world.customers:
        ids = stripe_ids(world.state, customer.id)
        truth, follower = Truth(world.state, ids), world.followers[customer.id]
        seen = await world.within(lambda use, c=customer: use.viewing()(c.id))  # type: ignore[misc]
        held: AccountAt = seen.answer
        _subscriptions(truth, held.account)
        _payments(truth, held.account)
        for sub in truth.subscriptions:
            _months(truth, sub.id, held, world)
        await _trial_cards(world, held.account)
        _packs(truth, held.account)
        _suspended(truth, held.account)
        tier = truth.tier(now)
        ensure(tier in {None, held.in_force.plan.key}, f"the plan is {held.in_force.plan.key} and not {tier}")
        _granted(customer, follower)
        await _work(world, customer, follower)
        for provider_id in (*ids, *customer.sessions):
            waiting = await world.books.directory.parked_for(provider_id)
            ensure(not waiting, f"events still wait for {provider_id}, who is known")


async def _nothing_is_left(world: World) -> None:
    """Every webhook is processed, and every job done; the books prove themselves."""
    inbox = world.books.inbox
    for status in (CauseStatus.FAILED, CauseStatus.DEAD):
        left = await inbox.with_status(status, prefix="webhook:")
        ensure(not left, f"webhooks are {status.value}: {[(c.kind, c.error) for c in left][:3]}")
    ensure(await world.books.jobs.idle(world.clock.now()), "jobs are left")
    audited = await world.within(lambda use: _audit(use.auditing().all()))
    ensure(not audited.answer, f"the audit finds {audited.answer}")


async def _audit(results: object) -> list[tuple[str, ...]]:
    return [each.problems async for each in results if each.problems]  # type: ignore[attr-defined]


def _subscriptions(truth: Truth, account: Account) -> None:
    for sub in truth.subscriptions:
        known = account.subscription(sub.id)
        ensure(known is not None and known.snapshot is not None, f"subscription {sub.id} is not in the books")
        told = known.snapshot if known else None
        if told is None:
            continue
        wanted = (sub.status.value, truth.key_of(sub.price))
        ensure(wanted == (told.status.value, told.price), f"{sub.id} is {wanted}, not {told.status}, {told.price}")
        if not sub.is_over:
            period = (sub.period_start, sub.period_end, sub.ends_at)
            kept = (told.period_start, told.period_end, told.ends_at)
            ensure(period == kept, f"the period of {sub.id} is {period}, not {kept}")
    alive = [sub.id for sub in truth.subscriptions if not sub.is_over and sub.status.value != "incomplete"]
    ensure(len(alive) <= 1, f"several subscriptions are paid for at once: {alive}")


def _payments(truth: Truth, account: Account) -> None:
    for invoice in truth.paid_invoices:
        booked = account.payment(invoice.id)
        ensure(booked is not None, f"the paid invoice {invoice.id} is not booked")
        if booked is not None:
            wanted = truth.went_back(truth.intents_of(invoice))
            kept = (booked.refunded_minor, booked.lost_minor)
            ensure(wanted == kept, f"of {invoice.id} {wanted} went back (refunded, lost), not {kept}")


def _months(truth: Truth, sub_id: str, held: AccountAt, world: World) -> None:
    sub = truth.state.subscriptions[sub_id]
    trials = [s.id for s in truth.subscriptions if s.trial_start is not None]
    now = world.stripe_clock.now()
    wanted, over = truth.months(sub, now), truth.over_at(sub, now)
    known = held.account.subscription(sub_id)
    given = {(t.start, t.end): t.given for t in known.tallies if t.end is not None} if known else {}
    for month in sorted(wanted.keys() | given.keys()):
        if len(trials) > 1 and sub.trial_end is not None and month[0] < sub.trial_end:
            continue  # only the first one's counts, and which is first is told by what was heard first
        right, kept = wanted.get(month, 0), given.get(month, 0)
        if known is not None and known.card_used and sub.trial_end is not None and month[0] < sub.trial_end:
            right = 0
        if over is not None and month[0] >= over and kept == 0:
            continue  # else it began before the books heard of the end, and what remained of it went with that
        ensure(right == kept, f"the month from {month[0]} to {month[1]} of {sub_id} is worth {right}, not {kept}")


async def _trial_cards(world: World, account: Account) -> None:
    """Whose card was found to be their own has claimed one; of whose was not, somebody else has."""
    cards = {card_id(read_card(number).fingerprint) for number in CARDS}
    owners = {await world.books.directory.owner_of(card) for card in cards} - {None}
    for sub in account.subscriptions:
        if sub.card_used is not None:
            claimed = owners - {account.id} if sub.card_used else owners & {account.id}
            ensure(bool(claimed), f"the card of {sub.id} is told to be used: {sub.card_used}, and {owners} have some")


def _packs(truth: Truth, account: Account) -> None:
    wanted = truth.packs()
    given = {tally.key.removeprefix("pack:"): tally.given for tally in account.purchases}
    ensure(wanted == given, f"the packs are worth {wanted}, not {given}")


def _suspended(truth: Truth, account: Account) -> None:
    intents = {i.id for i in truth.state.intents.values() if i.customer_id in truth.customer_ids}
    ours = [d for d in truth.state.disputes.values() if d.intent_id in intents]
    wanted = {d.id for d in ours if d.status.value in {"needs_response", "under_review", "lost"}}
    kept = {reason.removeprefix("dispute:") for reason in account.suspended_for if reason.startswith("dispute:")}
    ensure(wanted == kept, f"suspended for the disputes {kept}, not {wanted}")


def _granted(customer: Customer, follower: Follower) -> None:
    """Every credit that was ever given has its cause, and each cause gave once."""
    account = follower.account
    free = {key: amount for key, amount in follower.granted.items() if key.startswith("free:")}
    ensure(all(amount == FREE_CREDITS for amount in free.values()), f"free months gave {free}")
    if account.opened_at is not None:
        starts = [months_after(account.opened_at, n) for n in range(8)]
        names = {key.removeprefix("free:") for key in free}
        ensure(len(names) <= len(starts), f"free months {sorted(names)} since {account.opened_at}")
        ensure(all(start in starts for start in follower.free_starts), f"free months begin at {follower.free_starts}")
    counted = sum(tally.counted for sub in account.subscriptions for tally in sub.tallies)
    counted += sum(tally.counted for tally in account.purchases)
    returned = sum(amount for key, amount in follower.granted.items() if key.startswith("returned:"))
    adjusted = account.book.totals.granted - counted - returned - sum(free.values())
    most = customer.adjusted + customer.unsure_adjustments
    ensure(customer.adjusted <= adjusted <= most, f"{adjusted} were given by hand, not {customer.adjusted} to {most}")


async def _work(world: World, customer: Customer, follower: Follower) -> None:
    """Holds and generations ended as their customers were told."""
    ensure(not follower.open_holds, f"holds are open for ever: {sorted(follower.open_holds)}")
    unsure = {True: customer.unsure_generations, False: customer.unsure_holds}
    for hold_id, end in follower.settled.items():
        is_generation = hold_id.startswith("gen_")
        if hold_id not in (customer.generations if is_generation else customer.holds):
            unsure[is_generation] -= 1
        if is_generation:
            await _generation(world, customer, hold_id, end)
    ensure(min(unsure.values()) >= 0, "there is more work than was ever asked for")
    for hold in customer.holds.values():
        ended = follower.settled.get(hold.id)
        ensure(ended is not None, f"hold {hold.id} was promised, and there is none")
        if hold.captured is not None:
            is_so = isinstance(ended, e.HoldCaptured) and ended.amount == hold.captured
            ensure(is_so, f"hold {hold.id}: {hold.captured} were captured, and the books have {ended}")
        elif hold.released:
            ensure(isinstance(ended, e.HoldReleased), f"hold {hold.id} was released, and the books have {ended}")
        elif not hold.is_asked_for:
            ensure(isinstance(ended, e.HoldLapsed), f"hold {hold.id} was left to lapse, and the books have {ended}")
    for generation_id in customer.generations:
        ensure(generation_id in follower.settled, f"generation {generation_id} was accepted, and has no end")


async def _generation(
    world: World, customer: Customer, generation_id: str, end: e.HoldCaptured | e.HoldReleased | e.HoldLapsed
) -> None:
    made = await world.books.generations.get(customer.id, generation_id)
    ensure(made is not None and made.status.is_terminal, f"generation {generation_id} has no end")
    if made is None:
        return
    is_paid = isinstance(end, e.HoldCaptured)
    ensure(is_paid == (made.status is GenerationStatus.SUCCEEDED), f"{generation_id} is {made.status}, and {end}")
    deleted = customer.deleted.get(generation_id, set())
    if isinstance(end, e.HoldCaptured):
        ensure(end.amount == made.credits * end.images // made.n, f"{end.amount} paid for {end.images} of {made.n}")
        seen = {image.id for image in made.images} | deleted
        ensure(end.images == len(seen), f"{generation_id}: {end.images} pictures were paid for, {len(seen)} are there")
    stored = {key for key in world.stored if key.startswith(f"{generation_id}/")}
    named = {image.key for image in made.images}
    ensure(stored == named, f"{generation_id}: {sorted(stored)} are stored, and {sorted(named)} are listed")
    _attempts(generation_id, await world.books.generations.attempts(customer.id, generation_id), is_paid=is_paid)


def _attempts(generation_id: str, attempts: Sequence[Attempt], *, is_paid: bool) -> None:
    """Five at most, of which two may have cost something; one has made what was paid for, and none is left open."""
    told = [attempt.outcome.value for attempt in attempts]
    ensure([attempt.number for attempt in attempts] == list(range(1, len(told) + 1)), f"{generation_id}: {attempts}")
    costly = told.count("unknown") + told.count("succeeded")
    ensure(len(told) <= 5 and costly <= 2, f"{generation_id} was tried too often: {told}")
    ensure("started" not in told, f"an attempt of {generation_id} has no end: {told}")
    ensure(not is_paid or told[-1:] == ["succeeded"], f"{generation_id} was paid for, and its attempts are {told}")
