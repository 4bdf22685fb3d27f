"""Giving money back at Stripe: once per key, never more than is left, and nothing of what is disputed."""

import pytest

from billing_core.adapters.stripe.refunds import REQUEST, Refunds
from billing_core.ports.errors import GatewayRefused, OutcomeUnknown
from billing_core.ports.gateway import RefundOutcome, RefundReason, RefundStatus
from tests.stripe.canned import Refusal, page
from tests.stripe.forms import Form
from tests.stripe.samples import Json, a_charge, a_dispute, a_refund
from tests.stripe.till import Till, an_intent


class RefundingTill(Till):
    """A till that remembers the refunds that it makes."""

    def __init__(self, *intents: Json) -> None:
        super().__init__(*intents)
        self.made: list[Json] = []
        self.status = "succeeded"
        self.on("POST", "/v1/refunds", self.make)
        self.on("GET", "/v1/refunds", self.list)

    def make(self, form: Form) -> Json:
        more: Json = {name: form[name] for name in ("payment_intent", "charge") if name in form}
        more |= {"amount": int(str(form["amount"])), "metadata": form["metadata"], "status": self.status}
        self.made.append(a_refund(id=f"re_{len(self.made) + 1}", **more))
        return self.made[-1]

    def list(self, form: Form) -> Json:
        return page(*[r for r in self.made if all(r.get(n) == form[n] for n in ("payment_intent",) if n in form)])

    async def refund(self, amount: int | None = None, *, key: str = "k", payment: str = "pi_1") -> RefundOutcome:
        refunds = Refunds(self.api, self.book)
        return await refunds.refund(payment, amount_minor=amount, reason=RefundReason.REQUESTED, idempotency_key=key)


def given_back(amount: int, refund_id: str = "re_1", status: RefundStatus = RefundStatus.SUCCEEDED) -> RefundOutcome:
    return RefundOutcome(status=status, refund_id=refund_id, amount_minor=amount)


def refused(problem: str) -> RefundOutcome:
    return RefundOutcome(status=RefundStatus.REFUSED, problem=problem)


async def test_all_that_is_left_goes_back() -> None:
    till = RefundingTill()
    assert [given_back(300), given_back(600, "re_2")] == [await till.refund(300, key="1"), await till.refund(key="2")]


async def test_stripe_hears_why_and_by_which_key() -> None:
    till = RefundingTill()
    await till.refund(300)

    (asked,) = till.changes
    assert {
        "amount": "300",
        "payment_intent": "pi_1",
        "reason": "requested_by_customer",
        "metadata": {REQUEST: "k"},
    } == asked.form
    assert asked.key == "k:pi_1"


async def test_the_same_key_gives_back_once() -> None:
    till = RefundingTill()
    assert await till.refund(300) == await till.refund(300) == given_back(300)
    assert len(till.made) == 1


async def test_the_same_key_gives_all_back_once() -> None:
    till = RefundingTill()
    assert await till.refund() == await till.refund() == given_back(900)
    assert len(till.made) == 1


async def test_a_long_key_fits_into_metadata() -> None:
    till = RefundingTill()
    assert await till.refund(300, key="k" * 600) == await till.refund(300, key="k" * 600)
    assert len(till.made) == 1


async def test_a_refund_that_failed_is_told_and_not_tried_again_under_its_key() -> None:
    till = RefundingTill()
    till.status = "pending"
    assert RefundStatus.PENDING is (await till.refund()).status
    till.made[0] |= {"status": "failed", "failure_reason": "expired_or_canceled_card"}

    failed = await till.refund()

    assert (RefundStatus.FAILED, "expired_or_canceled_card", 1) == (failed.status, failed.problem, len(till.made))
    assert (await till.refund(key="another")).amount_minor == 900


@pytest.mark.parametrize("status", ["pending", "requires_action", "something_new"])
async def test_what_is_not_done_is_pending(status: str) -> None:
    till = RefundingTill()
    till.status = status
    assert await till.refund(300) == given_back(300, status=RefundStatus.PENDING)


@pytest.mark.parametrize("amount", [901, 0, -1])
async def test_so_much_is_not_left(amount: int) -> None:
    assert await RefundingTill().refund(amount) == refused(f"{amount} is not within the 900 that are left")


async def test_what_went_back_does_not_go_back_again() -> None:
    till = RefundingTill()
    await till.refund(key="1")
    assert await till.refund(key="2") == refused("all of it went back already")


