"""A signed sample of every event: genuine, understood, and as it was overridden."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from click.testing import CliRunner, Result

from billing_core.adapters.stripe.events import READERS
from billing_core.adapters.stripe.webhooks import StripeWebhooks
from billing_core.entrypoints.cli import main
from billing_core.ports.errors import BadSignature
from billing_core.ports.facts import Fact, InvoicePaid, NothingToDo, NotUnderstood
from billing_core.testing import Bench, webhook
from billing_core.testing.webhooks import SECRET, event_types
from tests.stripe.on_loopback import served

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
DOOR = StripeWebhooks([SECRET], {"price_basic_month_usd": "basic_month_usd"})


def fact(event_type: str, **overrides: Any) -> Fact:
    """What the sample says to us."""
    body, signature = webhook(event_type, at=NOW, **overrides)
    return DOOR.translate(body, signature, now=NOW).fact


def told(body: bytes) -> Any:
    return json.loads(body)["data"]["object"]


@pytest.mark.parametrize("event_type", event_types())
def test_every_event_that_stripe_has_is_genuine_and_understood(event_type: str) -> None:
    assert not isinstance(fact(event_type), NotUnderstood)


@pytest.mark.parametrize("event_type", sorted(set(READERS) & set(event_types()) - {"charge.succeeded"}))
def test_what_says_something_to_us_says_it_in_the_sample_too(event_type: str) -> None:
    assert not isinstance(fact(event_type), NothingToDo)


def test_the_sample_of_a_paid_invoice_is_one_of_the_built_in_plan() -> None:
    paid = fact("invoice.paid")

    assert isinstance(paid, InvoicePaid)
    assert (999, "sub_1", ["basic_month_usd"]) == (
        paid.amount_minor,
        paid.subscription_id,
        [x.price for x in paid.lines],
    )


def test_overrides_go_into_the_object_and_leave_the_rest() -> None:
    body, _ = webhook("checkout.session.completed", customer="cus_9", metadata={"billing_core_account": "bob"})

    assert ("cus_9", "bob", "basic") == (
        told(body)["customer"],
        told(body)["metadata"]["billing_core_account"],
        told(body)["metadata"]["billing_core_item"],
    )


def test_two_samples_are_two_events_unless_they_are_told_to_be_one() -> None:
    ids = [json.loads(webhook("invoice.paid")[0])["id"] for _ in range(2)]

    assert 2 == len(set(ids))
    assert webhook("invoice.paid", event_id="evt_1", at=NOW) == webhook("invoice.paid", event_id="evt_1", at=NOW)


def test_an_old_sample_and_one_of_another_secret_are_refused() -> None:
    for body, signature in (
        webhook("invoice.paid", at=NOW - timedelta(hours=1)),
        webhook("invoice.paid", at=NOW, secret="whsec_another"),
    ):
        with pytest.raises(BadSignature):
            DOOR.translate(body, signature, now=NOW)


def test_an_event_that_stripe_does_not_have_is_told_with_the_one_that_was_meant() -> None:
    with pytest.raises(ValueError, match=r"invoice.payed; did you mean invoice.paid\?"):
        webhook("invoice.payed")


async def test_a_bench_takes_a_sample_in(billing_bench: Bench) -> None:
    body, signature = webhook("invoice.payment_failed", at=billing_bench.clock.now())

    assert "parked" == (await billing_bench.billing.handle_webhook(body, signature)).outcome


def send(*args: str) -> Result:
    return CliRunner().invoke(main, ["webhooks", "send", *args])


@pytest.fixture
def own_machine(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path_factory.mktemp("machine"))
    for name in ("STRIPE_SECRET_KEY", "BILLING_DATABASE_URL", "BILLING_CATALOG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("STRIPE_WEBHOOK_SECRET", SECRET)


@pytest.mark.usefixtures("own_machine")
class TestSending:
    """`billing-core webhooks send`."""

    def test_a_sample_is_printed_with_its_fields_set(self) -> None:
        printed = send("invoice.paid", "--print", "--set", "customer=cus_9", "--set", "parent.x=1", "--set", "total=0")

        assert 0 == printed.exit_code, printed.output
        shown = json.loads(printed.output)["data"]["object"]
        assert ("cus_9", 1, 0) == (shown["customer"], shown["parent"]["x"], shown["total"])

    async def test_a_sample_is_posted_and_the_answer_shown(self) -> None:
        taken: list[bytes] = []

        async def app(scope: Any, receive: Any, answer: Any) -> None:
            message = await receive()
            taken.append(message["body"])
            signature = dict(scope["headers"])[b"stripe-signature"].decode()
            DOOR.translate(message["body"], signature, now=datetime.now(UTC))
            await answer({"type": "http.response.start", "status": 200, "headers": []})
            await answer({"type": "http.response.body", "body": b"taken"})

        async with served(app) as base:
            sent = await asyncio.to_thread(send, "customer.subscription.updated", "--url", f"{base}/hook")

        assert (0, ["active"]) == (sent.exit_code, [told(body)["status"] for body in taken])
        assert sent.output.endswith(": 200 taken\n")

    @pytest.mark.parametrize(
        ("args", "problem"),
        [
            (("invoice.payed",), "did you mean invoice.paid?"),
            (("invoice.paid", "--set", "customer"), "is no KEY=VALUE"),
            (("invoice.paid", "--url", "http://127.0.0.1:9/"), "nobody answers"),
        ],
    )
    def test_what_cannot_be_sent_is_told_in_a_line(self, args: tuple[str, ...], problem: str) -> None:
        refused = send(*args)

        assert refused.exit_code != 0
        assert problem in refused.output

    def test_nothing_is_made_up_where_money_is_real(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("STRIPE_SECRET_KEY", "sk_live_1")
        monkeypatch.setenv("STRIPE_WEBHOOK_SECRET", "whsec_0123456789abcdef01234567")

        refused = send("invoice.paid")

        assert (1, True) == (refused.exit_code, "live key" in refused.output)
