"""Notices as mail, at a real mail server."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from email.headerregistry import Address
from pathlib import Path

import pytest
from attrs import evolve

from billing_core.adapters.smtp import Letters, Security, Server, SmtpNotifier
from billing_core.adapters.smtp.letters import TOPIC
from billing_core.adapters.system import FixedClock
from billing_core.ports.errors import Misconfigured, NoticeRefused, OutcomeUnknown, Unavailable
from billing_core.ports.notifier import Topic
from billing_core.testing.contracts.notifier import Arrived, NotifierContract, Sent
from billing_core.testing.notices import a_notice
from tests.mail_server import LOST, PASSWORD, USER, Mailroom, certified, mail_server

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
LETTERS = Letters(Address("Poster Shop", addr_spec="billing@shop.example"), "https://shop.example", FixedClock(NOON))


def at(port: int, security: Security = Security.NONE, *, password: str | None = None) -> SmtpNotifier:
    server = Server(host="127.0.0.1", port=port, security=security, username=password and USER, password=password)
    return SmtpNotifier(server, LETTERS)


@pytest.fixture
async def room() -> AsyncIterator[Mailroom]:
    async with mail_server() as room:
        yield room


@pytest.fixture
def notifier(room: Mailroom) -> SmtpNotifier:
    return at(room.port)


class TestContract(NotifierContract):
    @pytest.fixture
    async def notifier(self, room: Mailroom) -> SmtpNotifier:
        return at(room.port)

    @pytest.fixture
    def sent(self, room: Mailroom) -> Sent:
        return lambda: [Arrived(Topic(mail[TOPIC]), mail["To"], mail["Message-ID"]) for mail in room.taken]


async def test_a_mail_says_from_whom_when_and_that_a_program_sent_it(room: Mailroom, notifier: SmtpNotifier) -> None:
    await notifier.send(a_notice(Topic.CREDITS_LOW))

    (mail,), (envelope,) = room.taken, room.envelopes
    assert ("Poster Shop <billing@shop.example>", "ann@example.org") == (mail["From"], mail["To"])
    assert ("You have 18 credits left", "Thu, 01 Jan 2026 12:00:00 +0000") == (mail["Subject"], mail["Date"])
    assert "auto-generated" == mail["Auto-Submitted"]
    assert mail["Message-ID"].endswith("@shop.example>")
    assert ("billing@shop.example", ["ann@example.org"]) == (envelope.mail_from, envelope.rcpt_tos)


async def test_a_mail_says_the_same_as_text_and_as_html(room: Mailroom, notifier: SmtpNotifier) -> None:
    await notifier.send(a_notice(Topic.REFUNDED, amount="4.50 USD"))

    (mail,) = room.taken
    assert ["text/plain", "text/html"] == [part.get_content_type() for part in mail.iter_parts()]
    for kind in ("plain", "html"):
        body = mail.get_body((kind,))
        assert body is not None
        assert "4.50 USD" in body.get_content()


async def test_what_is_said_is_encrypted_where_that_is_wished(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    context, trusted = certified(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(trusted))
    async with mail_server(tls_context=context, require_starttls=True) as starting, mail_server(tls=context) as wrapped:
        await at(starting.port, Security.STARTTLS).send(a_notice())
        await at(wrapped.port, Security.TLS).send(a_notice())

        assert [True] == starting.encrypted
        assert 1 == len(wrapped.taken)


@pytest.mark.parametrize("security", [Security.STARTTLS, Security.TLS])
async def test_a_certificate_that_nobody_vouches_for_is_not_taken(tmp_path: Path, security: Security) -> None:
    context, _ = certified(tmp_path)
    wish = {"tls_context": context} if security is Security.STARTTLS else {"tls": context}
    async with mail_server(**wish) as room:
        with pytest.raises(Misconfigured, match="its certificate is not trusted"):
            await at(room.port, security).send(a_notice())

        assert [] == room.taken


async def test_encryption_that_is_not_offered_is_not_done_without(room: Mailroom) -> None:
    with pytest.raises(Misconfigured, match="STARTTLS"):
        await at(room.port, Security.STARTTLS).send(a_notice())

    assert [] == room.taken


async def test_who_has_a_password_logs_in() -> None:
    async with mail_server(auth_require_tls=False) as room:
        await at(room.port, password=PASSWORD).send(a_notice())

        assert [USER] == room.logins
        assert 1 == len(room.taken)


async def test_a_wrong_password_is_for_a_person_to_mend_and_not_shown() -> None:
    async with mail_server(auth_require_tls=False) as room:
        with pytest.raises(Misconfigured) as told:
            await at(room.port, password="open sesame").send(a_notice())

        assert "535" in str(told.value)
        assert "sesame" not in str(told.value) + repr(at(room.port, password="open sesame"))


@pytest.mark.parametrize("step", ["at_rcpt", "at_data"])
async def test_a_server_that_wants_us_to_come_again_takes_it_then(
    room: Mailroom, notifier: SmtpNotifier, step: str
) -> None:
    getattr(room, step).append("451 4.7.1 Greylisted, come again")

    with pytest.raises(Unavailable) as told:
        await notifier.send(a_notice())
    await notifier.send(a_notice())

    assert 60 == told.value.retry_after_s
    assert 1 == len(room.taken)


@pytest.mark.parametrize(
    ("step", "answer"), [("at_rcpt", "550 5.1.1 No such user"), ("at_data", "554 5.7.1 Looks like spam")]
)
async def test_a_mail_that_is_refused_for_good_is_told_with_the_reason(
    room: Mailroom, notifier: SmtpNotifier, step: str, answer: str
) -> None:
    getattr(room, step).append(answer)

    with pytest.raises(NoticeRefused, match=answer.split(" ", 1)[1]):
        await notifier.send(a_notice())


async def test_a_connection_that_is_lost_after_the_mail_leaves_open_whether_it_was_taken(
    room: Mailroom, notifier: SmtpNotifier
) -> None:
    room.at_data.append(LOST)

    with pytest.raises(OutcomeUnknown):
        await notifier.send(a_notice())
    await notifier.send(a_notice())

    assert 2 == len(room.taken)
    assert 1 == len({mail["Message-ID"] for mail in room.taken})


async def test_a_server_that_is_not_there_may_be_later() -> None:
    async with mail_server() as room:
        gone = room.port

    with pytest.raises(Unavailable):
        await at(gone).send(a_notice())


@pytest.mark.parametrize(
    "to",
    [
        "ann@example.org\r\nBcc: bob@example.org",
        "ann@example.org, bob@example.org",
        "ann",
        "",
        "@",
        "a b@c",
        "jürgen@x.example",
    ],
)
async def test_what_is_no_address_is_refused_before_anybody_is_asked(
    room: Mailroom, notifier: SmtpNotifier, to: str
) -> None:
    with pytest.raises(NoticeRefused):
        await notifier.send(a_notice(to=to))

    assert [] == room.taken


@pytest.mark.failure("F11")
async def test_no_fact_gets_into_the_headers(room: Mailroom, notifier: SmtpNotifier) -> None:
    await notifier.send(a_notice(Topic.INCIDENT, title="Hello\r\nBcc: bob@example.org\r\n\r\nand more"))

    (mail,), (envelope,) = room.taken, room.envelopes
    assert "[Poster Shop] Hello Bcc: bob@example.org and more" == mail["Subject"]
    assert mail["Bcc"] is None
    assert ["ann@example.org"] == envelope.rcpt_tos


@pytest.mark.failure("F11")
async def test_no_fact_is_taken_for_html(room: Mailroom, notifier: SmtpNotifier) -> None:
    await notifier.send(a_notice(Topic.CREDITS_LOW, plan="<img src=x onerror=alert(1)> & Sons"))

    html = room.taken[0].get_body(("html",))
    assert html is not None
    assert "&lt;img src=x onerror=alert(1)&gt; &amp; Sons" in html.get_content()
    assert "<img" not in html.get_content()


@pytest.mark.parametrize("url", ["javascript:alert(1)", "data:text/html,x", "ftp://x"])
async def test_only_the_web_can_be_followed(room: Mailroom, notifier: SmtpNotifier, url: str) -> None:
    await notifier.send(a_notice(Topic.PAYMENT_FAILED, url=url))

    assert url not in room.taken[0].as_string()


async def test_greeting_the_server_sends_nothing(room: Mailroom, notifier: SmtpNotifier) -> None:
    await notifier.greet()

    assert [] == room.taken
    with pytest.raises(Unavailable):
        await evolve(notifier, server=evolve(notifier.server, port=1)).greet()


@pytest.mark.parametrize(
    ("topic", "facts", "subject"),
    [
        (Topic.TRIAL_ENDING, {}, "Your trial ends on 8 January 2026"),
        (Topic.PAYMENT_FAILED, {}, "A payment could not be collected"),
        (Topic.PAYMENT_FAILED, {"needs_authentication": 1}, "Your bank asks you to confirm a payment"),
        (Topic.CREDITS_LOW, {"left": 1}, "You have 1 credit left"),
        (Topic.REFUNDED, {}, "4.50 USD go back to you"),
        (Topic.DISPUTED, {}, "A payment of yours is disputed"),
        (Topic.DISPUTED, {"status": "lost"}, "A disputed payment went back"),
        (Topic.FRAUD_ALERT, {}, "[Poster Shop] A card's network warns of fraud"),
        (Topic.INCIDENT, {}, "[Poster Shop] Money came in that belongs to nobody"),
    ],
)
async def test_each_topic_has_its_subject(
    room: Mailroom, notifier: SmtpNotifier, topic: Topic, facts: dict[str, str | int], subject: str
) -> None:
    notice = a_notice(topic)
    await notifier.send(evolve(notice, facts={**notice.facts, **facts}))

    assert [subject] == [mail["Subject"] for mail in room.taken]
