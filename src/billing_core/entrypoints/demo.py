"""A customer's year, told as a story, on a clock that stands still until the story moves it.

Everything is real but the money and the pictures: the rules, the books in memory, the webhooks with their signatures,
the jobs. After each chapter the credits are counted, and the counts must add up.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime

from attrs import define, field, frozen

from billing_core.application.accepting import Asked
from billing_core.application.changing import ChangeWish
from billing_core.application.checking_out import Customer, Return
from billing_core.application.subscribing import PlanOrder
from billing_core.domain.account_at import AccountAt
from billing_core.domain.admission import Wish
from billing_core.domain.catalog import Interval
from billing_core.domain.credits import Totals
from billing_core.domain.errors import InsufficientCredits
from billing_core.domain.generation import GenerationStatus
from billing_core.domain.options import Option
from billing_core.entrypoints.simulated import Simulation
from billing_core.entrypoints.use_cases import UseCases
from billing_core.ports.gateway import When

START = datetime(2026, 1, 31, 9, 0, tzinfo=UTC)
ADA = Customer(account_id="ada", email="ada@example.com", name="Ada")
BACK = Return(success_url="http://localhost/success", cancel_url="http://localhost/cancel")
GOOD_CARD = "4242 4242 4242 4242"
FAILING_CARD = "4000 0000 0000 0341"


@frozen(kw_only=True)
class Chapter:
    """What happened, and how the credits stand after it."""

    at: datetime
    text: str
    plan: str
    moved: Totals
    held: int
    available: int
    debt: int

    @property
    def adds_up(self) -> bool:
        """Of all that was ever granted, every credit is somewhere."""
        gone = self.moved.captured + self.moved.expired + self.moved.revoked + self.moved.settled
        return self.moved.granted == self.available + self.held + gone


@define
class Year:
    """The story as far as it is told."""

    use_cases: UseCases
    simulation: Simulation
    chapters: list[Chapter] = field(factory=list)

    async def tell(self) -> AsyncIterator[Chapter]:
        """The chapters, in order. Raises AssertionError where the product does not do what the story says."""
        for scene in SCENES:
            text = await scene(self)
            held = await self.use_cases.viewing(ADA.account_id)
            yield self._chapter(held, text)

    def _chapter(self, held: AccountAt, text: str) -> Chapter:
        book = held.account.book
        chapter = Chapter(
            at=held.now,
            text=text,
            plan=held.in_force.plan.key,
            moved=book.totals,
            held=book.held,
            available=book.available,
            debt=book.debt,
        )
        self.chapters.append(chapter)
        return chapter

    async def generate(self, wish: Wish, prompt: str = "a lighthouse at dawn") -> int:
        """Makes pictures, and tells what they cost."""
        accepted = await self.use_cases.accepting(ADA.account_id, Asked(prompt=prompt, wish=wish))
        await self.simulation.settle()
        done = await self.use_cases.generations.get(ADA.account_id, accepted.id)
        expect(done is not None and done.status is GenerationStatus.SUCCEEDED, "the pictures are made")
        return done.charged if done else 0

    async def spend(self, amount: int, reason: str) -> None:
        hold = await self.use_cases.holding(ADA.account_id, amount, reason=reason)
        await self.use_cases.capturing(ADA.account_id, hold.id)

    async def available(self) -> int:
        return (await self.use_cases.viewing(ADA.account_id)).account.book.available

    async def plan(self) -> str:
        return (await self.use_cases.viewing(ADA.account_id)).in_force.plan.key


async def opens(year: Year) -> str:
    cost = sum([await year.generate(Wish()) for _ in range(3)])
    return f"Ada tries it: 10 free credits, three pictures with a watermark for {cost}."


async def subscribes(year: Year) -> str:
    order = PlanOrder(tier="basic", interval=Interval.MONTH, currency="usd")
    checkout = await year.use_cases.subscribing(ADA, order, BACK)
    declined = await year.simulation.pay(checkout.session_id, "4000 0000 0000 9995")
    expect(declined.status == "declined", "the first card is declined")
    paid = await year.simulation.pay(checkout.session_id, GOOD_CARD)
    expect(paid.status == "succeeded" and await year.plan() == "basic", "basic is paid")
    return "She subscribes to basic. Her first card is declined, the second pays; 200 credits come."


async def works(year: Year) -> str:
    await year.simulation.forward(days=10)
    cost = sum([await year.generate(Wish(model="flux-dev")) for _ in range(5)])
    return f"Ten days later: five pictures by a better model for {cost} credits."


async def runs_out(year: Year) -> str:
    await year.spend(await year.available() - 1, "upscaling an archive")
    try:
        await year.generate(Wish(model="flux-dev"))
    except InsufficientCredits as denial:
        ways = ", ".join(way_out(option) for option in denial.options)
        return f"She upscales an archive, and runs out: 402, {denial}. Ways out: {ways}."
    raise AssertionError("a picture was made without credits")


async def buys_a_pack(year: Year) -> str:
    checkout = await year.use_cases.buying(ADA, "pack_1k", "usd", BACK)
    await year.simulation.pay(checkout.session_id, GOOD_CARD)
    await year.generate(Wish(model="flux-dev"))
    return "She buys a pack of 1,000 credits, which never expire, and makes the picture."


async def upgrades(year: Year) -> str:
    await year.simulation.forward(days=4)
    wish = ChangeWish(tier="premium", when=When.NOW)
    quote = await year.use_cases.quoting(ADA.account_id, wish)
    await year.use_cases.changing(ADA.account_id, wish, quote=quote.quote)
    await year.simulation.settle()
    expect(await year.plan() == "premium", "premium is in force")
    await year.generate(Wish(model="flux-1.1-pro"))
    return (
        f"Mid-month she upgrades to premium for {quote.due_now / 100:.2f} {quote.currency.upper()}: unlimited pictures."
    )


async def renews(year: Year) -> str:
    await year.simulation.forward(days=20)
    wish = ChangeWish(tier="basic")
    quote = await year.use_cases.quoting(ADA.account_id, wish)
    expect(quote.when is When.PERIOD_END, "a lower price waits for the end of the period")
    await year.use_cases.changing(ADA.account_id, wish, quote=quote.quote)
    return f"Premium renews. She plans to go back to basic on {quote.next_at:%d %B}."


async def goes_back(year: Year) -> str:
    await year.simulation.forward(days=30)
    expect(await year.plan() == "basic", "basic is in force again")
    return "The month ends: basic again, with its 200 credits; the pack is still there."


async def fails_to_pay(year: Year) -> str:
    await year.simulation.replace_card(ADA.account_id, FAILING_CARD)
    await year.simulation.forward(days=26)
    view = await year.use_cases.viewing.subscription(ADA.account_id)
    expect((view.tier, view.status) == ("basic", "past_due"), "grace keeps the plan")
    return "A renewal fails: past due, and in her days of grace she keeps plan and credits."


async def loses_grace(year: Year) -> str:
    await year.simulation.forward(days=3)
    view = await year.use_cases.viewing.subscription(ADA.account_id)
    expect((view.tier, view.status) == ("free", "past_due"), "grace has ended")
    return "Grace ends unpaid: the free plan. The pack is hers all the same."


async def pays_late(year: Year) -> str:
    await year.simulation.replace_card(ADA.account_id, GOOD_CARD)
    await year.simulation.forward(days=2)
    view = await year.use_cases.viewing.subscription(ADA.account_id)
    expect((view.tier, view.status) == ("basic", "active"), "the late payment brings the plan back")
    return "A new card; the next try to collect it works, and basic is back with its credits."


async def cancels(year: Year) -> str:
    canceled = await year.use_cases.canceling(ADA.account_id, at_period_end=True)
    expect(canceled.cancel_at_period_end, "it ends with the period")
    await year.simulation.forward(days=40)
    expect(await year.plan() == "free", "the subscription has ended")
    return "She cancels at the end of the period, which comes: the free plan again."


async def ends(year: Year) -> str:
    now = (await year.use_cases.viewing(ADA.account_id)).now
    await year.simulation.forward(days=(START.replace(year=START.year + 1) - now).days)
    await year.generate(Wish())
    return "A year has gone by. Free credits came and went each month; the pack pays when they do not."


SCENES: tuple[Callable[[Year], Awaitable[str]], ...] = (
    opens,
    subscribes,
    works,
    runs_out,
    buys_a_pack,
    upgrades,
    renews,
    goes_back,
    fails_to_pay,
    loses_grace,
    pays_late,
    cancels,
    ends,
)


def way_out(option: Option) -> str:
    """An option in words."""
    detail = option.tier or option.pack or (f"until {option.available_at:%d %B}" if option.available_at else "")
    return f"{option.action.value.replace('_', ' ')} {detail}".strip()


def expect(holds: bool, what: str) -> None:
    """Raises AssertionError where the story is not true."""
    if not holds:
        raise AssertionError(f"the story says that {what}, but it is not so")
