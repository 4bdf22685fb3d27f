"""What the contracts of the books share: the books themselves, and decisions that read aloud."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from billing_core.domain.account import Account
from billing_core.domain.credits import Grant, Hold, Source
from billing_core.domain.errors import InsufficientCredits
from billing_core.domain.events import AccountOpened, CreditsGranted, HoldPlaced
from billing_core.domain.generation import Generation, Image, Partial
from billing_core.ports.books import Books
from billing_core.ports.commit import Cause, Commit, Decide
from billing_core.ports.records import Record

NOW = datetime(2026, 1, 31, 12, 0, 0, 123456, tzinfo=UTC)
Rows = Callable[[str], int]


class BooksContract:
    """The fixtures that the contracts of the ports of one store need: fill them in a class of your own, and mix it
    into a test class for each, as in `class TestInbox(InMyStore, InboxContract): ...`."""

    @pytest.fixture
    def books(self) -> Books:
        """Empty books, open."""
        raise NotImplementedError("give the books that are to be tried, empty and open")

    @pytest.fixture
    def rows(self) -> Rows:
        """How many rows a table of the same books has, counted behind the adapter's back."""
        raise NotImplementedError("give what counts the rows of a table of the same books")


def granting(amount: int) -> Decide[int]:
    """Opens the account where it is new, grants once, and answers what is available then."""

    def decide(account: Account) -> Commit[int]:
        opened = () if account.opened_at else (AccountOpened(NOW),)
        grant = Grant(
            id=f"grant-{account.version}",
            source=Source.PROMO,
            amount=amount,
            remaining=amount,
            granted_at=NOW,
        )
        return Commit(account.book.available + amount, (*opened, CreditsGranted(at=NOW, grant=grant)))

    return decide


def spending(amount: int, *records: Record) -> Decide[int]:
    """Holds the amount for ever, and answers what is left. Raises InsufficientCredits."""

    def decide(account: Account) -> Commit[int]:
        available = account.book.available
        if available < amount:
            raise InsufficientCredits(amount, available)
        hold = Hold(
            id=f"hold-{account.version}",
            amount=amount,
            takes=account.book.burn(amount),
            placed_at=NOW,
        )
        return Commit(available - amount, (HoldPlaced(at=NOW, hold=hold),), records)

    return decide


def recording(*records: Record) -> Decide[None]:
    """Writes the records, without an event."""
    return lambda _account: Commit(None, (), records)


def a_cause(key: str = "http:spend:1", *, fingerprint: str = "f", final: bool = True) -> Cause[int]:
    """With `final=False`, the first of two commits around a vendor's call."""
    intent_type = None if final else int
    return Cause(
        key=key, fingerprint=fingerprint, answer_type=int, intent_type=intent_type, kind="spend", body=b'{"n": 1}'
    )


def a_generation(id: str = "gen_1", *, account_id: str = "a", private: bool = False) -> Generation:  # noqa: A002
    return Generation(
        id=id,
        account_id=account_id,
        prompt="a lighthouse, 灯台",
        model="m",
        size="1024x1024",
        quality="high",
        n=2,
        credits=8,
        priority=3,
        private=private,
        watermark=True,
        created_at=NOW,
        expires_at=NOW,
    )


def an_image(
    id: str = "img_1",  # noqa: A002
    *,
    account_id: str = "a",
    generation_id: str = "gen_1",
    private: bool = False,
) -> Image:
    return Image(
        id=id,
        account_id=account_id,
        generation_id=generation_id,
        key=f"images/{id}.png",
        width=1024,
        height=768,
        format="png",
        private=private,
        watermark=True,
        created_at=NOW,
    )


def a_partial(number: int = 1, *, attempt: int = 1, generation_id: str = "gen_1", at: datetime = NOW) -> Partial:
    return Partial(
        generation_id=generation_id,
        attempt=attempt,
        number=number,
        key=f"{generation_id}/partial-{attempt}-{number}.webp",
        width=512,
        height=256,
        format="webp",
        at=at,
    )
