"""What becomes of every way in which Stripe, or the line to it, can fail: against a real server on loopback."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest

from billing_core.adapters.stripe.api import Api, nothing
from billing_core.adapters.stripe.errors import Declined, Refused
from billing_core.adapters.stripe.shapes import Shape
from billing_core.adapters.stripe.transport import Http
from billing_core.domain.errors import BillingError
from billing_core.ports.errors import (
    GatewayRefused,
    IdempotencyKeyReused,
    OutcomeUnknown,
    Unavailable,
    UnknownAtGateway,
)
from tests.stripe.scripted import Asked, Fault, Reply, ScriptedStripe, Step, an_error, serving, told

DONE = told({"id": "cus_1"})
FAILED = an_error(500, type="api_error")
TOO_MANY = an_error(429, "rate_limit")
CUSTOMERS = "/v1/customers"

Asking = Callable[[Api], Awaitable[Shape]]


@asynccontextmanager
async def asking(stripe: ScriptedStripe, *, timeout_s: float = 20, largest: int = 10**6) -> AsyncIterator[Api]:
    """An Api over real HTTP to that server."""
    http = Http(timeout_s=timeout_s, largest=largest)
    async with serving(stripe) as url:
        try:
            yield stripe.api(http, url)
        finally:
            await http.aclose()


async def reads(api: Api) -> Shape:
    return await api.get("/v1/customers/cus_1")


async def changes(api: Api) -> Shape:
    return await api.post(CUSTOMERS, key="k", name="Ada")


async def after(stripe: ScriptedStripe, ask: Asking, *, timeout_s: float = 20) -> str:
    """The error that comes of it, written out."""
    async with asking(stripe, timeout_s=timeout_s) as api:
        with pytest.raises(BillingError) as caught:
            await ask(api)
        return repr(caught.value)


async def test_a_request_carries_key_version_and_form() -> None:
    stripe = ScriptedStripe([DONE])
    async with asking(stripe) as api:
        assert {"id": "cus_1"} == await api.post(CUSTOMERS, key="k", metadata={"a": "é&="}, name=None, expand=["x"])

    (asked,) = stripe.asked
    assert ("POST", CUSTOMERS, "k") == (asked.method, asked.target, asked.key)
    assert "metadata[a]=%C3%A9%26%3D&expand[0]=x" == asked.body
    assert ("Bearer sk_test_1", "2026-10-28.endive") == (
        asked.headers["authorization"],
        asked.headers["stripe-version"],
    )


LOST: list[tuple[str, Step]] = [
    ("cut before it is read", Fault.CUT_BEFORE),
    ("cut after it is read", Fault.CUT_AFTER),
    ("cut within the answer", Fault.CUT_WITHIN),
    ("too large an answer", told({"id": "x" * 10**6})),
    ("no JSON", Reply(200, b"<html>")),
    ("half a JSON", Reply(200, b'{"id": ')),
    ("a list", Reply(200, b"[]")),
    ("bytes that are no text", Reply(200, b"\xff\xfe")),
    ("JSON without an end", Reply(200, b"[" * 900)),
    ("an error that is a list", Reply(400, b'{"error": []}')),
    ("an error that is a word", Reply(400, b'{"error": "no"}')),
    ("a conflict with a twin", an_error(409, "idempotency_key_in_use")),
    ("a failure", FAILED),
    ("a page of a proxy", Reply(502, b"<html>Bad gateway</html>")),
]


@pytest.mark.parametrize("step", [step for _, step in LOST], ids=[name for name, _ in LOST])
async def test_a_read_without_an_answer_can_be_tried_again(step: Step) -> None:
    assert repr(Unavailable("Stripe")) == await after(ScriptedStripe([step]), reads)


@pytest.mark.parametrize("step", [step for _, step in LOST], ids=[name for name, _ in LOST])
async def test_a_change_without_an_answer_may_have_been_done(step: Step) -> None:
    stripe = ScriptedStripe([step])

    assert repr(OutcomeUnknown("POST /v1/customers")) == await after(stripe, changes)
    assert {"k"} >= set(stripe.keys)


@pytest.mark.parametrize("fault", [Fault.SILENCE, Fault.ENDLESS])
async def test_what_never_ends_is_ended_by_the_timeout(fault: Fault) -> None:
    stripe = ScriptedStripe([fault])

    assert repr(Unavailable("Stripe")) == await after(stripe, reads, timeout_s=0.05)
    assert repr(OutcomeUnknown("POST /v1/customers")) == await after(stripe, changes, timeout_s=0.05)


async def test_where_nobody_listens_it_is_unavailable() -> None:
    stripe = ScriptedStripe([DONE])
    async with serving(stripe) as url:
        pass
    http = Http()

    with pytest.raises(Unavailable):
        await reads(stripe.api(http, url))
    await http.aclose()


@pytest.mark.parametrize(
    "step", [Fault.CUT_BEFORE, Fault.CUT_AFTER, Fault.CUT_WITHIN, FAILED, an_error(409), an_error(503)]
)
async def test_what_passes_by_is_tried_again_with_the_same_key(step: Step) -> None:
    stripe = ScriptedStripe([step, DONE])
    async with asking(stripe) as api:
        assert {"id": "cus_1"} == await changes(api)

    assert {"k"} == set(stripe.keys)
    assert 1 == len(stripe.waits)


async def test_who_comes_while_a_twin_is_on_its_way_waits_for_its_answer() -> None:
    in_use = an_error(409, "idempotency_key_in_use")
    stripe = ScriptedStripe([in_use] * 10 + [DONE])
    async with asking(stripe) as api:
        assert {"id": "cus_1"} == await changes(api)

    assert {"k"} == set(stripe.keys)


async def test_stripe_says_itself_whether_to_try_again() -> None:
    final = an_error(500, headers={"Stripe-Should-Retry": "false"})
    locked = an_error(400, "lock_timeout", headers={"Stripe-Should-Retry": "true"})
    stubborn, patient = ScriptedStripe([final]), ScriptedStripe([locked, DONE])

    assert repr(Unavailable("Stripe")) == await after(stubborn, reads)
    async with asking(patient) as api:
        assert {"id": "cus_1"} == await changes(api)
    assert (1, 2) == (len(stubborn.asked), len(patient.asked))


async def test_too_many_requests_are_asked_again_later_and_later() -> None:
    by_a_proxy = Reply(429, b"<html>Slow down</html>")
    stripe = ScriptedStripe([TOO_MANY, by_a_proxy, TOO_MANY, TOO_MANY, DONE])
    async with asking(stripe) as api:
        assert {"id": "cus_1"} == await changes(api)

    assert [0.5, 1, 2, 4] == stripe.waits
    assert {"k"} == set(stripe.keys)


async def test_too_many_for_too_long_is_unavailable_and_nothing_was_done() -> None:
    stripe = ScriptedStripe([TOO_MANY])

    assert repr(Unavailable("Stripe")) == await after(stripe, changes)
    assert 5 == len(stripe.asked)


async def test_stripe_may_say_how_long_to_wait() -> None:
    stripe = ScriptedStripe([an_error(429, headers={"Retry-After": "7"}), DONE])
    async with asking(stripe) as api:
        await changes(api)

    assert [7] == stripe.waits


async def test_nobody_is_kept_waiting_for_long() -> None:
    stripe = ScriptedStripe([an_error(429, headers={"Retry-After": "60"})])

    assert repr(Unavailable("Stripe", retry_after_s=60)) == await after(stripe, changes)
    assert [] == stripe.waits


@pytest.mark.parametrize("said", ["-1", "soon", "1e9", "9" * 5000])
async def test_a_wait_that_cannot_be_read_is_our_own(said: str) -> None:
    stripe = ScriptedStripe([an_error(429, headers={"Retry-After": said}), DONE])
    async with asking(stripe) as api:
        await changes(api)

    assert [0.5] == stripe.waits


WRONG = "Something is wrong."
REFUSALS: list[tuple[Reply, Refused]] = [
    (an_error(400, "parameter_unknown", param="x"), Refused(f"parameter_unknown: {WRONG}", "parameter_unknown", "x")),
    (an_error(401, message="Invalid API Key"), Refused("401: Invalid API Key")),
    (an_error(403, "account_invalid"), Refused(f"account_invalid: {WRONG}", "account_invalid")),
    (an_error(422), Refused(f"422: {WRONG}")),
    (an_error(402, "expired_card"), Declined(f"expired_card: {WRONG}", "expired_card", "", "expired_card")),
    (
        an_error(402, "card_declined", decline_code="lost_card"),
        Declined(f"card_declined: {WRONG}", "card_declined", "", "lost_card"),
    ),
]


@pytest.mark.failure("F22")
@pytest.mark.parametrize("ask", [reads, changes])
@pytest.mark.parametrize(("reply", "expected"), REFUSALS, ids=[error.problem for _, error in REFUSALS])
async def test_a_refusal_is_final(reply: Reply, expected: Refused, ask: Asking) -> None:
    stripe = ScriptedStripe([reply])

    assert repr(expected) == await after(stripe, ask)
    assert 1 == len(stripe.asked)


@pytest.mark.parametrize("status", [400, 404])
async def test_what_is_missing_is_named(status: int) -> None:
    reply = an_error(status, "resource_missing", message="No such customer: 'cus_1'", param="customer")

    async with asking(ScriptedStripe([reply])) as api:
        with pytest.raises(UnknownAtGateway, match="the gateway has no customer: 'cus_1'"):
            await reads(api)


async def test_a_missing_page_of_somebody_else_says_nothing_of_stripe() -> None:
    elsewhere = ScriptedStripe([Reply(404, b"<html>No such page</html>")])

    assert repr(Refused("404, and no error of Stripe's")) == await after(elsewhere, reads)


async def test_a_key_of_another_request_is_refused() -> None:
    reply = an_error(400, type="idempotency_error")

    assert repr(IdempotencyKeyReused("k")) == await after(ScriptedStripe([reply]), changes)


def stored_failure(*, done: bool) -> ScriptedStripe:
    """Stripe failed, and answers so again under the same key for a day; under another it works."""
    made: list[str] = ["cus_1"] if done else []

    def answer(asked: Asked) -> Reply:
        if asked.method == "GET":
            return told({"data": [{"id": made_id} for made_id in made]})
        return FAILED if asked.key == "k" else DONE

    return ScriptedStripe(handler=answer)


async def test_after_a_stored_failure_what_was_done_is_found() -> None:
    stripe = stored_failure(done=True)
    async with asking(stripe) as api:

        async def find() -> Shape | None:
            return {"id": "cus_found"} if (await api.get(CUSTOMERS))["data"] else None

        assert {"id": "cus_found"} == await api.post(CUSTOMERS, key="k", find=find)

    assert ["k", "k", "k", None] == stripe.keys


async def test_after_a_stored_failure_another_key_is_tried_where_nothing_is_found() -> None:
    stripe = stored_failure(done=False)
    async with asking(stripe) as api:
        assert {"id": "cus_1"} == await api.post(CUSTOMERS, key="k", find=nothing)
        assert {"id": "cus_1"} == await api.post(CUSTOMERS, key="k", find=nothing)

    assert ["k", "k", "k", "k:again"] * 2 == stripe.keys


async def test_after_a_stored_failure_nothing_is_guessed_where_nobody_can_look() -> None:
    stripe = stored_failure(done=False)

    assert repr(OutcomeUnknown("POST /v1/customers")) == await after(stripe, changes)
    assert {"k"} == set(stripe.keys)


async def test_a_failure_under_both_keys_leaves_it_open() -> None:
    async def make(api: Api) -> Shape:
        return await api.post(CUSTOMERS, key="k", find=nothing)

    assert repr(OutcomeUnknown("POST /v1/customers")) == await after(ScriptedStripe([FAILED]), make)


@pytest.mark.failure("F14")
async def test_neither_keys_nor_what_passes_is_told_to_logs_or_errors(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    stripe = ScriptedStripe([told({"url": "https://portal.test/secret"}), Reply(400, b'{"secret": "whsec_x"}')])

    async with asking(stripe) as api:
        await api.get(CUSTOMERS, email="ada@app.test")
        with pytest.raises(GatewayRefused) as caught:
            await changes(api)

    assert (None, True) == (caught.value.__cause__, caught.value.__suppress_context__)
    said = f"{caught.value!r}{caplog.text}"
    assert [] == [it for it in ("whsec_x", "sk_test_1", "Ada", "ada", "portal.test") if it in said]