@pytest.mark.parametrize("status", ["needs_response", "under_review", "lost", "prevented", "charge_refunded"])
async def test_what_is_disputed_is_not_given_back(status: str) -> None:
    till = RefundingTill()
    till.having("disputes", page(a_dispute(status=status)))
    assert (await till.refund()).status is RefundStatus.REFUSED
    assert [] == till.changes


@pytest.mark.parametrize("status", ["warning_needs_response", "won"])
async def test_an_inquiry_and_a_dispute_that_was_won_are_in_nobodys_way(status: str) -> None:
    till = RefundingTill()
    till.having("disputes", page(a_dispute(status=status)))
    assert await till.refund() == given_back(900)


async def test_what_was_paid_elsewhere_is_not_given_back_here() -> None:
    till = RefundingTill()
    till.invoiced(amount_paid=0, amount_paid_off_stripe=2000)
    till.having("invoice_payments", page())
    assert await till.refund(payment="in_1") == refused("nothing was collected for it here")


async def test_a_charge_without_an_intent_is_given_back() -> None:
    till = RefundingTill()
    till.having("charges/ch_1", a_charge(payment_intent=None, captured=True, amount_captured=900))
    await till.refund(300, payment="ch_1")

    assert till.changes[0].form["charge"] == "ch_1"
    assert "payment_intent" not in till.changes[0].form


async def test_an_invoice_that_several_paid_takes_several_refunds() -> None:
    till = RefundingTill(an_intent("pi_1", 1500), an_intent("pi_2", 500))
    till.invoiced("pi_1", "pi_2")

    assert await till.refund(1600, payment="in_1") == given_back(1600)
    assert [("pi_1", 1500), ("pi_2", 100)] == [(made["payment_intent"], made["amount"]) for made in till.made]


@pytest.mark.parametrize("amount", [1600, 2000, None])
async def test_one_that_was_cut_in_between_is_completed(amount: int | None) -> None:
    till = RefundingTill(an_intent("pi_1", 1500), an_intent("pi_2", 500))
    till.invoiced("pi_1", "pi_2")
    till.on("POST", "/v1/refunds", till.make, Refusal(500), Refusal(500))
    with pytest.raises(OutcomeUnknown):
        await till.refund(amount, payment="in_1")
    till.on("POST", "/v1/refunds", till.make)

    assert await till.refund(amount, payment="in_1") == given_back(amount or 2000)
    assert [1500, (amount or 2000) - 1500] == [made["amount"] for made in till.made]


async def test_a_failure_of_stripes_that_did_it_all_the_same_is_found() -> None:
    till = RefundingTill()

    def make(form: Form) -> Refusal:
        till.make(form)
        return Refusal(500)

    till.on("POST", "/v1/refunds", make, Refusal(500))
    assert await till.refund(300) == given_back(300)
    assert len(till.made) == 1


@pytest.mark.parametrize(
    "refusal",
    [
        Refusal(400, "charge_already_refunded"),
        Refusal(400, "charge_disputed"),
        Refusal(400, "balance_insufficient"),
        Refusal(400, None, param="amount"),
        Refusal(402, "insufficient_funds"),
    ],
)
async def test_what_stripe_says_of_the_payment_is_a_value(refusal: Refusal) -> None:
    till = RefundingTill()
    till.on("POST", "/v1/refunds", refusal)
    outcome = await till.refund(300)
    assert outcome.status is RefundStatus.REFUSED
    assert outcome.problem is not None
    assert "Something is wrong." in outcome.problem


async def test_a_part_that_went_back_is_told_where_the_rest_is_refused() -> None:
    till = RefundingTill(an_intent("pi_1", 1500), an_intent("pi_2", 500))
    till.invoiced("pi_1", "pi_2")
    till.on("POST", "/v1/refunds", till.make, Refusal(400, "charge_disputed"))

    outcome = await till.refund(payment="in_1")

    assert (RefundStatus.SUCCEEDED, "re_1", 1500) == (outcome.status, outcome.refund_id, outcome.amount_minor)
    assert outcome.problem == "charge_disputed: Something is wrong."


@pytest.mark.parametrize("refusal", [Refusal(401), Refusal(403), Refusal(400, "parameter_unknown", param="reason")])
async def test_what_stripe_says_of_us_is_an_error(refusal: Refusal) -> None:
    till = RefundingTill()
    till.on("POST", "/v1/refunds", refusal)
    with pytest.raises(GatewayRefused):
        await till.refund(300)
