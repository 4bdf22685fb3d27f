"""Bugs of the kinds that billing systems really had, put into the rules for as long as a test runs."""

from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TypeVar

import pytest
from attrs import evolve

from billing_core.application import delivering, making
from billing_core.application.claiming_cards import ClaimingCards
from billing_core.application.patience import patiently
from billing_core.application.tidying import Tidying
from billing_core.domain import accrual, following, news, openings, slots
from billing_core.domain import events as e
from billing_core.domain.account import Account
from billing_core.domain.attempts import MOST_ATTEMPTS, AttemptOutcome
from billing_core.domain.catalog import Catalog
from billing_core.domain.credits import CreditBook, Hold, Outcome, Take
from billing_core.domain.disputes import Dispute
from billing_core.domain.following import Ledger
from billing_core.domain.payments import Payment, Span
from billing_core.domain.slots import Slot
from billing_core.domain.subscription import SubscriptionSnapshot, Tally
from billing_core.ports.errors import Unavailable

Plant = Callable[[pytest.MonkeyPatch], None]
T = TypeVar("T")


def double_grant_on_replay(monkeypatch: pytest.MonkeyPatch) -> None:
    """A payment that is told once more is booked once more."""
    right = news.of_payment

    def wrong(account: Account, payment: Payment, now: datetime, catalog: Catalog) -> Iterator[e.Event]:
        told = list(right(account, payment, now, catalog))
        if not told and payment.purchase is not None:
            payment = evolve(payment, id=f"{payment.id}-again")
            told = list(right(account, payment, now, catalog))
        yield from told

    monkeypatch.setattr(news, "of_payment", wrong)


def hold_released_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was released stays open, so its credits come back again when it lapses."""
    right = CreditBook.with_settled_hold

    def wrong(
        self: CreditBook, hold_id: str, outcome: Outcome, *, captured: int, back: Iterable[Take], expired: int
    ) -> CreditBook:
        after = right(self, hold_id, outcome, captured=captured, back=back, expired=expired)
        hold = self.hold(hold_id)
        if outcome is Outcome.RELEASED and hold is not None and hold.until is not None:
            return evolve(after, holds=(*after.holds, evolve(hold, takes=())))
        return after

    monkeypatch.setattr(CreditBook, "with_settled_hold", wrong)


def stale_event_wins(monkeypatch: pytest.MonkeyPatch) -> None:
    """What comes last is believed, whenever it was true."""
    monkeypatch.setattr(SubscriptionSnapshot, "supersedes", lambda self, other: self != other)
    monkeypatch.setattr(Dispute, "supersedes", lambda self, other: self != other)


def capture_after_lapse(monkeypatch: pytest.MonkeyPatch) -> None:
    """A hold never lapses by itself, so it can be captured at any time."""

    def wrong(_account: Account) -> list[tuple[datetime, str, Hold]]:
        return []

    monkeypatch.setattr(accrual, "_lapses", wrong)


def month_end_off_by_a_day(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a month has no such day, its credits begin a day too early."""
    right = slots.touched

    def wrong(span: Span, anchors: tuple[datetime, ...], trial: Slot | None) -> tuple[Slot, ...]:
        days = [anchor.day for anchor in anchors]

        def moved(at: datetime) -> datetime:
            return at - timedelta(days=1) if days and at.day < min(days) else at

        return tuple(Slot(moved(start), moved(end)) for start, end in right(span, anchors, trial))

    monkeypatch.setattr(openings, "touched", wrong)
    monkeypatch.setattr(slots, "touched", wrong)


def change_revokes_only_what_remains(monkeypatch: pytest.MonkeyPatch) -> None:
    """A change grants the prorated difference, and revokes only from what is left: each round trip mints credits."""

    def wrong(self: Ledger, tally: Tally, by: int, *, lenient: bool) -> Iterator[e.Event]:
        revoked = following._revocation(self.account, tally, by, self.now)
        if revoked.amount:
            yield revoked

    monkeypatch.setattr(Ledger, "_fall", wrong)


def overtaken_attempt_still_pays(monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker that was thought dead delivers as if nobody had taken over."""
    monkeypatch.setattr(Hold, "has_gone_on", lambda _self, _attempt: False)


def paid_though_not_stored(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the image store does not take is paid for all the same."""

    async def wrong(work: Callable[[], Awaitable[T]], rests_s: Sequence[float]) -> T | None:
        try:
            return await patiently(work, rests_s[:0])
        except Unavailable as failure:
            if failure.what == "the image store":
                return None
            raise

    monkeypatch.setattr(delivering, "patiently", wrong)


def pictures_left_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing in the image store is ever tidied."""

    async def wrong(_self: Tidying, _args: Mapping[str, str]) -> None:
        return

    monkeypatch.setattr(Tidying, "run", wrong)


def asked_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    """An attempt of which nobody heard does not count."""

    def wrong(outcomes: Sequence[AttemptOutcome]) -> bool:
        return len(outcomes) < MOST_ATTEMPTS

    monkeypatch.setattr(making, "may_try_again", wrong)


def a_card_is_everybodys(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each account has a trial with the same card."""
    right = ClaimingCards.__call__

    async def wrong(self: ClaimingCards, account_id: str, subscription_id: str) -> bool | None:
        used = await right(self, account_id, subscription_id)
        return False if used else used

    monkeypatch.setattr(ClaimingCards, "__call__", wrong)


PLANTED: dict[str, Plant] = {
    plant.__name__: plant
    for plant in (
        double_grant_on_replay,
        hold_released_twice,
        stale_event_wins,
        capture_after_lapse,
        month_end_off_by_a_day,
        change_revokes_only_what_remains,
        overtaken_attempt_still_pays,
        paid_though_not_stored,
        pictures_left_behind,
        asked_for_ever,
        a_card_is_everybodys,
    )
}
