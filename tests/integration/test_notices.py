"""What customers and operators are told, by a real mail server, when their money moves at a simulated Stripe."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta
from email.headerregistry import Address
from email.message import EmailMessage

import pytest
from attrs import frozen

from billing_core.adapters.simulated.money import DisputeStatus
from billing_core.adapters.smtp import Letters, Security, Server, SmtpNotifier
from billing_core.adapters.smtp.letters import TOPIC
from billing_core.application import tasks
from billing_core.application.notifying import Notifying
from billing_core.domain.incidents import IncidentKind
from billing_core.ports.commit import Commit
from billing_core.ports.errors import OutcomeUnknown, Unavailable
from billing_core.ports.gateway import RefundReason
from billing_core.ports.records import IncidentRaised
from tests.mail_server import LOST, Mailroom, mail_server
from tests.shops.use_case import A_DAY, A_MINUTE, DECLINES_LATER, Shop, an_event

A_HOUR = timedelta(hours=1)
A_SESSION_OF_NOBODY = {
    "id": "cs_of_nobody",
    "object": "checkout.session",
    "mode": "payment",
    "status": "complete",
    "payment_status": "paid",
    "customer": "cus_of_nobody",
    "payment_intent": "pi_of_nobody",
    "amount_total": 900,
    "currency": "usd",
}
OPERATORS = frozenset({"boss@shop.example", "night@shop.example"})


@frozen
class Post:
    """A shop whose notices are mail, and the room where mail comes in."""

    shop: Shop
    room: Mailroom

    @property
    def mails(self) -> list[EmailMessage]:
        return self.room.taken

    def told(self) -> list[tuple[str, str]]:
        """Topic and addressee of each mail, in the order in which they came."""
        return [(mail[TOPIC], mail["To"]) for mail in self.mails]

    async def notify(self, **args: str) -> None:
        await self.shop.use.notifying().run(args)

    async def everything_again(self) -> None:
        """Stripe delivers each of its webhooks once more, each as if it had never been delivered."""
        for body in await self.shop.sent():
            await self.shop.receive(body)
        await self.shop.settle()


@asynccontextmanager
async def posting(shop: Shop) -> AsyncIterator[Post]:
    async with mail_server() as room:
        server = Server(host="127.0.0.1", port=room.port, security=Security.NONE)
        sender = Address("Poster Shop", addr_spec="billing@shop.example")
        notifier = SmtpNotifier(server, Letters(sender, "https://shop.example", shop.clock))
        shop.use.notifier.override(notifier)
        shop.use.notifying.override(Notifying(shop.use.accounts(), shop.memory.inbox, notifier, shop.clock, OPERATORS))
        yield Post(shop, room)


@pytest.fixture
async def post() -> AsyncIterator[Post]:
    async with posting(Shop()) as post:
        yield post


def to_ann(*topics: str) -> list[tuple[str, str]]:
    return [(topic, "ann@app.example") for topic in topics]


def to_operators(topic: str) -> list[tuple[str, str]]:
    return [(topic, operator) for operator in sorted(OPERATORS)]


# Each topic, end to end, once, also when everything comes again


async def test_the_end_of_a_trial(post: Post) -> None:
    await post.shop.subscribed("tryout")
    await post.shop.later(5 * A_DAY)

    await post.everything_again()

    assert to_ann("trial_ending") == post.told()
    assert "Your trial ends on 8 January 2026" == post.mails[0]["Subject"]


async def test_a_payment_that_failed(post: Post) -> None:
    await post.shop.subscribed(card=DECLINES_LATER)
    await post.shop.later(31 * A_DAY)
    first = post.told()

    await post.everything_again()

    assert to_ann("payment_failed") == first == post.told()


async def test_a_payment_that_failed_again_is_told_again(post: Post) -> None:
    await post.shop.subscribed(card=DECLINES_LATER)
    await post.shop.later(31 * A_DAY)
    await post.shop.later(4 * A_DAY)

    assert to_ann("payment_failed", "payment_failed") == post.told()


async def test_credits_that_run_low(post: Post) -> None:
    await post.shop.subscribed()
    available = await post.shop.available()

    for amount in (available - 20, 1, 1):
        hold = await post.shop.use.holding()("ann", amount, reason="a print")
        await post.shop.use.capturing()("ann", hold.id)
        await post.shop.settle()

    assert to_ann("credits_low") == post.told()
    assert "You have 19 credits left" == post.mails[0]["Subject"]


async def test_credits_that_run_low_twice_in_a_month_are_told_once_and_in_the_next_again(post: Post) -> None:
    await post.shop.subscribed()
    available = await post.shop.available()
    for _ in range(2):
        hold = await post.shop.use.holding()("ann", available - 5, reason="a print")
        await post.shop.settle()
        await post.shop.use.releasing()("ann", hold.id)
    assert to_ann("credits_low") == post.told()

    await post.shop.later(32 * A_DAY)
    await post.shop.use.holding()("ann", await post.shop.available() - 5, reason="a print")
    await post.shop.settle()

    assert to_ann("credits_low", "credits_low") == post.told()


async def refunded(shop: Shop, amount: int | None) -> None:
    payment = (await shop.kept()).payments[0]
    await shop.gateway.refund(
        payment.id, amount_minor=amount, reason=RefundReason.REQUESTED, idempotency_key=f"back {amount}"
    )
    await shop.settle()


async def test_money_that_went_back(post: Post) -> None:
    await post.shop.subscribed()
    await refunded(post.shop, 400)
    await refunded(post.shop, None)

    await post.everything_again()

    assert to_ann("refunded", "refunded") == post.told()
    assert ["4.00 USD go back to you", "6.00 USD go back to you"] == [mail["Subject"] for mail in post.mails]
    part, rest = [str(mail.get_body(("plain",))) for mail in post.mails]
    assert "has refunded 4.00 USD of your payment (" in part
    assert "has refunded 6.00 USD, so that the whole payment is back (" in rest


async def test_a_dispute_that_is_opened_and_lost(post: Post) -> None:
    await post.shop.subscribed()
    dispute = await post.shop.stripe.bank.dispute((await post.shop.kept()).payments[0].id)
    await post.shop.settle()
    assert {*to_ann("disputed"), *to_operators("incident")} == set(post.told())
    await post.shop.stripe.bank.close(dispute.id, DisputeStatus.LOST)
    await post.shop.settle()

    await post.everything_again()

    subjects = [mail["Subject"] for mail in post.mails if mail["To"] == "ann@app.example"]
    assert ["A payment of yours is disputed", "A disputed payment went back"] == subjects
    assert len(post.told()) == 2 + len(OPERATORS)


async def test_an_inquiry_is_told_to_nobody(post: Post) -> None:
    await post.shop.subscribed()
    await post.shop.stripe.bank.dispute((await post.shop.kept()).payments[0].id, is_inquiry=True)
    await post.shop.settle()

    assert [] == post.told()


async def test_a_warning_of_fraud(post: Post) -> None:
    await post.shop.subscribed()
    await post.shop.stripe.bank.warn((await post.shop.kept()).payments[0].id)
    await post.shop.settle()

    await post.everything_again()

    assert to_operators("fraud_alert") == post.told()


async def test_an_incident_that_cannot_wait_also_where_it_is_nobodys(post: Post) -> None:
    orphan = an_event("checkout.session.completed", A_SESSION_OF_NOBODY)
    await post.shop.receive_event(orphan)
    await post.shop.later(A_HOUR)

    await post.everything_again()

    assert to_operators("incident") == post.told()
    assert "[Poster Shop] A payment belongs to nobody" == post.mails[0]["Subject"]


async def test_an_incident_that_can_wait_is_not_told(post: Post) -> None:
    raised = IncidentRaised(key="k", kind=IncidentKind.SLOT_PAID_LATE, detail="late", at=post.shop.clock.now())
    await post.shop.use.accounts().change("ann", lambda _: Commit(None, (), (raised,)))
    await post.shop.settle()

    assert [] == post.told()


# Once, whatever goes wrong


async def waiting(post: Post) -> Mapping[str, str]:
    """The notice that waits to be sent."""
    await post.shop.subscribed("tryout")
    post.shop.clock.advance(5 * A_DAY)
    await post.shop.stripe.deliver_pending()
    (job,) = post.shop.jobs(tasks.NOTIFY)
    return job.args


async def test_a_job_that_runs_twice_sends_once(post: Post) -> None:
    args = await waiting(post)

    await post.notify(**args)
    await post.notify(**args)
    await post.shop.settle()

    assert 1 == len(post.mails)


async def test_what_is_refused_for_now_is_sent_later_by_the_job(post: Post) -> None:
    post.room.at_rcpt.append("450 4.7.1 come again")
    await waiting(post)
    await post.shop.settle()
    assert [] == post.mails
    assert [Unavailable] == [type(failure) for failure in post.shop.failures]

    await post.shop.later(2 * A_MINUTE)

    assert to_ann("trial_ending") == post.told()


async def test_what_is_refused_for_good_is_given_up_and_shown(post: Post) -> None:
    post.room.at_rcpt.append("550 5.1.1 No such user")
    args = await waiting(post)
    await post.shop.settle()

    await post.shop.later(A_DAY)
    await post.notify(**args)

    incident = await post.shop.incident()
    assert [] == post.mails
    assert [] == post.shop.failures
    assert ("notice_refused", "ann") == (incident.kind.value, incident.account_id)
    assert "trial_ending did not reach ann@app.example: 550 5.1.1 No such user" == incident.detail


async def test_a_crash_between_sending_and_marking_sends_the_same_mail_again(post: Post) -> None:
    args = await waiting(post)
    post.shop.accounts.unavailable_at = post.shop.accounts.changes + 1

    with pytest.raises(Unavailable):
        await post.notify(**args)
    await post.notify(**args)

    assert 2 == len(post.mails)
    assert 1 == len({mail["Message-ID"] for mail in post.mails})


async def test_an_answer_that_was_lost_sends_the_same_mail_again(post: Post) -> None:
    post.room.at_data.append(LOST)
    args = await waiting(post)

    with pytest.raises(OutcomeUnknown):
        await post.notify(**args)
    await post.notify(**args)

    assert 1 == len({mail["Message-ID"] for mail in post.mails})


async def test_one_operator_whose_server_is_busy_keeps_no_other_from_being_told(post: Post) -> None:
    post.room.at_rcpt.append("450 4.7.1 come again")
    facts = '{"title": "t", "detail": "d", "kind": "k", "incident": "i"}'
    args = {"account_id": "ann", "topic": "incident", "cause": "c", "facts": facts, "operators": "yes"}

    with pytest.raises(Unavailable):
        await post.notify(**args)
    assert [("incident", "night@shop.example")] == post.told()
    await post.notify(**args)

    assert sorted(to_operators("incident")) == sorted(post.told())


async def test_who_has_no_address_is_not_told(post: Post) -> None:
    facts = '{"ends_at": "2026-01-08"}'
    await post.notify(account_id="nobody", topic="trial_ending", cause="c", facts=facts)

    assert [] == post.mails
