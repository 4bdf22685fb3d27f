"""Chaos by a seed: the same faults for the same seed, only such as the ports tell of, and the books bear them."""

from datetime import timedelta

import pytest

from billing_core.adapters.system import FixedClock
from billing_core.domain.errors import BillingError, PortFailure
from billing_core.ports.errors import ImageRefused, Misconfigured, OutcomeUnknown, Unavailable
from billing_core.ports.gateway import PaymentGateway
from billing_core.ports.images import ImageRequest, Picture
from billing_core.testing import Bench, Fault, Faults, PlainImages, billing_for_tests
from billing_core.testing.builders import NEW_YEAR
from billing_core.testing.chaos import ChaoticImages, ChaoticLine, ChaoticWebhooks, chaotic_gateway
from billing_core.testing.hands import NotPaid

A_PICTURE = ImageRequest(prompt="x", model="m", size="64x64", quality="low", n=4, watermark=False)


class Counted:
    """A line to Stripe on which each request is counted and answered well."""

    def __init__(self) -> None:
        self.asked = 0

    async def __call__(self, *_request: object) -> tuple[int, dict[str, str], bytes]:
        self.asked += 1
        return 200, {}, b"{}"


async def ask(line: ChaoticLine, method: str = "POST", key: str = "k") -> object:
    """The status, or the error's type."""
    headers = {} if method == "GET" else {"Idempotency-Key": key}
    try:
        return (await line(method, "http://stripe.test/v1/customers/cus_12AB?x=1", headers, b""))[0]
    except ConnectionError as error:
        return type(error)


def always(*faults: Fault) -> Faults:
    return Faults(1, 1.0, only=faults)


async def told(seed: int) -> str:
    """What went wrong in a month of one account."""
    faults = Faults(seed, 0.3)
    async with billing_for_tests(chaos=faults) as bench:
        await trying(bench)
        await bench.clock.advance(months=1)
    return str(faults)


async def trying(bench: Bench) -> None:
    """A customer who comes again until it works."""
    for _ in range(50):
        try:
            await bench.gateway.subscribe("ada", "basic")
        except (BillingError, NotPaid):
            await bench.clock.advance(minutes=5)
        else:
            return
    raise AssertionError("it never worked")


async def test_the_same_seed_brings_the_same_faults_and_another_others() -> None:
    assert await told(1) == await told(1) != await told(2)


@pytest.mark.parametrize("seed", range(5))
async def test_once_the_faults_are_off_everything_has_come_to_rest(seed: int) -> None:
    faults = Faults(seed, 0.25)
    async with billing_for_tests(chaos=faults) as bench:
        await trying(bench)
        for _ in range(3):
            for _ in range(3):
                await bench.billing.generate("ada", "a lighthouse")
                await bench.clock.advance(hours=1)
            await bench.clock.advance(months=1)
        faults.stop()
        await bench.clock.advance(days=4)

        book = (await bench.billing.account("ada")).account.book
        moved = book.totals
        gone = moved.captured + moved.expired + moved.revoked + moved.settled
        assert "active" == (await bench.billing.subscription("ada")).status
        assert (0, moved.granted) == (book.held, book.available + gone)
        assert faults.happened.total() > 5


async def test_who_came_while_stripe_was_down_can_buy_as_soon_as_it_is_up() -> None:
    faults = Faults(1, 0.0, only=[Fault.FAILED_BEFORE])
    async with billing_for_tests(chaos=faults) as bench:
        for account, is_known in (("ann", False), ("ada", True)):
            if is_known:
                await bench.container.gateway().ensure_customer(account, email="", name="")
            faults.rate = 1.0
            with pytest.raises(OutcomeUnknown):
                await bench.billing.checkout(account, pack="pack_1k")
            faults.stop()

            assert (await bench.billing.checkout(account, pack="pack_1k")).url


async def test_a_cut_before_the_effect_has_none_and_one_after_it_has() -> None:
    before, after = Counted(), Counted()

    assert ConnectionError is await ask(ChaoticLine(before, always(Fault.LOST_BEFORE)))
    assert ConnectionError is await ask(ChaoticLine(after, always(Fault.LOST_AFTER)))
    assert (0, 1) == (before.asked, after.asked)


async def test_a_failure_is_answered_again_under_its_key_and_not_under_another() -> None:
    stripe, faults = Counted(), always(Fault.FAILED_BEFORE)
    line = ChaoticLine(stripe, faults)
    first = await ask(line)
    faults.stop()

    assert [500, 500, 200] == [first, await ask(line), await ask(line, key="another")]
    assert 1 == stripe.asked


async def test_a_failure_is_forgotten_after_a_day() -> None:
    clock, faults = FixedClock(NEW_YEAR), always(Fault.FAILED_BEFORE)
    line = ChaoticLine(Counted(), faults, clock.now)
    first = await ask(line)
    faults.stop()
    clock.advance(timedelta(hours=24))

    assert [500, 200] == [first, await ask(line)]


