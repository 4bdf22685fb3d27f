"""The contract of Notifier: what is sent arrives, about what and at whom it was said, and is known again by its key."""

from collections.abc import Callable, Sequence

import pytest
from attrs import frozen

from billing_core.ports.notifier import Notice, Notifier, Topic
from billing_core.testing.notices import a_notice


@frozen
class Arrived:
    """A notice as the other end has it. `id` is any text that is the same for the same key and address, and only so."""

    topic: Topic
    to: str
    id: str


ODD = ("résumé 写真", "<b>&\"'</b>", "one\r\nBcc: two@example.org", "{{ 7 * 7 }}", "x" * 3000)
Sent = Callable[[], Sequence[Arrived]]


class NotifierContract:
    """Subclass it; give the fixtures `notifier`, and `sent`: what arrived so far, read at the other end."""

    @pytest.fixture
    def notifier(self) -> Notifier:
        raise NotImplementedError("give the notifier that is to be tried")

    @pytest.fixture
    def sent(self) -> Sent:
        raise NotImplementedError("give what reads the notices at the other end")

    async def test_notices_arrive_in_order(self, notifier: Notifier, sent: Sent) -> None:
        for n in range(3):
            await notifier.send(a_notice(to=f"{n}@example.org"))

        assert [f"{n}@example.org" for n in range(3)] == [arrived.to for arrived in sent()]

    @pytest.mark.parametrize("topic", Topic)
    async def test_a_notice_of_each_topic_arrives(self, notifier: Notifier, sent: Sent, topic: Topic) -> None:
        await notifier.send(a_notice(topic))

        assert [topic] == [arrived.topic for arrived in sent()]

    async def test_a_notice_that_is_sent_again_is_known_for_the_same(self, notifier: Notifier, sent: Sent) -> None:
        await notifier.send(a_notice(key="one"))
        await notifier.send(a_notice(key="one"))

        assert len({arrived.id for arrived in sent()}) == 1

    async def test_notices_of_other_causes_or_to_others_are_told_apart(self, notifier: Notifier, sent: Sent) -> None:
        notices: list[Notice] = [a_notice(), a_notice(key="another"), a_notice(to="bob@example.org")]
        for notice in notices:
            await notifier.send(notice)

        assert len({arrived.id for arrived in sent()}) == 3

    @pytest.mark.parametrize("words", ODD)
    async def test_whatever_the_facts_hold_arrives_as_one_notice(
        self, notifier: Notifier, sent: Sent, words: str
    ) -> None:
        await notifier.send(a_notice(Topic.INCIDENT, title=words, detail=words))
        await notifier.send(a_notice(Topic.CREDITS_LOW, plan=words))

        assert [arrived.to for arrived in sent()] == ["ann@example.org"] * 2
