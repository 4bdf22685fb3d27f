"""The contract of Notifier: what is sent arrives as it was said."""

from collections.abc import Callable, Sequence

import pytest

from billing_core.ports.notifier import Notice, Notifier


class NotifierContract:
    """Subclass it; give the fixtures `notifier`, and `sent`: what arrived so far, read at the other end."""

    @pytest.fixture
    def notifier(self) -> Notifier:
        raise NotImplementedError("give the notifier that is to be tried")

    @pytest.fixture
    def sent(self) -> Callable[[], Sequence[Notice]]:
        raise NotImplementedError("give what reads the notices at the other end")

    async def test_notices_arrive_in_order(self, notifier: Notifier, sent: Callable[[], Sequence[Notice]]) -> None:
        notices = [
            Notice(topic="payment_failed", account_id="a", email="a@example.org", text=f"No {n}: résumé")
            for n in range(2)
        ]
        for notice in notices:
            await notifier.send(notice)

        assert list(sent()) == notices