async def test_a_failed_read_is_not_remembered() -> None:
    faults = always(Fault.FAILED_BEFORE)
    line = ChaoticLine(Counted(), faults)
    first = await ask(line, "GET")
    faults.stop()

    assert [500, 200] == [first, await ask(line, "GET")]


async def test_too_many_and_twice_are_what_they_say() -> None:
    stripe = Counted()

    assert 429 == await ask(ChaoticLine(stripe, always(Fault.TOO_MANY)))
    assert 200 == await ask(ChaoticLine(stripe, always(Fault.TWICE)))
    assert 2 == stripe.asked


async def test_places_are_counted_without_their_ids_and_printed() -> None:
    faults = always(Fault.TOO_MANY)
    await ask(ChaoticLine(Counted(), faults))

    assert {("POST /v1/customers/…", Fault.TOO_MANY): 1} == faults.happened
    assert "seed 1: 1 faults\n     1 POST /v1/customers/… TOO_MANY" == str(faults)


async def test_what_is_late_waits_as_it_is_told() -> None:
    waited: list[float] = []

    async def wait(seconds: float) -> None:
        waited.append(seconds)

    faults = Faults(1, 1.0, only=[Fault.LATE], sleep=wait, longest_s=3)
    await ask(ChaoticLine(Counted(), faults))

    assert [True] == [0 <= seconds <= 3 for seconds in waited]


@pytest.mark.parametrize(
    ("fault", "raised", "asked"),
    [
        (Fault.AWAY, Unavailable, 0),
        (Fault.REFUSED, ImageRefused, 0),
        (Fault.LOST_BEFORE, OutcomeUnknown, 0),
        (Fault.LOST_AFTER, OutcomeUnknown, 1),
        (Fault.CUT, OutcomeUnknown, 1),
        (Fault.MISCONFIGURED, Misconfigured, 0),
    ],
)
async def test_an_image_provider_fails_as_its_port_tells(fault: Fault, raised: type[PortFailure], asked: int) -> None:
    plain = PlainImages()

    with pytest.raises(raised):
        await ChaoticImages(plain, always(fault)).generate(A_PICTURE)
    assert asked == len(plain.requests)


async def test_an_image_provider_is_cut_off_once_something_was_shown() -> None:
    shown: list[Picture] = []

    async def watch(picture: Picture) -> None:
        shown.append(picture)

    with pytest.raises(OutcomeUnknown):
        await ChaoticImages(PlainImages(), always(Fault.CUT)).generate(A_PICTURE, watch=watch)
    assert [(64, 64)] == [(picture.width, picture.height) for picture in shown]


async def test_an_image_provider_makes_half() -> None:
    made = await ChaoticImages(PlainImages(), always(Fault.FEWER)).generate(A_PICTURE)
    assert 2 == len(made.pictures)


@pytest.mark.parametrize(
    ("fault", "status", "taken"),
    [(Fault.LOST_BEFORE, 0, 0), (Fault.LOST_AFTER, 0, 1), (Fault.TWICE, 200, 2), (Fault.LATE, 0, 0)],
)
async def test_webhooks_get_lost_and_come_twice(fault: Fault, status: int, taken: int) -> None:
    bodies: list[bytes] = []

    async def deliver(body: bytes, _signature: str) -> int:
        bodies.append(body)
        return 200

    assert (status, taken) == (await ChaoticWebhooks(deliver, always(fault))(b"{}", ""), len(bodies))


async def test_a_gateway_loses_answers_and_a_read_that_is_lost_was_not_done(billing_bench: Bench) -> None:
    whole: PaymentGateway = billing_bench.container.gateway()
    bad = chaotic_gateway(whole, always(Fault.LOST_AFTER))

    with pytest.raises(OutcomeUnknown):
        await bad.ensure_customer("ann", email="ann@example.com", name="Ann")
    with pytest.raises(Unavailable):
        await bad.payments(await whole.ensure_customer("ann", email="ann@example.com", name="Ann"), limit=1)
    assert whole.page_of("cus_1") == bad.page_of("cus_1")


@pytest.mark.parametrize("fault", [Fault.AWAY, Fault.LOST_BEFORE, Fault.TWICE, Fault.LATE])
async def test_a_gateway_fails_as_its_port_tells(fault: Fault, billing_bench: Bench) -> None:
    faults = always(fault)
    bad = chaotic_gateway(billing_bench.container.gateway(), faults)
    raised = {Fault.AWAY: Unavailable, Fault.LOST_BEFORE: OutcomeUnknown}.get(fault)
    if raised is not None:
        with pytest.raises(raised):
            await bad.ensure_customer("ann", email="ann@example.com", name="Ann")
        faults.stop()

    first = await bad.ensure_customer("ann", email="ann@example.com", name="Ann")
    assert first == await bad.ensure_customer("ann", email="ann@example.com", name="Ann")
